"""Routes that are called without FastAPI's solver answer, and refuse, what they would answer and refuse with it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import pytest
from fastapi import APIRouter, Body, Depends, FastAPI, Header, Path, Query
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.testclient import TestClient

from api.direct import Handler, direct_handler, solved_handler
from api.fields import Line


class Asked(BaseModel):
    """A query as one model."""

    model_config = ConfigDict(frozen=True)
    since: Annotated[date | None, Field(alias="from")] = None
    limit: Annotated[int, Field(ge=1, le=9)] = 5
    word: Annotated[str, Field(max_length=3), Line] = ""


class Direct(APIRoute):
    """A route that is called directly."""

    strict = False

    def get_route_handler(self) -> Handler:
        """The handler; the test fails where there is none."""
        handler = direct_handler(self, strict=self.strict)
        assert handler is not None
        return handler


class StrictDirect(Direct):
    """The same, which refuses what it does not know."""

    strict = True


class StrictSolved(APIRoute):
    """A route that FastAPI calls, which refuses what it does not know."""

    def get_route_handler(self) -> Handler:
        """FastAPI's handler behind the refusal."""
        return solved_handler(self, super().get_route_handler(), strict=True)


def _client(route_class: type[APIRoute]) -> TestClient:
    router = APIRouter(route_class=route_class)

    @router.get("/words/{number}")
    def words(
        request: Request,
        number: Annotated[int, Path(ge=1)],
        q: Annotated[str, Query(min_length=2), Line],
        side: Literal["in", "out"] = "in",
        day: Annotated[date | None, Query(alias="from")] = None,
        flag: bool = False,
    ) -> Response:
        return JSONResponse([number, q, side, str(day), flag, request.method])

    @router.get("/model")
    async def model(request: Request, asked: Annotated[Asked, Query()]) -> Response:
        return JSONResponse([str(asked.since), asked.limit, asked.word])

    app = FastAPI()
    app.include_router(router)

    async def refused(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        faults = [(fault["type"], list(fault["loc"]), fault["msg"]) for fault in error.errors()]
        return JSONResponse(faults, status_code=422)

    app.add_exception_handler(RequestValidationError, refused)
    return TestClient(app)


@pytest.mark.parametrize(
    "address",
    [
        "/words/3?q=ab",
        "/words/3?q=%E6%B8%85%E9%A3%8E+x&side=out&from=2024-03-01&flag=true",
        "/words/3?q=ab&q=cd&unknown=1",
        "/words/0?q=ab",
        "/words/three",
        "/words/3?q=a&side=up&from=soon&flag=perhaps",
        "/words/3?q=",
        "/words/3?q=a%0Ab",
        "/words/3?q=%FF%FE",
        "/words/3?q=ab&from=",
        "/model",
        "/model?from=2024-03-01&limit=9&word=abc&since=2020-01-01",
        "/model?limit=1&limit=2",
        "/model?limit=10&word=abcd&from=never",
        "/model?word=%0A",
    ],
)
@pytest.mark.parametrize(("direct_by", "solved_by"), [(Direct, APIRoute), (StrictDirect, StrictSolved)])
def test_the_same_answer_either_way(address: str, direct_by: type[APIRoute], solved_by: type[APIRoute]) -> None:
    direct, solved = _client(direct_by).get(address), _client(solved_by).get(address)
    assert (direct.status_code, direct.json()) == (solved.status_code, solved.json())
    if direct_by is StrictDirect and ("unknown=" in address or "since=" in address):
        assert [fault[0] for fault in direct.json()] == ["extra_forbidden"]


def test_what_needs_more_than_words_is_left_to_the_solver() -> None:
    def listed(request: Request, many: Annotated[list[str], Query()]) -> None: ...
    def body(request: Request, content: Annotated[dict[str, str], Body()]) -> None: ...
    def header(request: Request, if_match: Annotated[str, Header()]) -> None: ...
    def depends(request: Request, who: Annotated[str, Depends(lambda: "me")]) -> None: ...
    def without_request(q: str) -> None: ...

    for work in (listed, body, header, depends, without_request):
        assert direct_handler(APIRoute("/", work, methods=["POST"], response_model=None), strict=True) is None, (
            work.__name__
        )
