"""Reasons of decisions: what `reasons.toml` declares."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from i18n import Text


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason that an action can have."""

    action: str
    code: str
    title: Text

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {"action": self.action, "code": self.code, "title": self.title.as_dict()}


@functools.cache
def reasons() -> tuple[Reason, ...]:
    """Every reason, in the order in which it is offered."""
    return tuple(
        Reason(action, code, Text(zh=title["zh"], en=title["en"]))
        for action, entries in _document().items()
        if isinstance(entries, Mapping)
        for code, title in entries.items()
    )


def codes(action: str) -> tuple[str, ...]:
    """The codes of an action; none where it takes no reason."""
    return tuple(reason.code for reason in reasons() if reason.action == action)


def required(action: str) -> bool:
    """Whether the action cannot be taken without a reason."""
    return action in _document()["required"]


@functools.cache
def _document() -> dict[str, Any]:
    return tomllib.loads(files("findings.store").joinpath("reasons.toml").read_text(encoding="utf-8"))
