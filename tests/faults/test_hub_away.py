"""The hub's API slow or away: the service's pages still list and edit, and say "unknown"."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from bs4 import BeautifulSoup

from hub_images.service.hub_client import TIMEOUT_SECONDS
from hub_images.service.web.identity import HUB_SECONDS
from tests.support.hub import Hub
from tests.support.hub_config import ADMIN_TOKEN
from tests.support.markup import element
from tests.support.services import Service, Services
from tests.support.visitor import text


class _Slow(BaseHTTPRequestHandler):
    """A stand-in between service and hub: it says who asks, and about anything else nothing.

    The hub itself cannot be made slow in one half of its API.
    """

    hub_api_url = ""
    trouble = "silent"

    def do_GET(self) -> None:
        """Pass on who asks; hang, fail or talk nonsense about the rest."""
        if self.path.endswith("/user"):
            headers = {"Authorization": self.headers["Authorization"]}
            answer = httpx.get(f"{self.hub_api_url}/user", headers=headers)
            self._answer(answer.status_code, answer.content)
        elif self.trouble == "silent":
            time.sleep(TIMEOUT_SECONDS + 3)
        elif self.trouble == "failing":
            self._answer(500, b'{"status": 500, "message": "The hub is unwell"}')
        elif self.trouble == "another shape":
            self._answer(200, b'{"items": [1], "_pagination": null}')
        else:
            self._answer(200, b"<html>A page of a proxy in between</html>")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Stay quiet."""


@pytest.fixture(scope="module")
def service(hub: Hub, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Run a service behind the stand-in."""
    folder = tmp_path_factory.mktemp("away")
    _Slow.hub_api_url = f"http://127.0.0.1:{hub.hub_port}/hub/api"
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Services(hub, folder) as services:
        url = f"sqlite:///{folder / 'images.sqlite'}"
        api = f"http://127.0.0.1:{server.server_address[1]}/hub/api"
        running = services.start(url, hub_api_url=api)
        body = {"name": "kept", "url": "a/b:1", "groups": ["data-science"]}
        assert running.api("POST", json=body).status_code == 201
        yield running
    server.shutdown()


@pytest.mark.parametrize("trouble", ["silent", "failing", "nonsense", "another shape"])
def test_pages_say_what_is_not_known(
    service: Service, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages open in bounded time; figures are unknown, stored groups stay chosen."""
    monkeypatch.setattr(_Slow, "trouble", trouble)
    time.sleep(2.1)  # what was asked for is kept that long
    began = time.monotonic()
    row = element(_page(service, ""), "tbody tr")
    assert "unknown" in row.get_text(" ")
    form = _page(service, "edit/kept")
    assert "Could not read the hub’s groups." in form.get_text(" ")
    chosen = element(form, "input[name=groups][value=data-science]")
    assert chosen.has_attr("checked")
    question = element(_page(service, "?confirm=kept"), "#delete-usage")
    assert "Could not find out whether" in question.get_text()
    usage = json.loads(_get(service, "usage?names=kept").text)
    assert usage["servers"] == {"kept": None}
    running = _get(service, "running/kept", 503)
    assert "Could not ask the hub which servers are running." in running.text
    image = _page(service, "image/kept")
    assert text(image, "#audience") == (
        "✓ Offered Members of data-science are offered it with Default. "
        "Could not ask the hub how many people that is."
    )
    assert text(image, ".hub-images-groups li") == "data-science members unknown"
    assert text(image, "#servers") == "Could not ask the hub which servers run it."
    assert time.monotonic() - began < 6 * (TIMEOUT_SECONDS + 3)
    answer = service.api("PATCH", "images/kept", json={"description": trouble})
    assert answer.status_code == 200
    assert answer.json()["groups"] == ["data-science"]


def _get(service: Service, path: str, status: int = 200) -> httpx.Response:
    headers = {"Authorization": f"token {ADMIN_TOKEN}"}
    answer = httpx.get(f"{service.url}{path}", headers=headers, timeout=60)
    assert answer.status_code == status
    return answer


def _page(service: Service, path: str) -> BeautifulSoup:
    return BeautifulSoup(_get(service, path).text, "html.parser")


def test_a_hub_that_is_gone_lets_nobody_in(
    hub: Hub, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Nobody can be known then: no access but a sentence, and health as before."""
    folder = tmp_path_factory.mktemp("gone")
    with Services(hub, folder) as services:
        service = services.start(
            f"sqlite:///{folder / 'images.sqlite'}", hub_api_url="http://127.0.0.1:9/hub/api"
        )
        answer = service.api("GET")
        assert answer.status_code == 503
        assert "The hub does not answer" in answer.json()["message"]
        assert service.health() == 200


def test_a_hub_that_hangs_is_not_waited_for(
    hub: Hub, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Who asks gets a sentence in bounded time; afterwards everything is as before."""
    folder = tmp_path_factory.mktemp("hung")
    with Services(hub, folder) as services:
        service = services.start(f"sqlite:///{folder / 'images.sqlite'}")
        os.kill(hub.pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            answer = service.api("GET")
            assert time.monotonic() - began < HUB_SECONDS + 5
            assert answer.status_code == 503
            assert "The hub does not answer" in answer.json()["message"]
        finally:
            os.kill(hub.pid, signal.SIGCONT)
        assert service.api("GET").status_code == 200
