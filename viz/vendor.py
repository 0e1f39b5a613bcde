"""Fetches the page's libraries as `viz/explorer/lib/sources.toml` names them: `python -m viz.vendor`.

Only for whoever brings a library to a newer version: the files are kept in the repository, so that neither
installing nor running needs a registry. A library's folder holds what the page loads and its licence;
`checksums.txt` has the SHA-256 of each file, and a test compares.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from viz.explorer import FOLDER

LIB = FOLDER / "lib"


def package(name: str, version: str, folder: Path) -> Path:
    """The unpacked npm package, under `folder`."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is not installed")
    packed = subprocess.run(  # noqa: S603  names and versions are those of sources.toml
        [npm, "pack", "--silent", f"{name}@{version}"], cwd=folder, check=True, capture_output=True, text=True
    )
    archive = folder / packed.stdout.split()[-1]
    with tarfile.open(archive) as tar:
        tar.extractall(folder / archive.stem, filter="data")
    return folder / archive.stem / "package"


def sprite(icons: Path, names: list[str]) -> str:
    """One SVG whose symbols are the named icons; the page shows one with `<use href="…/sprite.svg#name">`."""
    symbols = []
    for name in sorted(names):
        drawing = (icons / f"{name}.svg").read_text(encoding="utf-8")
        inner = drawing[drawing.index(">", drawing.index("<svg")) + 1 : drawing.rindex("</svg>")]
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(inner.split())}</symbol>')
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def checksums() -> str:
    """A line a file under `lib`, as `sha256sum` prints it."""
    files = sorted(f for f in LIB.rglob("*") if f.is_file() and f.name not in {"checksums.txt", "sources.toml"})
    return "".join(f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.relative_to(LIB).as_posix()}\n" for f in files)


def main() -> None:
    """Replace every library by what its package holds now."""
    sources: dict[str, dict[str, Any]] = tomllib.loads((LIB / "sources.toml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        for name, source in sources.items():
            unpacked = package(name, source["version"], Path(folder))
            target = LIB / name.removeprefix("@").replace("/", "-")
            shutil.rmtree(target, ignore_errors=True)
            target.mkdir(parents=True)
            for inside, outside in source["files"].items():
                shutil.copyfile(unpacked / inside, target / outside)
            if "sprite" in source:
                (target / "sprite.svg").write_text(sprite(unpacked / "icons", source["sprite"]), encoding="utf-8")
    (LIB / "checksums.txt").write_text(checksums(), encoding="utf-8")


if __name__ == "__main__":
    main()
