"""Open Contracting Data Standard 1.0 and 1.1 as canonical tables."""

from loaders.ocds.reading import read_ocds

__all__ = ["read_ocds"]
