"""The shapes that tell kinds of nodes apart, in black and white, around the origin."""

from __future__ import annotations

import math

from markupsafe import Markup

RADIUS = 20.0
"""Every symbol fits into a circle of this radius, in pixels; lines to it end there."""


def _polygon(corners: int, radius: float, turn: float) -> str:
    angles = [turn + 2 * math.pi * n / corners for n in range(corners)]
    points = " ".join(f"{radius * math.cos(a):.1f},{radius * math.sin(a):.1f}" for a in angles)
    return f'<polygon points="{points}"/>'


_CIRCLE = '<circle r="17"/>'
_SMALL = '<polygon points="0,-12 13,10 -13,10" fill="#d0d5dd"/>'

SYMBOLS: dict[str, str] = {
    "official": '<circle r="19"/><circle r="14.5"/>',
    "person": _CIRCLE,
    "firm": '<rect x="-20" y="-14" width="40" height="28" rx="8"/>',
    "agent": '<rect x="-20" y="-14" width="40" height="28" rx="8"/><path d="M-20,-4H20"/>',
    "public_body": '<rect x="-17" y="-17" width="34" height="34"/>',
    "tender": _polygon(6, 20, 0),
    "bid": _polygon(6, 12, 0),
    "contract": '<path d="M-14,-18H7L14,-11V18H-14Z"/><path d="M7,-18V-11H14M-8,-4H8M-8,3H8M-8,10H4"/>',
    "payment": _polygon(4, 20, 0),
    "debt": _polygon(8, 19, math.pi / 8),
    "account": _SMALL,
    "phone": _SMALL,
    "email": _SMALL,
    "address": _SMALL,
    "device": _SMALL,
    "project": '<path d="M-19,0L-9,-13H19V13H-9Z"/><circle cx="-8" cy="0" r="2"/>',
    "fund": '<ellipse rx="19" ry="13"/><path d="M-14,-5H14M-14,5H14"/>',
    "other": '<circle r="13" stroke-dasharray="3 3"/>',
}
"""SVG of each kind; fill and stroke are set by the group around it."""


def symbol(kind: object) -> str:
    """The shape of a kind of node."""
    return SYMBOLS.get(str(kind), SYMBOLS["other"])


def svg(kind: object, size: float) -> Markup:
    """The shape alone as an SVG element of `size` pixels."""
    reach = RADIUS + 2
    return Markup(  # noqa: S704 - our own shapes; an unknown kind has the shape of `other`
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size:g}" height="{size:g}" '
        f'viewBox="{-reach:g} {-reach:g} {2 * reach:g} {2 * reach:g}">'
        f'<g fill="#fff" stroke="#111" stroke-width="2">{symbol(kind)}</g></svg>'
    )
