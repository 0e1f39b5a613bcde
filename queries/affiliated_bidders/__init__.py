"""关联投标人: bidders that belong together."""
