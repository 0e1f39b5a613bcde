"""Rule profiles: what a local rule regards as fact or as lead, as parameters of detectors.

A profile is a YAML file: `title` in both languages, `source` (the rule it follows), and `detectors`, a map from a
detector's id to the parameters that it sets. What it leaves out keeps the national default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from i18n import Problem, near
from queries.detector import Detector, Params


class ProfileError(Problem):
    """A profile or a setting cannot be used: says which, why, and what there is instead."""


class _Title(BaseModel):
    model_config = ConfigDict(extra="forbid")
    zh: str
    en: str


class Profile(BaseModel):
    """One rule profile."""

    model_config = ConfigDict(extra="forbid")
    title: _Title
    source: str
    detectors: dict[str, dict[str, Any]]


def built_in() -> dict[str, Path]:
    """The profiles that come with the product, by name."""
    folder = Path(str(files("queries.profiles")))
    return {file.stem: file for file in sorted(folder.glob("*.yml"))}


def read_profile(name_or_file: str) -> Profile:
    """A built-in profile by name, or one of the site's own by file.

    Raises:
        ProfileError: there is none, or it is not well formed.
    """
    import yaml  # here, since a scan without a profile reads none

    file = built_in().get(name_or_file, Path(name_or_file))
    if not file.is_file():
        raise ProfileError("no_profile", name=name_or_file, known=", ".join(built_in()))
    try:
        return Profile.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise ProfileError("bad_profile", file=file, reason=error) from error


def configure(
    detectors: Sequence[Detector],
    profile: Profile | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[tuple[Detector, Params]]:
    """Each detector with its parameters: the defaults, then the profile's, then the given settings.

    Args:
        detectors: those that are to run.
        profile: a rule profile; what it says of detectors that do not run is left aside.
        settings: detector id → parameter → value, values as text or plain data.

    Raises:
        ProfileError: a detector or a parameter that there is not, or a value out of bounds.
    """
    layers: list[Mapping[str, Mapping[str, Any]]] = [profile.detectors if profile else {}, settings or {}]
    known = {d.id for d in detectors}
    for detector_id in settings or {}:
        if detector_id not in known:
            raise ProfileError("not_to_run", detector=detector_id, near=near(detector_id, known))
    chosen = []
    for detector in detectors:
        values: dict[str, Any] = {}
        for layer in layers:
            values.update(layer.get(detector.id, {}))
        for parameter in values:
            if parameter not in detector.parameters.model_fields:
                raise ProfileError(
                    "no_parameter",
                    detector=detector.id,
                    parameter=parameter,
                    near=near(parameter, set(detector.parameters.model_fields)),
                )
        try:
            chosen.append((detector, detector.parameters.model_validate(values)))
        except ValidationError as error:
            raise ProfileError("bad_value", detector=detector.id, reason=error) from error
    return chosen


def parse_setting(text: str) -> tuple[str, str, Any]:
    """`detector.parameter=value` as its three parts, the value read as YAML.

    Raises:
        ProfileError: the text has another form.
    """
    name, equals, value = text.partition("=")
    detector, dot, parameter = name.strip().partition(".")
    if not (equals and dot and detector and parameter):
        raise ProfileError("bad_setting", setting=text)
    import yaml  # here, as in `read_profile`

    return detector, parameter, yaml.safe_load(value)
