"""The page of each indicator that `qingfeng ocp` judges, printed from its metadata, in both languages."""

from __future__ import annotations

from i18n import LANGUAGES, Language, Text
from queries.ocp.descriptions import DESCRIPTIONS
from queries.ocp.descriptions.description import Description
from queries.ocp.flags import BY_CODE, REASONS
from queries.ocp.guide import reference
from queries.ocp.instants import DAY
from queries.ocp.settings import Settings

_WORDS = {
    "rule": Text(zh="规则：", en="Rule:"),
    "example": Text(zh="例：", en="Example:"),
    "why": Text(zh="为何列为疑点", en="Why it is a red flag"),
    "innocent": Text(zh="无害的解释", en="Innocent explanations"),
    "literature": Text(zh="文献", en="Literature"),
    "output": Text(zh="输出", en="Output"),
    "settings": Text(zh="设置", en="Configuration"),
    "reads": Text(zh="读取字段：", en="Fields read:"),
    "exclusions": Text(zh="不作判断的情形", en="Exclusions"),
    "assumptions": Text(zh="前提", en="Assumptions"),
    "section": Text(zh="设置文件的 `[{code}]` 一节：", en="Section `[{code}]` of the settings file:"),
    "no_settings": Text(
        zh="设置文件有 `[{code}]` 一节即运行；没有自己的设置项。",
        en="It runs if the settings file has a section `[{code}]`; it has no settings of its own.",
    ),
    "default": Text(zh="（默认：{value}）", en=" (default {value})"),
    "none": Text(zh="无", en="none"),
    "days": Text(zh="{days} 天", en="{days} days"),
    "or": Text(zh="或", en=" or "),
    "warning": Text(
        zh="命中比例超过 {share} 时提示：设置或数据可能不适用。",
        en="A share of flags above {share} brings a warning: a setting or the data may not fit.",
    ),
    "always": Text(
        zh="已取消的采购（`tender/status`）和 `[exclusions]` 所列采购方式说明的采购一律不计。",
        en="Cancelled processes (`tender/status`) and the method details named in `[exclusions]` are left out "
        "altogether.",
    ),
    "counted": Text(
        zh="下列情形逐一计数，不算通过：",
        en="These are counted one by one, and never as passed:",
    ),
    "index": Text(zh="开放采购数据疑点指标", en="Open Contracting red flags"),
    "about": Text(
        zh="`qingfeng ocp` 直接从 OCDS 文件判断的十三项指标，其中十一项 Cardinal 也有。命中只是线索，须经核实。",
        en="The thirteen indicators that `qingfeng ocp` judges straight from OCDS files; Cardinal has all but R057 and "
        "R066. A flag is a lead to verify.",
    ),
    "shared": Text(zh="各项指标共用的设置", en="Settings that all share"),
}
_SHARED: tuple[tuple[str, Text], ...] = (
    (
        "currency",
        Text(zh="可比的币种；未设定时取报价最多的币种", en="the currency compared; else that of most bid prices"),
    ),
    (
        "profile",
        Text(
            zh="`qingfeng`（默认）或 `cardinal`（`--format cardinal` 的默认）：下列两项及 R038 计数方式的默认值",
            en="`qingfeng` (default) or `cardinal` (default of `--format cardinal`): the defaults of the next two and "
            "of what R038 counts",
        ),
    ),
    (
        "consortia",
        Text(
            zh="`bidder`：联合体作为一个投标人；`exclude`：不计联合体（`cardinal`）",
            en="`bidder`: a consortium is one bidder; `exclude`: it is left out (`cardinal`)",
        ),
    ),
    (
        "minimum_population",
        Text(
            zh="少于此数的取值不设界限：5；`cardinal` 为 1",
            en="no fence from fewer values: 5; with `cardinal`, 1",
        ),
    ),
    (
        "no_price_comparison_procurement_methods",
        Text(
            zh="不比价的采购方式说明，以 | 分隔",
            en="the procurement method details that do not compare prices, separated by |",
        ),
    ),
    (
        "price_comparison_procurement_methods",
        Text(zh="比价的采购方式说明；设定后只有这些算比价", en="those that do; once set, no others compare prices"),
    ),
)


