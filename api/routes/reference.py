"""What the product itself knows: detectors, schema, laws, the page's texts."""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.fields import PathId
from api.guard import GuardedRoute
from api.problems import ApiProblem
from api.routes.graph import explorer
from i18n import LANGUAGES, catalogue
from queries.detector import FAMILIES
from queries.explore.regions import region_names
from queries.laws import Law, laws
from queries.registry import DETECTORS, UnknownDetector, detector
from viz.pages import detector_as_dict, schema_as_dict

router = APIRouter(prefix="/api/v1", route_class=GuardedRoute, tags=["reference"])

PAGE_SECTIONS = ("ui", "status", "verdict", "choice")
"""Sections of the catalogue that the page shows."""


@router.get("/detectors", response_model=dict[str, Any])
async def detectors(request: Request) -> Response:
    """Every detector with its question, rule, legal basis, innocent explanations and parameters."""
    return answer(_detectors())


@functools.cache
def _detectors() -> dict[str, Any]:
    return {
        "families": [{"id": family, "title": title.as_dict()} for family, title in FAMILIES.items()],
        "items": [detector_as_dict(d) for d in DETECTORS],
        "total": len(DETECTORS),
    }


@router.get("/detectors/{detector_id}", response_model=dict[str, Any])
async def one_detector(request: Request, detector_id: PathId) -> Response:
    """One detector."""
    try:
        return answer(detector_as_dict(detector(detector_id)))
    except UnknownDetector as error:
        raise ApiProblem("api_not_found") from error


@router.get("/schema", response_model=dict[str, Any])
async def schema(request: Request) -> Response:
    """Tables, columns, node labels and edge types."""
    return answer(schema_as_dict())


@router.get("/laws", response_model=dict[str, Any])
async def all_laws(request: Request) -> Response:
    """The rules that findings cite, with the dates on which they were in force."""
    return answer({"items": [law_as_dict(law) for law in laws().values()], "total": len(laws())})


def law_as_dict(law: Law) -> dict[str, Any]:
    """One rule as the page shows it, and what it was compared with; `checked` false: compare it before citing it."""
    return {
        "id": law.id,
        "statute": law.title.as_dict(),
        "article": law.article.as_dict(),
        "text": law.says.as_dict(),
        "valid_from": law.valid_from,
        "valid_to": law.valid_to,
        "checked": law.checked,
        "source": law.source.as_dict() if law.source else None,
    }


@router.get("/regions", response_model=dict[str, Any])
def regions(request: Request) -> Response:
    """Names of administrative divisions by their codes: provinces, and what the loaded data name."""
    names = region_names(explorer(request).search)
    return answer({"items": {code: name.as_dict() for code, name in names.items()}, "total": len(names)})


@router.get("/texts/{language}", response_model=dict[str, str])
async def texts(request: Request, language: Annotated[Literal["zh", "en"], Path()]) -> Response:
    """The page's texts in one language, by their keys in the catalogue."""
    return answer(_texts()[language])


@functools.cache
def _texts() -> dict[str, dict[str, str]]:
    shown = {key: text for key, text in catalogue().items() if key.partition(".")[0] in PAGE_SECTIONS}
    return {language: {key: text.in_language(language) for key, text in shown.items()} for language in LANGUAGES}
