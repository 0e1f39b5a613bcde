"""Mutants of the Python that judges: one condition dropped or turned round, one edge or constant moved.

Only what decides is changed. Sentences, scores, periods, links and evidence of a lead are not: cases say what is found,
how it is judged and whom it names, not how it is worded.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import CodeType

from tests.mutation.mutant import CodeMutant, FunctionKey

_WORDING_CALLS = frozenset({"Text", "format", "listing", "money", "name", "join"})
_WORDING_TYPES = frozenset({"Text", "Link", "Ref"})
_WORDING_ARGUMENTS = frozenset(
    {"reasons", "links", "score", "rank", "period", "records", "statistics", "yes", "no", "unknown"}
)
_FUNCTIONS = (ast.FunctionDef, ast.Lambda)

_TURNED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}


@dataclass(frozen=True, slots=True)
class _Edit:
    kind: str
    change: str
    new: ast.AST


@dataclass(frozen=True, slots=True)
class _Place:
    """A node, where its parent holds it, and the functions around it, innermost last."""

    node: ast.AST
    parent: ast.AST
    field: str
    number: int | None
    functions: tuple[FunctionKey, ...]


def code_mutants(file: Path, group: str, owner: str) -> Iterator[CodeMutant]:
    """Every mutant of a module's functions, in the order of its text."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for place in list(_places(tree, str(file), (), "")):
        for edit in _edits(place):
            inside = place.functions[-1]
            change = f"{inside.qualname}: {edit.change}"
            codes = partial(_compiled, tree, place, edit.new, str(file))
            yield CodeMutant(group, owner, edit.kind, change, inside, codes)


def _places(node: ast.AST, file: str, functions: tuple[FunctionKey, ...], prefix: str) -> Iterator[_Place]:
    for field, value in ast.iter_fields(node):
        if _is_wording(node, field, value):
            continue
        children = list(enumerate(value)) if isinstance(value, list) else [(None, value)]
        for number, child in children:
            if not isinstance(child, ast.AST) or _says_only(child):
                continue
            inner, inner_prefix = functions, prefix
            if isinstance(child, _FUNCTIONS):
                key = _key(child, file, prefix)
                inner, inner_prefix = (*functions, key), f"{key.qualname}.<locals>."
            elif isinstance(child, ast.ClassDef):
                inner_prefix = f"{prefix}{child.name}."
            if functions:
                yield _Place(child, node, field, number, functions)
            yield from _places(child, file, inner, inner_prefix)


def _key(node: ast.FunctionDef | ast.Lambda, file: str, prefix: str) -> FunctionKey:
    if isinstance(node, ast.Lambda):
        return FunctionKey(file, f"{prefix}<lambda>", node.lineno)
    line = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return FunctionKey(file, f"{prefix}{node.name}", line)


def _is_wording(node: ast.AST, field: str, value: object) -> bool:
    """Whether a field of a node holds annotations, decorators, defaults, or what a lead merely says."""
    if field in ("annotation", "returns", "decorator_list", "args") and isinstance(
        node, ast.FunctionDef | ast.AnnAssign | ast.arg | ast.Lambda
    ):
        return True
    return isinstance(node, ast.keyword) and field == "value" and node.arg in _WORDING_ARGUMENTS


def _says_only(node: ast.AST) -> bool:
    """Whether a node makes a sentence or draws a link, and decides nothing."""
    if isinstance(node, ast.Call):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return called in _WORDING_CALLS
    if isinstance(node, ast.IfExp):
        return _says_only(node.body) and _says_only(node.orelse)
    if isinstance(node, ast.FunctionDef) and node.returns is not None:
        named = {n.id for n in ast.walk(node.returns) if isinstance(n, ast.Name)} - {"tuple", "list", "Iterator"}
        return bool(named) and named <= _WORDING_TYPES
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str)
    return isinstance(node, ast.JoinedStr | ast.Assert | ast.Raise)


def _edits(place: _Place) -> Iterator[_Edit]:
    node = place.node
    if isinstance(node, ast.BoolOp):
        word = "conjunct" if isinstance(node.op, ast.And) else "disjunct"
        for number, dropped in enumerate(node.values):
            left = [value for other, value in enumerate(node.values) if other != number]
            new = left[0] if len(left) == 1 else ast.BoolOp(node.op, left)
            yield _Edit(f"{word} dropped", f"{_short(dropped)} of {_short(node)}", new)
    elif isinstance(node, ast.Compare):
        yield from _comparisons(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
        yield _Edit("negation dropped", _short(node), node.operand)
    elif isinstance(node, ast.Constant):
        yield from _constants(node, place.parent)
    elif isinstance(node, ast.Continue | ast.Break) or (isinstance(node, ast.Return) and node.value is None):
        yield _Edit("early exit dropped", f"{_short(node)} of {_short(place.parent)}", ast.Pass())
    if isinstance(node, ast.expr) and _is_plain_test(place):
        yield _Edit("condition turned", f"{_short(node)} of {_short(place.parent)}", ast.UnaryOp(ast.Not(), node))
    if isinstance(place.parent, ast.comprehension) and place.field == "ifs":
        yield _Edit("condition dropped", f"if {_short(node)}", ast.Constant(value=True))


def _comparisons(node: ast.Compare) -> Iterator[_Edit]:
    for number, operator in enumerate(node.ops):
        for other in _TURNED[type(operator)]:
            ops = [other() if n == number else op for n, op in enumerate(node.ops)]
            new = ast.Compare(node.left, ops, node.comparators)
            kind = "edge moved" if {type(operator), other} in _EDGES else "comparison turned"
            yield _Edit(kind, f"{_short(node)} -> {_short(new)}", new)


_EDGES = ({ast.Lt, ast.LtE}, {ast.Gt, ast.GtE})


def _constants(node: ast.Constant, parent: ast.AST) -> Iterator[_Edit]:
    """A number that something is compared or reckoned with, one higher and one lower."""
    value = node.value
    if isinstance(parent, ast.Compare | ast.BinOp) and isinstance(value, int | float) and not isinstance(value, bool):
        for moved in (value + 1, value - 1):
            yield _Edit("constant moved", f"{value} -> {moved} in {_short(parent)}", ast.Constant(moved))


def _is_plain_test(place: _Place) -> bool:
    """Whether a node is a test that no other change touches: a name, an attribute, a call."""
    tests = isinstance(place.parent, ast.If | ast.IfExp | ast.While) and place.field == "test"
    return tests and not isinstance(place.node, ast.BoolOp | ast.Compare | ast.UnaryOp)


def _compiled(tree: ast.Module, place: _Place, new: ast.AST, file: str) -> dict[FunctionKey, CodeType]:
    """The code of the functions around a place after the change.

    Raises:
        SyntaxError: the change leaves no Python.
    """
    new = copy.deepcopy(new)
    ast.copy_location(new, place.node)
    _put(place, new)
    try:
        module = compile(ast.fix_missing_locations(tree), file, "exec", dont_inherit=True)
    finally:
        _put(place, place.node)
    wanted = set(place.functions)
    return {key: code for key, code in _codes(module, file) if key in wanted}


def _put(place: _Place, node: ast.AST) -> None:
    if place.number is None:
        setattr(place.parent, place.field, node)
    else:
        getattr(place.parent, place.field)[place.number] = node


def _codes(code: CodeType, file: str) -> Iterator[tuple[FunctionKey, CodeType]]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield FunctionKey(file, constant.co_qualname, constant.co_firstlineno), constant
            yield from _codes(constant, file)


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 90 else f"{text[:87]}..."
