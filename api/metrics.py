"""Measurements for Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The numbers of one app; each app has its own registry, so that tests and workers do not share."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.seconds = Histogram(
            "qingfeng_request_seconds",
            "Time from a request's first byte to its answer's last.",
            ("method", "route"),
            buckets=BUCKETS,
            registry=self.registry,
        )
        self.requests = Counter(
            "qingfeng_requests", "Answered requests.", ("method", "route", "status"), registry=self.registry
        )
        self.refused = Counter(
            "qingfeng_refused", "Requests refused, by the problem's code.", ("code",), registry=self.registry
        )
        self.findings = Gauge("qingfeng_findings", "Current findings.", ("tier", "triage"), registry=self.registry)
        self.scan_age = Gauge(
            "qingfeng_scan_age_seconds", "Time since the last complete scan ended.", registry=self.registry
        )
        self.scan_running = Gauge("qingfeng_scan_running", "Whether a scan is running.", registry=self.registry)
        self.data_age = Gauge(
            "qingfeng_data_age_days", "Days since the last day that the data reach.", registry=self.registry
        )

    def page(self, *, with_findings: bool = True) -> bytes:
        """The measurements in Prometheus' text format, with the numbers of leads or without."""
        lines = generate_latest(self.registry).splitlines(keepends=True)
        return b"".join(line for line in lines if with_findings or b"qingfeng_findings" not in line)
