"""How an error becomes an answer and a line in the log."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tornado.httpclient import AsyncHTTPClient, HTTPResponse
from tornado.web import Application, HTTPError

from hub_images.catalogue.fields import InvalidFields
from hub_images.scopes import WRITE, PermissionMissing
from hub_images.service.web.answers import AnsweringHandler
from hub_images.store.database import DatabaseUnavailable
from hub_images.store.images import ImageExists, ImageNotFound, VersionConflict
from tests.support.processes import free_port

ERRORS: dict[str, tuple[Exception, int, str]] = {
    "permission": (PermissionMissing(WRITE), 403, f"You need the permission {WRITE} for this."),
    "absent": (ImageNotFound("a"), 404, "There is no image named a."),
    "taken": (ImageExists("a"), 409, "There is already an image named a."),
    "stale": (VersionConflict("a", 2), 412, "a has changed in the meantime"),
    "invalid": (InvalidFields({"url": ["No."]}), 422, "Some fields need correcting."),
    "away": (DatabaseUnavailable("Away."), 503, "Away."),
    "sender": (HTTPError(400, "Bad %s", "luck"), 400, "Bad %s"),
    "hub": (HTTPError(502, "secret words"), 502, "The hub does not answer"),
    "bug": (RuntimeError("secret words"), 500, "Something went wrong;"),
}


class Failing(AnsweringHandler):
    """Raises what its address names."""

    def get(self, name: str) -> None:
        """Fail."""
        raise ERRORS[name][0]


@pytest_asyncio.fixture
async def url() -> AsyncIterator[str]:
    """Serve the handler above on loopback."""
    port = free_port()
    application = Application([("/(.*)", Failing)], log_function=lambda _handler: None)
    server = application.listen(port, "127.0.0.1")
    yield f"http://127.0.0.1:{port}/"
    server.stop()


async def _ask(url: str, method: str = "GET") -> HTTPResponse:
    return await AsyncHTTPClient().fetch(url, method=method, raise_error=False)


@pytest.mark.parametrize("name", ERRORS)
async def test_each_error_has_its_status_and_sentence(url: str, name: str) -> None:
    """The sender learns what is theirs to know, and no more."""
    _error, status, sentence = ERRORS[name]
    answer = await _ask(url + name)
    assert answer.code == status
    assert answer.body.decode().startswith(sentence)
    assert "secret words" not in answer.body.decode()


async def test_an_address_lists_its_methods(url: str) -> None:
    """405 with a sentence, and with the methods that there are."""
    answer = await _ask(url + "absent", "DELETE")
    assert answer.code == 405
    assert answer.headers["Allow"] == "GET"
    assert "does not accept that request" in answer.body.decode()


async def test_a_fault_of_ours_is_logged_without_the_address(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """With its traceback; the query of a login's callback opens the door."""
    await _ask(url + "bug?code=the-code-of-a-login")
    assert "Uncaught exception in Failing" in caplog.text
    assert "RuntimeError: secret words" in caplog.text
    assert "the-code-of-a-login" not in caplog.text
