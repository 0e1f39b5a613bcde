"""The benign economy: what an honest province looks like in the canonical tables.

It is clean *by construction*, not by filtering: no person serves two firms, no contact is shared, a supplier
delivers to one firm only, every contract is paid within its term or stands in the ledger, and a small contract
stays so far below its threshold that a year of them does not reach it.
"""
