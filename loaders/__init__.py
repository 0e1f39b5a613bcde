"""From what an institution hands over to a snapshot: reading, adapting, validating, quarantine, provenance."""
