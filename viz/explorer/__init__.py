"""The explorer: a static page (HTML, CSS, ES modules, vendored libraries) that the API serves; there is no build step."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parent
"""What is served: `index.html` at the root, everything else under `/static`."""
