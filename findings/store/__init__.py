"""Findings over time: scans, the state of each finding, decisions about it, and how to list them.

`database.open_store` opens it, `recording.record_scan` brings a scan in, `listing` reads, `triage` decides.
"""
