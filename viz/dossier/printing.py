"""A dossier's HTML as PDF, by WeasyPrint, with the Chinese font embedded."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import threading

from weasyprint import HTML  # type: ignore[import-untyped]
from weasyprint.urls import (  # type: ignore[import-untyped]
    FatalURLFetchingError,
    URLFetcher,
    URLFetcherResponse,
)

from i18n import Problem

_ONE_AT_A_TIME = threading.Lock()
"""A dossier takes a core and up to a few hundred MB; several at once would starve the pages that people wait for."""

_BEYOND = re.compile(r'<tbody class="beyond">.*?</tbody>', re.DOTALL)
"""Rows that are not printed. Left out beforehand, because WeasyPrint takes some 20 ms a row even where it is hidden."""


class ExportError(Problem):
    """An export cannot be made; the message says what to install or change."""


class _Nothing(URLFetcher):  # type: ignore[misc]
    """Refuses every address: a dossier has all in itself."""

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        raise FatalURLFetchingError(f"a dossier fetches nothing: {url[:80]}")


def to_pdf(html: str) -> bytes:
    """The PDF of a dossier: A4, tagged, fonts embedded, its id and snapshot on each page.

    Raises:
        ExportError: the machine has no Chinese font, or the page asks for something outside itself.
    """
    if not _has_chinese_font():
        raise ExportError("export_no_cjk_font")
    printed = _BEYOND.sub("", html)
    with _ONE_AT_A_TIME:
        try:
            document: bytes = HTML(string=printed, url_fetcher=_Nothing()).write_pdf(pdf_tags=True)
        except FatalURLFetchingError as error:
            raise ExportError("export_outside_reference", reference=str(error)) from error
    return document


@functools.cache
def _has_chinese_font() -> bool:
    """Whether fontconfig, which WeasyPrint asks too, knows a font with Chinese characters."""
    program = shutil.which("fc-list")
    if program is None:
        return True
    listed = subprocess.run([program, ":lang=zh-cn", "family"], capture_output=True, check=False)  # noqa: S603
    return bool(listed.stdout.strip())
