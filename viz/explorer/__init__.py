"""The explorer: a static page (HTML, CSS, ES modules, vendored libraries) served by the API, without a build step."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).resolve().parent
"""What is served: `index.html` at the root, everything else under `/static`."""
