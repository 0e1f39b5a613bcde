"""The source of the red flags: the guide of the Open Contracting Partnership, its titles and its pages.

Titles are those of the guide's annex, in which each flag has one page; the same titles, with the OCDS fields of each
flag, are in the partnership's own notebooks (`open-contracting/notebooks-ocds`, `component_setup_red_flags.py`).
"""

from __future__ import annotations

GUIDE = (
    "Open Contracting Partnership (2024), Red Flags in Public Procurement: a guide to using data to detect and "
    "mitigate risks, https://www.open-contracting.org/wp-content/uploads/2024/12/OCP2024-RedFlagProcurement.pdf"
)

_FIRST_PAGE = 23
"""The page before that of R001."""

TITLES = {
    "R002": "Manipulation of procurement thresholds",
    "R003": "The submission period is too short",
    "R010": "Unjustified use of non competitive procedure",
    "R013": "High use of non competitive methods",
    "R018": "Single bid received",
    "R019": "Low number of bidders for item category",
    "R022": "Wide disparity in bid prices",
    "R023": "Fixed-multiple bid prices",
    "R024": "Price close to winning bid",
    "R025": "Excessive unsuccessful bids",
    "R026": "Prevalence of consortia",
    "R028": "Identical bid prices",
    "R029": "Bid prices deviate from Benford's Law",
    "R030": "Late bid won",
    "R031": "Winning bid price very close or higher than estimated price",
    "R035": "All except winning bid disqualified",
    "R036": "Lowest bid disqualified",
    "R038": "Excessive disqualified bids",
    "R044": "Business similarities between bidders",
    "R048": "Heterogeneous supplier",
    "R050": "High market share",
    "R051": "High market concentration",
    "R052": "Small initial purchase from supplier followed by much larger purchases",
    "R053": "Co-bidding pairs have same recurrent winner",
    "R055": "Multiple direct awards above or just below competitive threshold",
    "R057": "Bid rotation",
    "R058": "Heavily discounted bid",
    "R059": "Large difference between the award value and final contract amount",
    "R064": "Contract has modifications",
    "R066": "Contract amendments to increase line items",
    "R069": "Contract amendments to increase price",
    "R070": "Losing bidders are hired as subcontractors",
}


def reference(code: str) -> str:
    """Where the guide defines a flag: its code, its title there, and the page."""
    return f"{code} {TITLES[code]}, p. {_FIRST_PAGE + int(code[1:])} of {GUIDE}"
