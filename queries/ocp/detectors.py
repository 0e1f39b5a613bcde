"""The family `ocp` of a scan."""

from __future__ import annotations

from queries.detector import Detector
from queries.ocp import bid_rules, contract_rules, margin_rules, market_rules, tender_rules
from queries.ocp.rules import detector

_MODULES = (tender_rules, bid_rules, margin_rules, market_rules, contract_rules)

OCP_DETECTORS: tuple[Detector, ...] = tuple(
    detector(rule)
    for rule in sorted((rule for module in _MODULES for rule in module.RULES), key=lambda rule: rule.code)
)
