"""`ocp` as a part of the `qingfeng` command, which hands its words on unread."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from i18n import section
from queries.ocp.run import LANGUAGE, run


class _Onward(TyperGroup):
    """A group without commands of its own: all words, `--help` too, go to `queries.ocp.run`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.obj = list(args)
        return args

    def invoke(self, ctx: Any) -> None:
        ctx.exit(run(ctx.obj))


app = typer.Typer(cls=_Onward, help=section("ocp")["about"].in_language(LANGUAGE), add_completion=False)
app.callback()(lambda: None)