def pages() -> dict[str, str]:
    """Every page by its path under `docs/`."""
    found = {}
    for language in LANGUAGES:
        suffix = "" if language == "en" else ".zh"
        found[f"ocp/README{suffix}.md"] = _index(language, suffix)
        for description in DESCRIPTIONS:
            found[f"ocp/{description.code}{suffix}.md"] = page(description, language)
    return found


def page(description: Description, language: Language) -> str:
    """The page of one indicator."""

    def t(key: str, **values: object) -> str:
        return _WORDS[key].format(**values).in_language(language)

    def say(value: Text) -> str:
        return value.in_language(language)

    code, flag, defaults = description.code, BY_CODE[description.code], Settings()
    shown = {name: _shown(name, getattr(defaults, name)) for name in Settings.__dataclass_fields__}
    bold = {name: Text(zh=f"**{value.zh}**", en=f"**{value.en}**") for name, value in shown.items()}
    lines = [f"# {say(flag.title)}", "", f"`{code}` {say(flag.question)}", ""]
    lines += [f"> **{t('rule')}** {say(description.rule.format(**bold))}", ""]
    lines += [f"**{t('example')}** {say(description.example)}", ""]
    lines += [f"## {t('why')}", "", say(flag.why), ""]
    lines += [f"## {t('innocent')}", "", *(f"- `{twin}` {say(title)}" for twin, title in flag.innocent), ""]
    lines += [f"## {t('literature')}", "", *(f"- {one}" for one in (reference(flag.code), *description.literature)), ""]
    lines += [f"## {t('output')}", "", say(description.output), "", t("warning", share=f"{flag.max_share:.0%}"), ""]
    lines += [f"## {t('settings')}", "", t("section" if description.options else "no_settings", code=code), ""]
    if description.options:
        for key, attribute, meaning in description.options:
            lines.append(f"- `{key}`: {say(meaning)}{t('default', value=shown[attribute])}")
        lines.append("")
    reads = ", ".join(f"`{field}`" for field in sorted(description.reads.split()))
    lines += [f"{t('reads')} {reads}", "", f"## {t('exclusions')}", "", t("always"), "", t("counted"), ""]
    lines += [f"- `{name}`: {say(REASONS[name])}" for name in description.reasons.split()]
    lines += ["", f"## {t('assumptions')}", "", *(f"- {say(one)}" for one in description.assumptions), ""]
    return "\n".join(lines)


def _index(language: Language, suffix: str) -> str:
    def say(value: Text) -> str:
        return value.in_language(language)

    lines = [f"# {say(_WORDS['index'])}", "", say(_WORDS["about"]), ""]
    for description in DESCRIPTIONS:
        code, flag = description.code, BY_CODE[description.code]
        lines.append(f"- [{code} {say(flag.title)}]({code}{suffix}.md): {say(flag.question)}")
    lines += ["", f"## {say(_WORDS['shared'])}", "", *(f"- `{key}`: {say(meaning)}" for key, meaning in _SHARED), ""]
    return "\n".join(lines)


def _shown(name: str, value: object) -> Text:
    """A default as the page shows it; times are kept in microseconds, and shown in days."""
    if value is None or value == frozenset() or value == {}:
        return _WORDS["none"]
    if name == "r003_threshold" and isinstance(value, int):
        return _WORDS["days"].format(days=value // DAY)
    if isinstance(value, frozenset):
        names = [f"`{one}`" for one in sorted(value)]
        return Text(zh=_WORDS["or"].zh.join(names), en=_WORDS["or"].en.join(names))
    return Text(zh=str(value), en=str(value))
