"""Mapping files: what the columns of a platform's own export mean, in YAML; see `docs/loading.md`."""

from __future__ import annotations

import fnmatch
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

import i18n
from graph.schema import PROVENANCE_HEADERS, TABLES
from graph.schema.model import Kind
from i18n import Text

ROW = "_row"
"""Stands for the row number of the source where a column is named."""

Powers = {"元": 0, "千元": 3, "万元": 4, "百万元": 6, "亿元": 8, "thousand": 3, "million": 6}
Unit = Literal["元", "千元", "万元", "百万元", "亿元", "thousand", "million"]


class MappingError(Exception):
    """A mapping file is wrong: names the file, the line, the key, and what is allowed."""

    def __init__(self, message: Text) -> None:
        super().__init__(message.en)
        self.message = message


def _wrong(key: str, **values: object) -> PydanticCustomError:
    """A mistake whose text is in the catalogue's section `mapping`."""
    return PydanticCustomError(key, "see the catalogue", values)


def _text(key: str, /, **values: object) -> Text:
    return i18n.catalogue()[f"mapping.{key}"].format(**values)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _as_text(value: Any) -> Any:
    """YAML reads `1` as a number and `yes` as a truth value; cells are text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _texts(value: Any) -> Any:
    return {_as_text(k): _as_text(v) for k, v in value.items()} if isinstance(value, dict) else value


Names = Annotated[list[str], BeforeValidator(_listed)]
Cell = Annotated[str, BeforeValidator(_as_text)]
Cells = Annotated[dict[str, str], BeforeValidator(_texts)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)


class Derive(_Strict):
    """An identifier that the source does not have."""

    how: Literal["uscc_else_name", "name_in_scope", "hash", "row"]
    from_: Names = Field(default=[], alias="from")
    scope: Names = []

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.how == "name_in_scope" and not self.scope:
            raise _wrong("no_scope")
        if self.how == "uscc_else_name" and len(self.from_) not in (1, 2):
            raise _wrong("code_and_name")
        if self.how == "name_in_scope" and len(self.from_) != 1:
            raise _wrong("only_name")
        if self.how == "hash" and not self.from_:
            raise _wrong("nothing_to_hash")
        return self


class Content(_Strict):
    """What fills one canonical column."""

    from_: Names = Field(default=[], alias="from")
    join: str = "-"
    value: Cell | None = None
    map: Cells = {}
    others: Cell | None = None
    default: Cell | None = None
    unit: Unit | None = None
    format: str | None = None
    derive: Derive | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum((bool(self.from_), self.value is not None, self.derive is not None)) != 1:
            raise _wrong("one_origin")
        if self.others is not None and not self.map:
            raise _wrong("others_without_map")
        return self

    @property
    def headers(self) -> list[str]:
        """The source columns that it needs."""
        derived = [*self.derive.from_, *self.derive.scope] if self.derive else []
        return [name for name in (*self.from_, *derived) if name != ROW]


def _content(value: Any) -> Any:
    return {"from": value} if isinstance(value, str | list) else value


class Condition(_Strict):
    """A test that a source row must pass."""

    column: str
    in_: Annotated[list[Cell], BeforeValidator(_listed)] | None = Field(default=None, alias="in")
    filled: bool | None = None
    matches: str | None = None


class Split(_Strict):
    """Columns whose cells hold several values; one row is made of each, the first values together, and so on."""

    columns: Names
    by: Annotated[str, Field(min_length=1)]


class TableMapping(_Strict):
    """How source rows become rows of one canonical table."""

    table: str
    columns: dict[str, Annotated[Content, BeforeValidator(_content)]]
    where: list[Condition] = []
    split: Split | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.table not in TABLES:
            raise _wrong("no_table", table=self.table, tables=", ".join(TABLES))
        table = TABLES[self.table]
        allowed = [*table.names, *PROVENANCE_HEADERS]
        if unknown := [name for name in self.columns if name not in allowed]:
            raise _wrong("no_column", table=self.table, columns=", ".join(unknown), known=", ".join(allowed))
        if missing := [name for name in table.required if name not in self.columns]:
            raise _wrong("required", table=self.table, columns=", ".join(missing))
        for name, content in self.columns.items():
            if content.unit and (name not in table or table[name].kind is not Kind.MONEY):
                raise _wrong("no_amount", column=name)
        return self

    @property
    def headers(self) -> list[str]:
        """The source columns that it needs."""
        names = [name for content in self.columns.values() for name in content.headers]
        names += [condition.column for condition in self.where]
        return list(dict.fromkeys([*names, *(self.split.columns if self.split else [])]))

    @property
    def derived(self) -> str:
        """The columns whose identifiers are derived, `;` between them."""
        return ";".join(name for name, content in self.columns.items() if content.derive)


class Mapping(_Strict):
    """A mapping file."""

    about: str = ""
    files: Names = ["*"]
    encoding: str | None = None
    delimiter: str | None = None
    header_row: Annotated[int, Field(ge=1)] | None = None
    sheet: str | None = None
    source_system: str | None = None
    sparse: bool = False
    ignore: Names = []
    tables: Annotated[list[TableMapping], Field(min_length=1)]

    def matches(self, file: Path) -> bool:
        """Whether the mapping is meant for a file of this name."""
        return any(fnmatch.fnmatch(file.name, pattern) for pattern in self.files)

    @property
    def headers(self) -> list[str]:
        """The source columns that any table needs."""
        return list(dict.fromkeys(name for table in self.tables for name in table.headers))


def read_mapping(file: Path) -> Mapping:
    """Read a mapping file.

    Raises:
        MappingError: it cannot be read, or something in it is not allowed.
    """
    try:
        text = file.read_text(encoding="utf-8")
        document = yaml.safe_load(text)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except OSError as error:
        raise MappingError(_text("no_access", file=file, error=error.strerror)) from error
    except UnicodeDecodeError as error:
        raise MappingError(_text("not_utf8", file=file)) from error
    except yaml.YAMLError as error:
        place = getattr(error, "problem_mark", None)
        line = place.line + 1 if place else 1
        raise MappingError(_text("no_yaml", file=file, line=line, problem=getattr(error, "problem", error))) from error
    if not isinstance(document, dict):
        raise MappingError(_text("no_keys", file=file, keys=", ".join(Mapping.model_fields)))
    try:
        return Mapping.model_validate(document)
    except ValidationError as error:
        problems = [_explain(file, node, problem) for problem in error.errors()]
        message = Text(zh="\n".join(p.zh for p in problems), en="\n".join(p.en for p in problems))
        raise MappingError(message) from error


def _explain(file: Path, node: yaml.Node | None, problem: Any) -> Text:
    line, path = _place(node, problem["loc"])
    match problem["type"]:
        case "extra_forbidden":
            what = _text("unknown_key", known=", ".join(_allowed(path)))
        case "missing":
            what = _text("lacks", key=problem["loc"][-1])
        case kind if f"mapping.{kind}" in i18n.catalogue():
            what = _text(kind, **problem.get("ctx", {}))
        case _:
            what = _text("not_allowed", problem=problem["msg"])
    place = {"file": file, "line": line, "key": ".".join(str(part) for part in path) or "–"}
    frame = i18n.catalogue()["mapping.place"]
    return Text(zh=frame.zh.format(**place, what=what.zh), en=frame.en.format(**place, what=what.en))


def _place(node: yaml.Node | None, location: tuple[int | str, ...]) -> tuple[int, list[int | str]]:
    """The line of the innermost key of a location that stands in the file, and its path."""
    line = node.start_mark.line + 1 if node else 1
    path: list[int | str] = []
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((key, value) for key, value in node.value if key.value == str(part)), None)
            if found is None:
                break
            key, node = found
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
        path.append(part)
    return line, path


def _allowed(path: list[int | str]) -> list[str]:
    """The keys that may stand beside the last one of a path."""
    model: type[BaseModel] = Mapping
    steps: dict[str, type[BaseModel]] = {"tables": TableMapping, "where": Condition, "split": Split, "derive": Derive}
    for at, part in enumerate(path[:-1]):
        if part in steps:
            model = steps[str(part)]
        elif at and path[at - 1] == "columns":
            model = Content
    return [field.alias or name for name, field in model.model_fields.items()]
