"""The schema, the snapshots of the tables, and the graphs projected from them."""
