"""Unattended work: scans, deliveries, anchors and expiry by cron expressions, in one process of its own."""
