"""What the parameters of a detector mean: English from each `Field`, Chinese from `queries/data/parameters.toml`."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from graph.schema.words import choices
from i18n import Text, listing
from queries.bid_rigging import same_device, same_handler
from queries.detector import Detector

CODES: dict[tuple[str, str], Mapping[str, Text]] = {
    ("same_device", "fact_codes"): same_device.CODES,
    ("same_device", "lead_codes"): same_device.CODES,
    ("same_handler", "fact_parts"): same_handler.PARTS,
    ("same_handler", "lead_parts"): same_handler.PARTS,
    ("same_team_member", "roles"): choices("bid_members", "role"),
    ("shared_contact", "kinds"): choices("contacts", "kind"),
    ("shared_executive", "roles"): choices("roles", "kind"),
    ("kin_bidders", "relations"): choices("kinship", "relation"),
    ("kin_company_wins", "board_roles"): choices("roles", "kind"),
    ("tied_to_buyer", "powers"): choices("posts", "powers"),
    ("queue_jumping", "sizes"): choices("orgs", "size"),
}
"""Parameters whose values are codes, by detector and name, with the words of the codes."""


@functools.cache
def chinese() -> Mapping[str, Mapping[str, str]]:
    """The Chinese meaning of every parameter with its unit, by detector and name."""
    document: dict[str, dict[str, str]] = tomllib.loads(
        files("queries").joinpath("data", "parameters.toml").read_text(encoding="utf-8")
    )
    return document


def described(detector: Detector) -> dict[str, Text]:
    """The meaning of each parameter of a detector, by name, in the order in which the detector declares them.

    A parameter without a Chinese line, as in a detector of one's own, keeps its English in both languages.
    """
    words = chinese().get(detector.id, {})
    return {
        name: Text(zh=words.get(name, field.description or ""), en=field.description or "")
        for name, field in detector.parameters.model_fields.items()
    }


def spoken(detector_id: str, name: str, value: Any, *, with_codes: bool = False) -> Text:
    """A parameter's value for a reader: codes in words in Chinese, the codes themselves in English.

    Lists are enumerations, an empty list or no value is 无 and none. `with_codes` sets each code behind its word, for
    a reader who is to set the parameter.
    """
    if value is None or (isinstance(value, list | tuple) and not value):
        return Text(zh="无", en="none")
    words = CODES.get((detector_id, name), {})

    def said(one: object) -> Text:
        plain = f"{one:g}" if isinstance(one, float) else str(one)
        if plain not in words:
            return Text(zh=plain, en=plain)
        return Text(zh=f"{words[plain].zh} `{plain}`" if with_codes else words[plain].zh, en=plain)

    return listing(said(one) for one in (value if isinstance(value, list | tuple) else (value,)))


def filled_rule(detector: Detector, values: Mapping[str, Any], mark: str = "") -> Text:
    """The rule of a detector as one sentence with the values of its parameters, each between two `mark`s.

    Values that are not given are the defaults.
    """
    used = {**detector.parameters().model_dump(mode="json"), **values}
    said = {name: spoken(detector.id, name, value) for name, value in used.items()}
    return detector.rule.format(
        **{name: Text(zh=f"{mark}{one.zh}{mark}", en=f"{mark}{one.en}{mark}") for name, one in said.items()}
    )
