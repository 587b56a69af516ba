"""The log's line of a request: the hub's line, and no secret in it."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub.log import log_request as hub_log_request
from tornado.httputil import HTTPConnection, HTTPHeaders, HTTPServerRequest, RequestStartLine
from tornado.web import Application, HTTPError, RequestHandler, StaticFileHandler

from hub_images.service.web.request_line import hide_in_address, hide_in_headers, log_request

pytestmark = pytest.mark.hub

SECRET = "s3cr3t"


class Page(RequestHandler):
    """Answers nothing; its caller is what the test says."""

    user: Any = None

    def get_current_user(self) -> Any:
        """Return the caller, or raise as HubAuthenticated does."""
        if isinstance(self.user, Exception):
            raise self.user
        return self.user


class File(StaticFileHandler):
    """A static file."""

    def initialize(self) -> None:  # type: ignore[override]
        """Need no folder."""


def _answered(
    kind: type[RequestHandler],
    status: int,
    *,
    uri: str = "/x",
    seconds: float = 0.0125,
    user: Any = None,
    location: str | None = None,
) -> RequestHandler:
    connection = HTTPConnection()
    connection.context = SimpleNamespace(remote_ip="192.0.2.7", protocol="http")  # type: ignore[attr-defined]
    connection.set_close_callback = lambda _callback: None  # type: ignore[attr-defined]
    headers = HTTPHeaders(
        {"Host": "hub", "Authorization": f"token {SECRET}", "Cookie": f"a={SECRET}; b=c"}
    )
    line = RequestStartLine("GET", uri, "HTTP/1.1")
    request = HTTPServerRequest(headers=headers, connection=connection, start_line=line)
    request.request_time = lambda: seconds  # type: ignore[method-assign]
    handler = kind(Application(), request)
    handler.set_status(status)
    if isinstance(handler, Page):
        handler.user = user
    if location:
        handler.set_header("Location", location)
    return handler


def _lines(caplog: pytest.LogCaptureFixture) -> list[tuple[int, str]]:
    lines = [(record.levelno, record.getMessage()) for record in caplog.records]
    caplog.clear()
    return lines


@pytest.mark.parametrize(
    "answer",
    [
        {"kind": Page, "status": 200},
        {"kind": Page, "status": 200, "uri": f"/x?a=1&token={SECRET}&b=%20&c"},
        {"kind": Page, "status": 200, "user": {"name": "ada"}},
        {"kind": Page, "status": 200, "user": HTTPError(500)},
        {"kind": Page, "status": 302, "location": f"/oauth?state={SECRET}&client_id=x"},
        {"kind": Page, "status": 303, "location": "/x"},
        {"kind": Page, "status": 304},
        {"kind": Page, "status": 304, "seconds": 1.5},
        {"kind": File, "status": 200},
        {"kind": File, "status": 200, "seconds": 1.5},
        {"kind": File, "status": 404},
        {"kind": Page, "status": 403, "uri": f"/x?code={SECRET}&_xsrf={SECRET}"},
        {"kind": Page, "status": 500, "user": {"name": "ada"}},
        {"kind": Page, "status": 503},
    ],
    ids=str,
)
def test_the_line_is_the_hub_s(answer: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads the hub's log reads ours: the same words, the same levels."""
    caplog.set_level(logging.DEBUG, "tornado.access")
    handler = _answered(**answer)
    hub_log_request(handler)
    theirs = _lines(caplog)
    log_request(handler)
    assert _lines(caplog) == theirs
    assert SECRET not in str(theirs)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/x", "/x"),
        ("/x?", "/x?"),
        ("/x?token", "/x?token"),
        ("//[x?auth=1", "//[x?auth=[secret]"),
        ("/x?%74oken=1&to%6Ben=2", "/x?%74oken=[secret]&to%6Ben=[secret]"),
        ("/x?a=b?token=1", "/x?a=b?token=1"),
        ("/x?api_key=1=2&&d=e#f", "/x?api_key=[secret]&&d=e#f"),
    ],
)
def test_addresses_hide_secrets(address: str, shown: str) -> None:
    """However a client writes a parameter, and whatever else it sends."""
    assert hide_in_address(address) == shown


@pytest.mark.parametrize(
    ("headers", "shown"),
    [
        ({"Authorization": "Bearer x"}, {"Authorization": "Bearer [secret]"}),
        ({"Authorization": SECRET}, {"Authorization": " [secret]"}),
        ({"Cookie": f"a={SECRET}; b=1"}, {"Cookie": "a=[secret]; b=[secret]"}),
        ({"Cookie": f"a/{SECRET}=1; b={SECRET}"}, {"Cookie": "[secret]"}),
        ({"Accept": "*/*"}, {"Accept": "*/*"}),
    ],
)
def test_headers_hide_secrets(headers: dict[str, str], shown: dict[str, str]) -> None:
    """Those of a request that failed are logged, without what they prove."""
    assert hide_in_headers(headers) == shown
