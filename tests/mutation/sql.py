"""Mutants of SQL: one condition dropped, one edge moved, one join made strict or left out, one branch dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import sqlglot
from sqlglot import exp

DIALECT = "duckdb"

Edit = Callable[[exp.Expr], object]


@dataclass(frozen=True, slots=True)
class TextChange:
    """A kind of change, the place it is made at, and what writes the whole text after it."""

    kind: str
    change: str
    text: Callable[[], str]


_EDGES: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.LT: exp.LTE,
    exp.LTE: exp.LT,
    exp.GT: exp.GTE,
    exp.GTE: exp.GT,
}
_COMPARISONS = (*_EDGES, exp.EQ, exp.NEQ)
_HOLDERS = (exp.Where, exp.Having, exp.Qualify, exp.If)


def written(text: str) -> str:
    """The text as the generator writes it: what every mutant is compared with."""
    return str(sqlglot.parse_one(text, dialect=DIALECT).sql(DIALECT))


def sql_changes(text: str) -> Iterator[TextChange]:
    """Every change of a text, in the order of its tree."""
    # In parentheses, so that the outermost node has a parent to be replaced in.
    tree = exp.paren(sqlglot.parse_one(text, dialect=DIALECT))
    for place, node in enumerate(tree.walk()):
        for kind, change, edit in _edits(node):
            yield TextChange(kind, change, partial(_edited, tree, place, edit))


def _edited(tree: exp.Expr, place: int, edit: Edit) -> str:
    copy = tree.copy()
    edit(next(twin for number, twin in enumerate(copy.walk()) if number == place))
    return str(copy.this.sql(DIALECT))


def _edits(node: exp.Expr) -> Iterator[tuple[str, str, Edit]]:
    yield from _conditions(node)
    yield from _edges(node)
    yield from _joins(node)
    yield from _branches(node)


def _conditions(node: exp.Expr) -> Iterator[tuple[str, str, Edit]]:
    """A conjunct or a disjunct dropped, a condition that stands alone, a NOT, an element of a list."""
    if isinstance(node, exp.And | exp.Or):
        word = "conjunct" if isinstance(node, exp.And) else "disjunct"
        for dropped, kept in (("this", "expression"), ("expression", "this")):
            if not isinstance(node.args[dropped], type(node)):
                yield f"{word} dropped", _short(node.args[dropped]), _keeping(kept)
    elif isinstance(node, _HOLDERS) and not isinstance(node.this, exp.And | exp.Or):
        yield "condition dropped", _short(node), lambda twin: twin.set("this", exp.true())
    elif isinstance(node, exp.Not):
        yield "negation dropped", _short(node), _keeping("this")
    elif isinstance(node, exp.In) and len(node.expressions) > 1:
        for place, element in enumerate(node.expressions):
            yield "element dropped", f"{_short(element)} of {_short(node)}", _without("expressions", place)


def _edges(node: exp.Expr) -> Iterator[tuple[str, str, Edit]]:
    """A comparison that takes its edge in or leaves it out, and a constant one higher."""
    if (other := _EDGES.get(type(node))) is not None:

        def flip(twin: exp.Expr, other: type[exp.Expr] = other) -> None:
            twin.replace(other(this=twin.this, expression=twin.expression))

        yield "edge moved", _short(node), flip
    if isinstance(node, exp.Between):
        low, high = node.args["low"], node.args["high"]
        yield "edge moved", f"{_short(low)} of {_short(node)}", lambda twin: _bounds(twin, exp.GT, exp.LTE)
        yield "edge moved", f"{_short(high)} of {_short(node)}", lambda twin: _bounds(twin, exp.GTE, exp.LT)
    parent = node.parent
    if isinstance(node, exp.Literal) and not node.is_string and parent and isinstance(parent, _COMPARISONS):
        yield (
            "constant moved",
            _short(parent),
            lambda twin: twin.replace(exp.Literal.number(str(float(twin.name) + 1).removesuffix(".0"))),
        )


def _bounds(twin: exp.Expr, low: type[exp.Expr], high: type[exp.Expr]) -> None:
    above = low(this=twin.this.copy(), expression=twin.args["low"])
    below = high(this=twin.this.copy(), expression=twin.args["high"])
    twin.replace(exp.paren(exp.and_(above, below)))


def _joins(node: exp.Expr) -> Iterator[tuple[str, str, Edit]]:
    """LEFT JOIN made strict, SEMI and ANTI JOIN left out, one condition or column of a join dropped."""
    if not isinstance(node, exp.Join):
        return
    if node.side == "LEFT":
        yield "left join made inner", _short(node), lambda twin: twin.set("side", None)
    if node.kind in ("SEMI", "ANTI"):
        yield f"{node.kind.lower()} join dropped", _short(node), lambda twin: twin.pop()
    elif (on := node.args.get("on")) is not None and not isinstance(on, exp.And | exp.Or) and not _only_names(node):
        yield "condition dropped", _short(node), lambda twin: twin.set("on", exp.true())
    using = node.args.get("using") or []
    for place, column in enumerate(using if len(using) > 1 else []):
        yield "conjunct dropped", f"{_short(column)} of {_short(node)}", _without("using", place)


def _only_names(join: exp.Join) -> bool:
    """Whether a join is there for what a party is called: with another condition it would only say another name."""
    select, table = join.parent, join.alias_or_name or join.this.alias_or_name
    columns = [c for c in select.find_all(exp.Column) if c.table == table] if select else []
    used = {c.name for c in columns if join not in _around(c)}
    return join.side == "LEFT" and used == {"name"}


def _around(node: exp.Expr) -> Iterator[exp.Expr]:
    """The nodes around a node, innermost first."""
    while (parent := node.parent) is not None:
        yield parent
        node = parent


def _branches(node: exp.Expr) -> Iterator[tuple[str, str, Edit]]:
    """One branch of a UNION dropped."""
    if isinstance(node, exp.Union):
        for dropped, kept in (("this", "expression"), ("expression", "this")):
            if not isinstance(node.args[dropped], exp.Union):
                yield "branch dropped", _short(node.args[dropped]), _keeping(kept)


def _keeping(kept: str) -> Edit:
    """Put one operand in the place of the whole; the tables that a WITH names stay."""

    def edit(twin: exp.Expr) -> None:
        operand = twin.args[kept]
        if (tables := twin.args.get("with_")) is not None:
            operand.set("with_", tables)
        twin.replace(operand)

    return edit


def _without(argument: str, place: int) -> Edit:
    return lambda twin: twin.set(argument, [x for number, x in enumerate(twin.args[argument]) if number != place])


def _short(node: exp.Expr) -> str:
    text = " ".join(str(node.sql(DIALECT, comments=False)).split())
    return text if len(text) <= 100 else f"{text[:97]}..."
