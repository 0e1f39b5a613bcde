"""拖欠账款台账: the arrears ledger against contracts, payments and the clock."""
