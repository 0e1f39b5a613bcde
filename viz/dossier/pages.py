"""From the answers of the API to the pages of a dossier."""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib.metadata
import string
from collections.abc import Mapping, Sequence
from typing import Any

import jinja2
from markupsafe import Markup

from i18n import Language, Text, text
from queries.detector import FAMILIES
from queries.explore.regions import spoken_region
from queries.parameters import spoken
from viz import wording
from viz.picture import Picture, picture
from viz.plain import css_string, plain
from viz.watermark import Watermark

Json = Mapping[str, Any]

PRINT_ROWS = 100
"""Rows of a table that are printed; the page on the screen has all, and the print says how many there are."""


def finding_dossier(bundle: Json, language: Language, watermark: Watermark) -> str:
    """The dossier of a lead as HTML.

    `bundle` is what `GET /findings/{id}` answers, with `graph`, `timeline` and `records` as their routes answer them,
    and `snapshot_id`. Everything in it is taken for text; a part that is missing is said to be missing.
    """
    document = bundle["document"]
    graph = bundle.get("graph") or {}
    meta = bundle.get("detector_meta") or {}
    return _page(
        "finding.html",
        language,
        watermark,
        regions=bundle.get("regions"),
        subject=text("export.dossier_finding", language),
        subject_id=document["finding_id"],
        snapshot_id=bundle.get("snapshot_id"),
        bundle=bundle,
        document=document,
        names=bundle.get("names") or {},
        people=bundle.get("people") or {},
        meta=meta,
        innocent_titles={twin["id"]: twin.get("title") for twin in meta.get("innocent") or ()},
        meanings={parameter["name"]: parameter.get("description") for parameter in meta.get("parameters") or ()},
        picture=_picture(graph, document, language),
        nodes={node["id"]: node for node in graph.get("nodes") or ()},
        edges=_edges(graph),
        events=_listed(bundle.get("timeline"), "events"),
        event_total=_total(bundle.get("timeline")),
        records=_listed(bundle.get("records"), "records"),
        family=FAMILIES.get(str(document.get("family"))) or document.get("family"),
        laws=bundle.get("laws") or (),
        history=bundle.get("history") or (),
        comments=bundle.get("comments") or (),
        cases=bundle.get("cases") or (),
    )


def party_dossier(bundle: Json, language: Language, watermark: Watermark) -> str:
    """The dossier of a party as HTML.

    `bundle` has `profile` (what `GET /parties/{id}` answers), `findings` (their summaries), `graph`, `timeline` and
    `snapshot_id`, `regions`: names of divisions by code.
    """
    profile = bundle["profile"]
    node = profile.get("node") or profile
    graph = bundle.get("graph") or {}
    return _page(
        "party.html",
        language,
        watermark,
        regions=bundle.get("regions"),
        subject=text("export.dossier_party", language),
        subject_id=node.get("key") or node.get("id"),
        snapshot_id=bundle.get("snapshot_id"),
        node=node,
        profile=_flat({name: value for name, value in profile.items() if name != "node"}),
        picture=picture(graph, language, strong={str(node.get("id"))}),
        nodes={other["id"]: other for other in graph.get("nodes") or ()},
        edges=_edges(graph),
        events=_listed(bundle.get("timeline"), "events"),
        event_total=_total(bundle.get("timeline")),
        findings=_listed(bundle.get("findings"), "items"),
        finding_total=_total(bundle.get("findings")),
    )


def _listed(value: Any, name: str) -> Sequence[Json]:
    """A list, or the list that an answer holds under `name` or `items`."""
    if isinstance(value, Mapping):
        value = value.get(name) or value.get("items")
    return value or ()


def _total(value: Any) -> int:
    """How many there are of what an answer holds a page of; 0 where it does not say."""
    return int(value.get("total") or 0) if isinstance(value, Mapping) else 0


def _edges(graph: Json) -> list[Json]:
    """The relations in the order of their days; the matter's own first."""
    return sorted(
        graph.get("edges") or (),
        key=lambda edge: (not edge.get("own"), str(edge.get("day") or "9"), str(edge["type"]), str(edge.get("id"))),
    )


def _picture(graph: Json, document: Json, language: Language) -> Picture:
    involved = {str(entity["id"]) for entity in document.get("entities") or ()}
    strong = {str(node["id"]) for node in graph.get("nodes") or () if str(node.get("key")) in involved}
    return picture(graph, language, strong=strong)


def _flat(profile: Json) -> list[tuple[str, Any]]:
    """The plain facts of a profile; nested answers have parts of their own in the dossier."""
    return [(name, value) for name, value in profile.items() if isinstance(value, str | int | float) and value != ""]


def _page(
    template: str, language: Language, watermark: Watermark, *, regions: Mapping[str, Text] | None, **values: Any
) -> str:
    regions = regions or {}
    style = _style(values["subject"], values["subject_id"], values.get("snapshot_id"), language, watermark)
    return (
        _environment()
        .get_template(template)
        .render(
            language=language,
            lang="zh-CN" if language == "zh" else "en",
            t=functools.partial(_text, language),
            term=lambda group, word: wording.term(group, word, language),
            said=lambda value: wording.said(value, language),
            money=lambda minor, currency=None: wording.amount(minor, currency, language),
            span=lambda first, last: wording.span(first, last, language),
            spelled=lambda day: wording.spelled(day, language),
            relation=lambda word: wording.relation(word, language),
            cell=lambda table, column, value: wording.cell(table, column, value, language),
            spoken=lambda detector, name, value: spoken(str(detector), name, value).in_language(language),
            place=lambda code: wording.said(spoken_region(code, regions), language) or code,
            iso=wording.iso,
            exact=lambda minor, currency=None: wording.exact(minor, currency, language),
            name_of=wording.name_of,
            statuses={word: text(f"status.{word}", language) for word in ("flagged", "cleared")},
            verdicts={word: text(f"verdict.{word}", language) for word in ("ruled_out", "fits", "not_checkable")},
            print_rows=PRINT_ROWS,
            watermark=watermark,
            mark=watermark.sentence(language),
            style=Markup(style),  # noqa: S704 - our own sheet, data in it escaped by css_string
            style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode("ascii"),
            product=importlib.metadata.version("qingfeng"),
            **values,
        )
    )


def _text(language: Language, key: str, **values: object) -> str:
    return text(f"export.{key}", language, **values)


def _style(subject: str, subject_id: object, snapshot: object, language: Language, watermark: Watermark) -> str:
    """The style sheet with what stands on each printed page; data enter it as escaped strings only."""
    sheet = _environment().loader.get_source(_environment(), "dossier.css")[0]  # type: ignore[union-attr]
    running = f"{subject} {plain(subject_id)}"
    if snapshot:
        running += f" · {text('export.snapshot', language)} {plain(snapshot)}"
    return string.Template(sheet).substitute(
        running=css_string(running),
        mark=css_string(watermark.sentence(language)),
        lead=css_string(text("export.lead_not_verdict", language)),
    )


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("viz", "dossier"),
        autoescape=True,
        undefined=jinja2.ChainableUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _shown(value: object) -> object:
    """What a template puts out: markup of our own as it is, all else as plain text."""
    return value if isinstance(value, Markup) else plain(value)
