"""Illegal subcontracting 违法发包转包."""
