"""Who took data out, when and what for: said on everything that leaves the system."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from i18n import Language, text
from viz.plain import line


@dataclass(frozen=True, slots=True)
class Watermark:
    """The mark on an export. `at` is a moment with its zone; `purpose` is a purpose or case number."""

    user: str
    at: datetime
    purpose: str | None = None

    @property
    def moment(self) -> str:
        """When, to the second, in UTC: `2026-03-31 08:15:00 UTC`."""
        return self.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

    def columns(self, language: Language) -> tuple[tuple[str, str], ...]:
        """The mark as columns of a table: heading and value, in every row, so that a part has it too."""
        values = {"exported_by": self.user, "exported_at": self.moment, "purpose": self.purpose or ""}
        return tuple((text(f"export.{name}", language), line(value)) for name, value in values.items())

    def sentence(self, language: Language) -> str:
        """The mark in words, on one line."""
        values = {"user": line(self.user), "at": self.moment, "purpose": line(self.purpose)}
        return text("export.mark_purpose" if values["purpose"] else "export.mark", language, **values)
