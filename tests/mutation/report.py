"""The figures of a run: killed and survived, by family, with the survivors by name."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.mutation.mutant import Mutant
from tests.mutation.run import Tried

EQUIVALENT = Path(__file__).with_name("equivalent.toml")

_KILLED = ("killed", "timeout")


def equivalent_mutants() -> tuple[dict[str, str], ...]:
    """Mutants that no case can kill, because they mean the same: `change`, `reason`, and `owner` where it is but one's.

    A change without an owner stands in a text that several detectors share. Where the same place may be changed in
    several ways of which only one means the same, `kind` says which.
    """
    with EQUIVALENT.open("rb") as handle:
        return tuple(tomllib.load(handle)["equivalent"])


def _listed(mutant: Mutant) -> bool:
    return any(
        entry["change"] == mutant.change.split(" #")[0]
        and entry.get("owner", mutant.owner) == mutant.owner
        and entry.get("kind", mutant.kind) == mutant.kind
        for entry in equivalent_mutants()
    )


def share_killed(tried: Iterable[Tried]) -> float:
    """Killed mutants as a share of those killed and survived; 1 where there are none."""
    counts = Counter("killed" if t.outcome.verdict in _KILLED else t.outcome.verdict for t in tried)
    judged = counts["killed"] + counts["survived"]
    return counts["killed"] / judged if judged else 1.0


def page(tried: Sequence[Tried], title: str) -> str:
    """The report as Markdown."""
    listed = {t.mutant.name for t in tried if _listed(t.mutant)}
    counted = [t for t in tried if not (t.outcome.verdict == "survived" and t.mutant.name in listed)]
    groups = sorted({t.mutant.group for t in tried})
    lines = [title, "", "| part | mutants | killed | survived | share |", "|---|--:|--:|--:|--:|"]
    lines += [_row(group, [t for t in counted if t.mutant.group == group]) for group in groups]
    lines += [_row("**all**", counted), ""]
    verdicts = Counter(t.outcome.verdict for t in tried)
    lines.append(
        f"Besides: {len(tried) - len(counted)} equivalent by the list, {verdicts['invalid']} that no engine accepts, "
        f"{verdicts['unreached']} in functions that no case runs through. Ended for taking too long (counted as "
        f"killed): {verdicts['timeout']}."
    )
    survivors = [t.mutant for t in counted if t.outcome.verdict == "survived"]
    lines += ["", "Survivors by kind: " + (_counts(m.kind for m in survivors) or "none") + ".", ""]
    lines += [f"- {mutant.name}" for mutant in sorted(survivors, key=lambda m: (m.group, m.name))]
    stale = sorted(listed & {t.mutant.name for t in tried if t.outcome.verdict in _KILLED})
    lines += [f"- Killed, though listed as equivalent: {name}" for name in stale]
    return "\n".join(lines) + "\n"


def _row(name: str, tried: Sequence[Tried]) -> str:
    killed = sum(t.outcome.verdict in _KILLED for t in tried)
    survived = sum(t.outcome.verdict == "survived" for t in tried)
    share = f"{share_killed(tried):.1%}" if killed + survived else "–"
    return f"| {name} | {killed + survived:,} | {killed:,} | {survived:,} | {share} |"


def _counts(kinds: Iterable[str]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in Counter(kinds).most_common())
