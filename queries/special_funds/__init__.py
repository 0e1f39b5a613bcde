"""专项资金: money granted for a purpose, on its way to it."""
