"""The pages under `docs/` that are printed from the code, in both languages."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from findings.settings import settings_page
from graph.schema import EDGES, NODES, TABLES
from graph.schema.words import choices
from i18n import LANGUAGES, Language, Text, listing, text
from queries.coverage import STANDS_IN
from queries.detector import FAMILIES, Cypher, Detector
from queries.laws import laws
from queries.ocp import pages as ocp
from queries.parameters import described, filled_rule, spoken
from queries.registry import DETECTORS

CASES = Path(__file__).resolve().parent.parent / "tests" / "cases"


def printed_pages() -> dict[str, str]:
    """Every printed page by its path under `docs/`."""
    pages: dict[str, str] = ocp.pages()
    for language in LANGUAGES:
        suffix = "" if language == "en" else ".zh"
        pages[f"schema{suffix}.md"] = schema_page(language)
        pages[f"settings{suffix}.md"] = settings_page(language)
        pages[f"detectors/README{suffix}.md"] = index_page(language)
        for detector in DETECTORS:
            pages[f"detectors/{detector.id}{suffix}.md"] = detector_page(detector, language)
    return pages


def write_pages(pages: dict[str, str], folder: Path) -> list[str]:
    """Write the pages that are new or changed, remove printed detector pages that no detector has any more."""
    changed = differing(pages, folder)
    for name in changed:
        file = folder / name
        if name in pages:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(pages[name], encoding="utf-8")
        else:
            file.unlink()
    return changed


def differing(pages: dict[str, str], folder: Path) -> list[str]:
    """Pages in the folder that are missing, other than the code would print them, or of no detector."""
    stale = {f"detectors/{file.name}" for file in (folder / "detectors").glob("*.md")} - pages.keys()
    return sorted(
        stale
        | {
            name
            for name, page in pages.items()
            if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != page
        }
    )


def detector_page(detector: Detector, language: Language) -> str:
    """One detector: question, rule, example, why, basis, twins, output, parameters, what it cannot see, cases."""

    def t(key: str, **values: object) -> str:
        return text(f"page.{key}", language, **values)

    def say(value: Text) -> str:
        return value.in_language(language)

    colon = "：" if language == "zh" else ": "
    defaults = detector.parameters().model_dump(mode="json")
    rule = filled_rule(detector, defaults, mark="**")
    lines = [
        f"# {say(detector.title)}",
        "",
        f"`{detector.id}` · {say(FAMILIES[detector.family])} · {t('tier')} {'/'.join(detector.tiers)} · "
        f"{t('version')} {detector.version}",
        "",
        say(detector.question),
        "",
        f"> {say(rule)}",
        "",
        f"**{t('example')}** {say(detector.example)}",
        "",
        f"## {t('why')}",
        "",
        say(detector.why),
        "",
        f"## {t('basis')}",
        "",
    ]
    for rule_id in detector.legal_basis:
        law = laws()[rule_id]
        note = "" if law.checked else f" {t('unchecked')}"
        lines.append(f"- {say(law.title)} {say(law.article)}{note}{colon}{say(law.says)}")
        if law.source:
            lines.append("  " + t("law_source", source=say(law.source)))
    lines += [f"- {reference}" for reference in detector.references]
    lines += ["", f"## {t('innocent')}", ""]
    for twin in detector.innocent:
        note = f" ({t('known_false_positive')})" if twin.known_false_positive else ""
        lines.append(f"- `{twin.id}` {say(twin.title)}{note}")
    lines += ["", f"## {t('output')}", "", t("identity", identity=", ".join(f"`{role}`" for role in detector.identity))]
    lines += ["", t("population", unit=say(detector.unit), share=f"{detector.max_share:.0%}")]
    lines += [f"- {t('not_judgeable')} `{name}`{colon}{say(reason)}" for name, reason in detector.not_judgeable.items()]
    lines += ["", f"## {t('parameters')}", ""]
    meanings = described(detector)
    lines += [
        t(
            "parameter",
            name=name,
            value=say(spoken(detector.id, name, defaults[name], with_codes=True)),
            meaning=say(meaning),
        )
        for name, meaning in meanings.items()
    ]
    if not meanings:
        lines.append(t("no_parameters"))
    lines += ["", f"## {t('needs')}", ""]
    lines += [
        f"- `{table}`: {', '.join(f'`{column}`' for column in columns)}" for table, columns in detector.requires.items()
    ]
    for table, columns in detector.uses.items():
        lines.append(f"- {t('optional')} `{table}`: {', '.join(f'`{column}`' for column in columns)}")
    lines += [say(line) for line in _stand_ins(detector)]
    method = "Cypher" if isinstance(detector.select, Cypher) else "SQL"
    lines += ["", t("method", method=method), "", f"## {t('blind')}", "", say(detector.blind), ""]
    cases = _cases(detector)
    if cases:
        lines += [f"## {t('cases')}", ""]
        if language == "zh":
            # What a case shows is said in English beside its data; a Chinese page counts the cases and leads there.
            outcomes = Counter(str(case["expect"]) for case in cases)
            counts = {outcome: outcomes[outcome] for outcome in ("flagged", "cleared", "silent")}
            lines.append(t("cases_counted", total=len(cases), page=f"{detector.id}.md", **counts))
        else:
            lines += [f"- {t(case['expect'])}: {case['name']}. {case['why']}" for case in cases]
        lines.append("")
    return "\n".join(lines)


def _stand_ins(detector: Detector) -> list[Text]:
    """A line for each required column that others may stand in for."""
    required = {f"{table}.{column}" for table, columns in detector.requires.items() for column in columns}
    line = Text(
        zh="- `{column}` 全部为空时，可由{others}推定。",
        en="- Where `{column}` has no value, {others} stand in for it.",
    )
    return [
        line.format(column=column, others=listing([f"`{other}`" for other in others]))
        for column, others in STANDS_IN.items()
        if column in required
    ]


def index_page(language: Language) -> str:
    """All detectors in one table: id, tier, statute, data needed, what it cannot see."""

    def t(key: str) -> str:
        return text(f"page.{key}", language)

    lines = [f"# {t('index_title')}", "", t("index_about"), ""]
    for family, title in FAMILIES.items():
        members = [d for d in DETECTORS if d.family == family]
        if not members:
            continue
        suffix = "" if language == "en" else ".zh"
        lines += [f"## {title.in_language(language)}", ""]
        lines += [
            f"| {t('detector')} | {t('tier')} | {t('basis')} | {t('needs')} | {t('blind')} |",
            "|---|---|---|---|---|",
        ]
        for d in members:
            basis = "; ".join(
                f"{law.title.in_language(language)} {law.article.in_language(language)}"
                for law in (laws()[rule] for rule in d.legal_basis)
            )
            needs = ", ".join(f"`{table}`" for table in d.requires)
            lines.append(
                f"| [{d.title.in_language(language)}]({d.id}{suffix}.md) `{d.id}` | {'/'.join(d.tiers)} | {basis} | "
                f"{needs} | {d.blind.in_language(language)} |"
            )
        lines.append("")
    return "\n".join(lines)


def schema_page(language: Language) -> str:
    """The canonical tables and the graph."""

    def t(key: str) -> str:
        return text(f"page.{key}", language)

    colon = "：" if language == "zh" else ": "
    lines = [f"# {t('schema_title')}", "", t("schema_about"), ""]
    for table in TABLES.values():
        lines += [
            f"## `{table.name}` {table.zh}",
            "",
            f"{t('key')}{colon}{', '.join(f'`{column}`' for column in table.key)}",
            "",
            f"| {t('column')} | {t('term')} | {t('kind')} | {t('refers')} |",
            "|---|---|---|---|",
        ]
        for column in table.columns:
            name = f"**{column.name}**" if column.required else column.name
            words = " \\| ".join(
                f"{word} {said.zh}" if language == "zh" else word
                for word, said in choices(table.name, column.name).items()
            )
            kind = f"{column.kind}{colon}{words}" if words else str(column.kind)
            lines.append(f"| {name} | {column.zh} | {kind} | {column.refers or ''} |")
        lines.append("")
    lines += [f"## {t('graph')}", "", f"| {t('node')} | {t('properties')} | |", "|---|---|---|"]
    for node in NODES:
        label = "".join(f":{name}" for name in (node.label, *node.labels))
        lines.append(f"| `({label})` | {', '.join(node.properties)} | {node.doc} |")
    lines += ["", f"| {t('edge')} | {t('properties')} | |", "|---|---|---|"]
    lines += [f"| `{edge}` | {', '.join(edge.properties)} | {edge.doc} |" for edge in EDGES]
    lines.append("")
    return "\n".join(lines)


def detector_as_dict(detector: Detector) -> dict[str, Any]:
    """A detector's metadata as JSON: both languages, parameters as JSON Schema, `meanings` what each of them means."""
    return {
        "id": detector.id,
        "family": detector.family,
        "version": detector.version,
        "tiers": [tier.value for tier in detector.tiers],
        "title": detector.title.as_dict(),
        "question": detector.question.as_dict(),
        "rule": detector.rule.as_dict(),
        "why": detector.why.as_dict(),
        "example": detector.example.as_dict(),
        "legal_basis": list(detector.legal_basis),
        "references": list(detector.references),
        "innocent": [{"id": twin.id, "title": twin.title.as_dict()} for twin in detector.innocent],
        "identity": list(detector.identity),
        "requires": {table: list(columns) for table, columns in detector.requires.items()},
        "uses": {table: list(columns) for table, columns in detector.uses.items()},
        "unit": detector.unit.as_dict(),
        "not_judgeable": {name: reason.as_dict() for name, reason in detector.not_judgeable.items()},
        "blind": detector.blind.as_dict(),
        "max_share": detector.max_share,
        "parameters": detector.parameters.model_json_schema(),
        "meanings": {name: meaning.as_dict() for name, meaning in described(detector).items()},
    }


def schema_as_dict() -> dict[str, Any]:
    """The schema as JSON."""
    return {
        "tables": {
            table.name: {
                "title": table.zh,
                "key": list(table.key),
                "columns": [
                    {
                        "name": c.name,
                        "kind": c.kind.value,
                        "title": c.zh,
                        "required": c.required,
                        "refers": c.refers,
                        "choices": list(c.choices),
                        "words": {word: said.as_dict() for word, said in choices(table.name, c.name).items()},
                        "aliases": list(c.aliases),
                    }
                    for c in table.columns
                ],
            }
            for table in TABLES.values()
        },
        "nodes": [
            {"label": n.label, "labels": list(n.labels), "properties": list(n.properties), "doc": n.doc} for n in NODES
        ],
        "edges": [
            {"type": e.type, "source": e.source, "target": e.target, "properties": list(e.properties), "doc": e.doc}
            for e in EDGES
        ],
    }


def _cases(detector: Detector) -> list[dict[str, Any]]:
    file = CASES / f"{detector.id}.yml"
    if not file.is_file():
        return []
    cases: list[dict[str, Any]] = yaml.safe_load(file.read_text(encoding="utf-8"))["cases"]
    return cases
