"""The jars of Neo4j Community, from Maven Central into a cache."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from graph.engine import EngineError

VERSION = "5.26.30"
"""The newest 5.26 LTS release on Maven Central when this was written."""

ENTRY = "org.neo4j.server.CommunityEntryPoint"
ADMIN = "org.neo4j.cli.AdminTool"

_ARTIFACTS = ("org.neo4j.app:neo4j-server", "org.neo4j:neo4j")
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_RESOLVE_SECONDS = 1_500


def cache_folder() -> Path:
    """Where downloads and the developer's server live: `$QINGFENG_CACHE`, else `~/.cache/qingfeng`."""
    return Path(os.environ.get("QINGFENG_CACHE") or Path.home() / ".cache" / "qingfeng") / "neo4j"


def missing_tools() -> list[str]:
    """Programs that resolving and starting a server need and that are not on the PATH."""
    tools = ["java"] if _jar_folder(VERSION).is_dir() else ["java", "mvn"]
    return [tool for tool in tools if shutil.which(tool) is None]


def _jar_folder(version: str) -> Path:
    return cache_folder() / version


def resolve(version: str = VERSION) -> Path:
    """The folder of the server's jars, downloaded first if it is not in the cache.

    A download goes to a folder beside the cached one and is renamed when it is whole; two processes take turns.

    Raises:
        EngineError: Maven or Java is missing, the download fails, or it has no server in it.
    """
    folder = _jar_folder(version)
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if folder.is_dir():
            return folder
        with tempfile.TemporaryDirectory(prefix=f".{version}-", dir=folder.parent) as temporary:
            jars = _download(version, Path(temporary))
            jars.rename(folder)
    return folder


def _download(version: str, work: Path) -> Path:
    dependencies = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId>"
        f"<version>{escape(version)}</version></dependency>"
        for group, name in (artifact.split(":") for artifact in _ARTIFACTS)
    )
    (work / "pom.xml").write_text(
        '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
        "<groupId>local</groupId><artifactId>neo4j-for-tests</artifactId><version>1</version>"
        f"<packaging>pom</packaging><dependencies>{dependencies}</dependencies></project>",
        encoding="utf-8",
    )
    command = [tool("mvn"), "-B", "-ntp", "-f", str(work / "pom.xml"), _COPY]
    command += ["-DoutputDirectory=jars", "-DincludeScope=runtime"]
    try:
        done = subprocess.run(  # noqa: S603 - the program and its arguments are ours
            command, capture_output=True, text=True, timeout=_RESOLVE_SECONDS, check=False, cwd=work
        )
    except subprocess.TimeoutExpired as error:
        raise EngineError(
            f"Maven did not resolve Neo4j {version} within {_RESOLVE_SECONDS} s", "try again: it goes on where it was"
        ) from error
    if done.returncode != 0:
        problems = [line for line in done.stdout.splitlines() if line.startswith("[ERROR]")][:4]
        raise EngineError(
            f"Maven could not resolve Neo4j {version}: {' '.join(problems)}",
            "check the network or the mirror in ~/.m2/settings.xml, and the version",
        )
    main_jar = work / "jars" / f"neo4j-{version}.jar"
    entry = ENTRY.replace(".", "/") + ".class"
    if not main_jar.is_file() or entry not in zipfile.ZipFile(main_jar).namelist():
        raise EngineError(f"Neo4j {version} has no {ENTRY}", "only versions 5.x are known to work")
    return work / "jars"


def tool(name: str) -> str:
    """The path of a program.

    Raises:
        EngineError: it is not installed.
    """
    path = shutil.which(name)
    if path is None:
        raise EngineError(f"{name} is not installed", "install JDK 17 and Maven, or use Docker: deploy/compose.yml")
    return path
