"""The audit trail: append-only, each record hashed with the one before, anchored daily, verifiable by anybody."""
