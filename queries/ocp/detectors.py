"""The family `ocp` of a scan."""

from __future__ import annotations

from queries.detector import Detector
from queries.ocp import bid_rules, contract_rules, tender_rules
from queries.ocp.rules import detector

OCP_DETECTORS: tuple[Detector, ...] = tuple(
    detector(rule)
    for rule in sorted((*tender_rules.RULES, *bid_rules.RULES, *contract_rules.RULES), key=lambda rule: rule.code)
)
