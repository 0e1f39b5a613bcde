"""Statistics of bids and of the firms that make them: pure functions over NumPy arrays and pandas frames.

Nothing here reads a snapshot, knows a detector or draws an unseeded number. Rows are bids in long form, one
array per column; the order of the rows never changes a result.
"""
