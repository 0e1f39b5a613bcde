"""What `qingfeng train` and `qingfeng evaluate` say."""

from __future__ import annotations

from i18n import Text

MESSAGES: dict[str, Text] = {
    "train_about": Text(
        zh="用已定性的标段训练串通投标概率模型，存入工作区。",
        en="Train the model of collusive tenders on labelled ones, and store it in the workspace.",
    ),
    "evaluate_about": Text(zh="在已定性的数据上测量检测效果。", en="Measure detection on labelled data."),
    "collusion_about": Text(
        zh="在公开的卡特尔数据上测量筛查与模型，输出一张表，并写入页面。",
        en="Measure screens and model on published cartels: prints one table and writes it to a page.",
    ),
    "labels": Text(
        zh="CSV 文件，含 tender_id 与 label 两列（1 为已认定串通，0 为正常）。",
        en="CSV with the columns tender_id and label (1 collusive, 0 honest).",
    ),
    "workspace": Text(zh="工作区目录。", en="The workspace."),
    "data_dir": Text(zh="公开数据所在目录。", en="Folder of the published sets."),
    "out": Text(zh="写入的页面。", en="The page to write."),
    "builtin": Text(
        zh="仅用内置的小数据集，不需要任何文件。", en="Only the small built-in set; needs no file and writes no page."
    ),
    "check": Text(
        zh="核对页面中内置数据集一节是否为最新，不是则以状态码 1 退出。",
        en="Check that the page's section of the built-in set is current; exits with 1 if not.",
    ),
    "stale": Text(
        zh="{page} 中内置数据集一节已过时：请重新运行 `qingfeng evaluate collusion DATA_DIR`。",
        en="The built-in section of {page} is stale: run `qingfeng evaluate collusion DATA_DIR` again.",
    ),
    "current": Text(zh="{page} 为最新。", en="{page} is current."),
    "no_source": Text(
        zh="请给出数据目录，或使用 --builtin、--check。", en="Give the data folder, or use --builtin or --check."
    ),
    "bad_labels": Text(
        zh="{file}：{reason}。文件须有 tender_id 与 label 两列，label 为 0 或 1，每个标段一行。",
        en="{file}: {reason}. The file needs the columns tender_id and label, 0 or 1, one row a tender.",
    ),
    "trained": Text(
        zh="已用 {tenders} 个标段（其中 {collusive} 个串通）训练并存入 {path}。保留折上 ROC-AUC {roc}，PR-AUC {pr}，"
        "校准误差 {ece}。",
        en="Trained on {tenders} tenders, {collusive} of them collusive, and stored in {path}. On held-out folds: "
        "ROC-AUC {roc}, PR-AUC {pr}, calibration error {ece}.",
    ),
    "score_about": Text(
        zh="用工作区中已训练的模型，给出各标段的串通概率及理由。",
        en="Give each tender of the workspace its probability of collusion, with reasons, by the trained model.",
    ),
    "top": Text(zh="显示概率最高的若干个标段。", en="How many tenders to show, the likeliest first."),
    "refused": Text(
        zh="拒绝评分：本数据与训练数据不属同一总体（{reason}）。请用本地标签重新训练。",
        en="Refused to score: these data are not of the population that the model was trained on ({reason}). Train "
        "on "
        "labels of these data.",
    ),
    "scored": Text(
        zh="共 {tenders} 个标段，显示 {shown} 个。概率是线索，不是结论。",
        en="{shown} of {tenders} tenders. A probability is a lead, never a verdict.",
    ),
    "unknown": Text(
        zh="{count} 个标签对应的标段在工作区中没有报价，未使用。",
        en="{count} labels name tenders without bids in the workspace; they were not used.",
    ),
}
