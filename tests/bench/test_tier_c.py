"""The section on time of the page on false discoveries."""

from __future__ import annotations

from pathlib import Path

from bench.measure import Measured
from bench.tier_c import Scanned, parted, report


def test_seconds_are_brought_to_100_000_tenders_with_the_exponent_of_their_growth() -> None:
    small = Measured(4.0, 5.0, 10**9, Scanned(50_000, {"price_screens": (1.0, 3)}))
    large = Measured(8.0, 12.0, 2 * 10**9, Scanned(100_000, {"price_screens": (2.5, 7)}))
    text = report([(267_000, small), (535_000, large)], 0.0)
    assert "| 50,000 | 267,000 | 4.0 | 5.0 | 8.0 | 10.0 | 1.00 | – | – |" in text
    assert "| 100,000 | 535,000 | 8.0 | 12.0 | 8.0 | 12.0 | 2.00 | 1.00 | 1.26 |" in text
    assert "| price_screens | 1.00 | 2.50 | 7 |" in text
    assert "--sizes 267000,535000`" in text


def test_the_section_on_time_is_parted_from_what_stands_before_it(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    assert parted(page) == ("", "")
    page.write_text("# Page\n\n## Time\n\n| old |\n", encoding="utf-8")
    assert parted(page) == ("# Page\n\n", "## Time\n\n| old |\n")
