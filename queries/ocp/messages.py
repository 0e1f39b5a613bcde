"""What the `ocp` commands say, in both languages."""

from __future__ import annotations

from i18n import Text

MESSAGES: dict[str, Text] = {
    "about": Text(
        zh="直接对 OCDS 数据计算开放合约红旗指标。FILE 可为 JSON 行、整份 JSON、.gz 或 -（标准输入）。",
        en="Judge OCDS files by the Open Contracting red flags. FILE: JSON lines, a JSON document, .gz, or - (stdin).",
    ),
    "others": Text(
        zh="另有：qingfeng ocp coverage FILE…（字段覆盖情况）、qingfeng ocp prepare FILE…（修正数据）。",
        en="Also: qingfeng ocp coverage FILE… (which fields are there), qingfeng ocp prepare FILE… (correct data).",
    ),
    "files": Text(zh="OCDS 文件，可多个；- 为标准输入。", en="OCDS files; - is standard input."),
    "settings": Text(
        zh="设置文件（.ini 或 .toml），与 Cardinal 的设置文件通用。",
        en="Settings (.ini or .toml); Cardinal's file works.",
    ),
    "workers": Text(
        zh="读取进程数，默认为可用核数，至多 4。", en="Processes that read; by default the cores, 4 at most."
    ),
    "strict": Text(zh="有无法读取的行时以 1 退出。", en="Exit with 1 if a line could not be read."),
    "format": Text(
        zh="输出格式：findings（线索，JSON 行）、cardinal（Cardinal 的 JSON）、csv。",
        en="findings (JSON lines), cardinal (Cardinal's JSON), or csv.",
    ),
    "map": Text(zh="cardinal 格式：附 Maps。", en="With --format cardinal: add Maps, processes to organizations."),
    "meta": Text(
        zh="cardinal 格式：附 Meta（分位数、界限、币种）。",
        en="With --format cardinal: add Meta, quartiles and fences.",
    ),
    "report": Text(
        zh="把读取、判断、未能判断及原因写入该 JSON 文件。",
        en="Write what was read, judged and not judged to this JSON file.",
    ),
    "quiet": Text(zh="标准错误不输出摘要。", en="No summary on standard error."),
    "coverage_about": Text(
        zh="统计各字段出现的频次、哪些指标可以计算、源头应补什么。",
        en="Count how often each field is there, which indicators can run, and what to fix at the source.",
    ),
    "coverage_format": Text(
        zh="text、json，或 cardinal（路径与次数）。", en="text, json, or cardinal (paths and counts)."
    ),
    "prepare_about": Text(
        zh="按设置修正 OCDS 数据：默认值、遮蔽值、代码表、移位、前缀；问题逐条写成 CSV。",
        en="Correct OCDS data as set: defaults, redactions, codelists, moves, prefixes; issues go to a CSV.",
    ),
    "errors": Text(zh="问题清单 CSV，默认写到标准错误。", en="CSV of the issues; standard error by default."),
    "read": Text(
        zh="{sources} 个文件，{lines} 行，{processes} 个采购过程"
        "（另有 {cancelled} 个已取消、{exclusion} 个按设置排除）",
        en="{sources} files, {lines} lines, {processes} contracting processes (besides {cancelled} cancelled and "
        "{exclusion} excluded by setting)",
    ),
    "currency_set": Text(
        zh="主要币种 {currency}（设置指定）；报价币种：{currencies}",
        en="main currency {currency} (as set); bid prices by currency: {currencies}",
    ),
    "currency_majority": Text(
        zh="主要币种 {currency}（按多数）；报价币种：{currencies}",
        en="main currency {currency} (that of most bid prices); bid prices by currency: {currencies}",
    ),
    "duplicates": Text(
        zh="{ocids} 个 ocid 出现多次，{releases} 条发布已按日期合并",
        en="{ocids} ocids came more than once; their {releases} releases were merged by date",
    ),
    "subject": Text(zh="对象", en="subject"),
    "judged": Text(zh="已判断", en="judged"),
    "flagged": Text(zh="疑点", en="flagged"),
    "not_judgeable": Text(zh="不能判断", en="could not be judged"),
    "implausible": Text(
        zh="注意：{code} 标出了已判断 {group} 的 {share}（超过 {most}），请核对阈值或数据。",
        en="warning: {code} flags {share} of the {group} that it judged (more than {most}): "
        "check its threshold, or the data.",
    ),
    "coerced": Text(
        zh="{path}：{count} 处类型不符，已按正确类型读取（首处 {file}:{line}）",
        en="{path}: {count} of another type, read as the right one (first {file}:{line})",
    ),
    "ignored": Text(
        zh="{path}：{count} 处类型错误，未使用（首处 {file}:{line}）",
        en="{path}: {count} of a wrong type, left out (first {file}:{line})",
    ),
    "unreadable": Text(zh="警告：{count} 行无法读取：", en="warning: {count} lines could not be read:"),
    "more": Text(zh="  还有 {count} 行，见 --report。", en="  and {count} more, see --report."),
    "error": Text(zh="错误：{message}", en="error: {message}"),
}
