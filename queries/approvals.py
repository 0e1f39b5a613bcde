"""SQL of approvals that were made public: the record by which an exemption is told from a breach."""

from __future__ import annotations

APPROVALS = """
-- Approvals by what they are for (a project, tender, contract or platform): the day they were made public. An item
-- counts if it has one of the words; an approval that was due and never published is none.
approvals AS (
  SELECT ref_id, min(published_on) AS approved_on,
         list({'table': 'disclosures', 'key': _key} ORDER BY _key) AS approval_refs
  FROM disclosures
  WHERE published_on IS NOT NULL AND len(list_filter($approval_words, lambda w: contains(item, w))) > 0
  GROUP BY ref_id
)
"""
"""A common table expression; the detector has a parameter `approval_words`."""
