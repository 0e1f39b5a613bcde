"""The family `ocp` of a scan."""

from __future__ import annotations

from queries.detector import Detector
from queries.ocp.rules import RULES
from queries.ocp.rules.rule import detector

OCP_DETECTORS: tuple[Detector, ...] = tuple(map(detector, RULES))
