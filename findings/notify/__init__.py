"""Telling other systems and people that a scan found something: signed webhooks and mail, kept until delivered."""
