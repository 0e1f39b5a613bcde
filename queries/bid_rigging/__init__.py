"""围标串标: bids that are not independent of each other."""
