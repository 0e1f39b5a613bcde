"""The evaluation page: one table a dataset, figures with their intervals, baselines beside ours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path

from queries.collusion import datasets, evaluate
from queries.collusion.evaluate import Figure
from queries.collusion.model import Scope

BUILTIN_MARK = "## Built-in set"

HEAD = """# Evaluation: collusion

Printed by `qingfeng evaluate collusion`; do not edit.

Labels are those of tenders. No feature reads a date, an investigation period or a firm's name. Splits are by tender;
no history of a tender holds its own label, and the history of a training tender is read from other folds. Intervals
are 95 % bootstrap intervals over tenders. `ROC-AUC` puts all held-out predictions of a seed in one ranking; `ranks in
folds` ranks each fold's tenders among themselves first, since each fold's model has its own scale; `mean of folds` is
the figure that most papers give. The base rate of the training tenders is the threshold of the balanced
accuracy. The calibration error has bins of equal mass, at least 20 tenders each; with so few tenders even perfect
probabilities show one, which is given beside it.

What the figures do not show: a label is a conviction or an investigation, so collusion that nobody found counts as
honest. The network's structure and the bidders' habits are read from all tenders at hand, labelled or not, as in use.
In Japan the source convicts a fixed list of firms, and nearly every tender before the inspection in which two of them
met is labelled collusive, and hardly any other. The list is not read, but who is on it can be inferred from the labels
of training tenders, and the model does so: its figures with the neighbours' training labels say how well further
tenders of a known ring are found. Of a ring that nobody knows yet, the figures without any neighbour's label speak.
"""


def page(folder: Path) -> str:
    """The whole page: the published sets of `folder`, then the built-in set.

    Raises:
        DatasetError: a published set cannot be read.
    """
    brazil, japan = evaluate.prepare(datasets.brazil(folder)), evaluate.prepare(datasets.japan(folder))
    ohio = evaluate.prepare(datasets.ohio(folder))
    sections = [
        ("Brazil, road works, 101 tenders", [*evaluate.unsupervised(brazil), *evaluate.crossed(brazil, Scope.HISTORY)]),
        ("Japan, Okinawa works, published split", list(evaluate.published_split(japan))),
        ("Brazil to Japan, without retraining", list(evaluate.transfer(brazil, japan))),
        ("Ohio, school milk, 120 firms", list(evaluate.firms(ohio))),
    ]
    parts = [HEAD, *(f"## {title}\n\n{table(figures)}" for title, figures in sections), builtin_section()]
    return "\n".join(parts)


def builtin_section() -> str:
    """The section of the built-in set, which needs no file and is the same on every machine."""
    data = evaluate.prepare(datasets.builtin())
    figures = [*evaluate.unsupervised(data), *evaluate.held_out_third(data, Scope.HISTORY)]
    text = (
        "A simulated market with a ring of five firms in a tenth of 300 tenders. It checks that this page is current."
    )
    return f"{BUILTIN_MARK}\n\n{text}\n\n{table(figures)}"


def stale(text: str) -> bool:
    """Whether the section of the built-in set in a page differs from what the code gives now."""
    at = text.find(BUILTIN_MARK)
    return at < 0 or text[at:] != builtin_section()


def table(figures: Iterable[Figure]) -> str:
    """A Markdown table of figures."""
    lines = ["| data | method | labels used | metric | value | 95 % interval |", "|---|---|---|---|---|---|"]
    return "\n".join([*lines, *_rows(figures)]) + "\n"


def _rows(figures: Iterable[Figure]) -> Iterator[str]:
    for f in figures:
        e = f.estimate
        interval = "" if math.isnan(e.low) else f"{e.low:.3f} to {e.high:.3f}"
        yield f"| {f.data} | {f.method} | {f.labels} | {f.metric} | {e.value:.3f} | {interval} |"
