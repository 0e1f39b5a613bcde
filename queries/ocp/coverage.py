"""What a data set holds: how often each field is there, and so which indicators can say anything.

A field counts where it is not empty; empty are `""`, `[]`, `{}`, null, and whatever holds only empty things. The
paths are Cardinal's: `""` is a line, a path ending in `/` an object, one ending in `[]` an entry of an array.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import orjson

from i18n import Language, Text
from queries.ocp.blocks import raw_lines
from queries.ocp.dataset import Account, gather
from queries.ocp.findings_format import report
from queries.ocp.flags import BY_CODE, REASONS
from queries.ocp.judging import Judgement, judge, scope
from queries.ocp.releases import releases_in
from queries.ocp.settings import Settings
from queries.ocp.sources import opened, tasks

USED = (
    "/ocid",
    "/buyer/id",
    "/tender/status",
    "/tender/procurementMethod",
    "/tender/procurementMethodDetails",
    "/tender/procuringEntity/id",
    "/tender/tenderPeriod/startDate",
    "/tender/tenderPeriod/endDate",
    "/tender/numberOfTenderers",
    "/bids/details[]/status",
    "/bids/details[]/date",
    "/bids/details[]/tenderers[]/id",
    "/bids/details[]/value/amount",
    "/bids/details[]/value/currency",
    "/bids/details[]/relatedLots[]",
    "/awards[]/status",
    "/awards[]/suppliers[]/id",
    "/awards[]/items[]/classification/id",
    "/awards[]/items[]/id",
    "/awards[]/items[]/quantity",
    "/awards[]/relatedLots[]",
    "/contracts[]/status",
    "/contracts[]/awardID",
    "/contracts[]/amendments[]/id",
    "/contracts[]/items[]/id",
    "/contracts[]/items[]/quantity",
)
"""The fields that an indicator reads."""

_FIELD = Text(zh="字段", en="field")
_COUNT = Text(zh="次数", en="count")
_OF = Text(zh="占上级", en="of those above")
_INDICATORS = Text(zh="指标能判断多少", en="how much each indicator can judge")
_FIX = Text(zh="源头应补", en="to fix at the source")
_NOTHING = Text(zh="不能判断：", en="cannot judge: ")


@dataclass
class Coverage:
    """Counts by path, and the judgement of the same data."""

    paths: dict[str, int]
    judgement: Judgement
    account: Account

    def as_dict(self) -> dict[str, Any]:
        """Paths, the fields that indicators read, and what each indicator can judge."""
        return {
            "paths": self.paths,
            "used": {path: self.paths.get(path, 0) for path in USED},
            "indicators": report(self.judgement)["indicators"],
        }


def cover(names: list[str], settings: Settings) -> Coverage:
    """Count the fields of the files called `names`.

    Raises:
        OSError: a file is missing or may not be read.
    """
    counts: Counter[str] = Counter()
    with opened(names) as sources:
        for task in tasks(sources):
            for line in raw_lines(task):
                try:
                    for release in releases_in(orjson.loads(line)):
                        _count(release, "", counts)
                except (ValueError, RecursionError):
                    continue  # the account of the reading below tells it
        data = gather(sources, workers=1, scope=scope(settings))
    return Coverage(dict(sorted(counts.items())), judge(data, settings), data.account)


def _count(value: object, path: str, counts: Counter[str]) -> bool:
    """Count `value` and what is in it; tell whether it is not empty."""
    if isinstance(value, dict):
        found = False
        inside = path + "/"
        for key, entry in value.items():
            found |= _count(entry, inside + key, counts)
        if found:
            counts[inside] += 1
    elif isinstance(value, list):
        found = False
        for entry in value:
            found |= _count(entry, path + "[]", counts)
    else:
        found = value is not None and value != ""
    if found:
        counts[path] += 1
    return found


def described(coverage: Coverage, language: Language) -> str:
    """The coverage for a reader: the fields that are used, the indicators, and what to fix."""

    def say(text: Text) -> str:
        return text.in_language(language)

    lines = [f"{say(_FIELD):44}{say(_COUNT):>10}   {say(_OF)}"]
    for path in USED:
        count = coverage.paths.get(path, 0)
        above = coverage.paths.get(_parent(path), 0)
        lines.append(f"{path:44}{count:>10,}   {count / above:.0%}" if above else f"{path:44}{count:>10,}   -")
    lines += ["", say(_INDICATORS)]
    wanted: Counter[str] = Counter()
    for outcome in coverage.judgement.outcomes:
        for group, tally in outcome.counts.items():
            every = tally.judged + sum(tally.not_judgeable.values())
            share = f"{tally.judged / every:.0%}" if every else say(_NOTHING).rstrip(": ：")
            lines.append(f"{outcome.code} {BY_CODE[outcome.code].title.in_language(language):30} {group:16} {share}")
            wanted.update({name: number for name, number in tally.not_judgeable.items() if name in _FIXABLE})
    if wanted:
        lines += ["", say(_FIX)]
        lines += [f"  {number:,} × {say(REASONS[name])}: {_FIXABLE[name]}" for name, number in wanted.most_common()]
    return "\n".join(lines)


def _parent(path: str) -> str:
    """The object or array that holds a path's last step."""
    if path.endswith("[]"):
        return path[:-2].rpartition("/")[0] + "/"
    return path.rpartition("/")[0] + "/"


_FIXABLE = {
    "no_method": "/tender/procurementMethod",
    "unread_status": "/bids/details[]/status (qingfeng ocp prepare, [codelists.bid_status])",
    "no_period": "/tender/tenderPeriod/startDate, /tender/tenderPeriod/endDate (RFC 3339)",
    "period_reversed": "/tender/tenderPeriod",
    "implausible_number": "/tender/numberOfTenderers",
    "no_tenderers": "/tender/numberOfTenderers, /bids/details[]",
    "no_bids": "/bids/details[]",
    "no_award": "/awards[]/status",
    "award_not_final": "/awards[]/status",
    "several_awards": "/awards[]/relatedLots, /bids/details[]/relatedLots",
    "no_supplier": "/awards[]/suppliers[]/id",
    "price_for_lots": "/bids/details[]/relatedLots",
    "no_winning_price": "/bids/details[]/value, /bids/details[]/tenderers[]/id",
    "no_valid_price": "/bids/details[]/status, /bids/details[]/value",
    "no_deadline": "/tender/tenderPeriod/endDate",
    "no_bid_date": "/bids/details[]/date",
}
"""Which fields would let an indicator judge what it now cannot."""
