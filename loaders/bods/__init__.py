"""Beneficial Ownership Data Standard 0.1 to 0.4 as canonical tables."""

from loaders.bods.reading import read_bods

__all__ = ["read_bods"]
