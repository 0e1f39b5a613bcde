"""The dossier: a lead or a party as one HTML file that stands by itself, and as PDF."""

from __future__ import annotations

from viz.dossier.pages import finding_dossier, party_dossier
from viz.dossier.printing import to_pdf

__all__ = ["finding_dossier", "party_dossier", "to_pdf"]
