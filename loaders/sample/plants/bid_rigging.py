"""Plants of the family bid_rigging 围标串标, apart from the traces of filing (`filing_traces`)."""

from __future__ import annotations

from loaders.sample.plants import filing_traces

PLANTED = (*filing_traces.PLANTED,)
TWINS = (*filing_traces.TWINS,)
