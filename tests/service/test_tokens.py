"""Tokens that may keep images and nothing else, made as README and docs/rest-api.md say."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

import httpx
import pytest

from tests.support.hub import Hub
from tests.support.hub_config import ROOT

pytestmark = pytest.mark.hub

EXTRA = """
c.Authenticator.allowed_users = {"maria", "paul", "editor"}
c.Authenticator.admin_users = {"maria"}
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub whose configuration names Maria as an admin; Paul becomes one later."""
    with Hub(tmp_path_factory.mktemp("tokens"), extra=EXTRA) as running:
        body, token = '{"admin": true}', running.token("maria")
        assert running.api("PATCH", "users/paul", content=body, token=token).is_success
        yield running


def _curl(command: str, hub: Hub, **variables: str) -> httpx.Response:
    """Send what a curl command of the documents sends, to this hub."""
    for name, value in variables.items():
        command = command.replace(f"${name}", value)
    command = command.replace("https://hub.example.org/", hub.url).replace("\\\n", " ")
    method, headers, body, url = "GET", {}, None, ""
    words = iter(shlex.split(command)[1:])
    for word in words:
        if word == "-X":
            method = next(words)
        elif word == "-H":
            name, _colon, value = next(words).partition(": ")
            headers[name] = value
        elif word == "-d":
            body = next(words)
        else:
            url = word
    return httpx.request(method, url, headers=headers, content=body, timeout=30)


def _commands(document: str) -> list[str]:
    blocks = re.findall(r"```\n(curl .*?)```", (ROOT / document).read_text(), re.DOTALL)
    return [block.strip() for block in blocks]


@pytest.mark.parametrize("document", ["README.md", "docs/rest-api.md"])
def test_the_documents_commands_work(hub: Hub, document: str) -> None:
    """Word by word: Maria makes the token, and the other commands of the page use it."""
    commands = _commands(document)
    (making,) = (command for command in commands if "/tokens" in command)
    answer = _curl(making, hub, ADMIN_TOKEN=hub.token("maria"))
    assert answer.status_code == 201, answer.text
    scopes = set(answer.json()["scopes"])
    assert "custom:hub-images:write" in scopes
    own = ("custom:hub-images:", "access:services!service=images", "read:users:")
    assert not {scope for scope in scopes if not scope.startswith(own)}
    others = [command for command in commands if command != making]
    assert others
    for command in others:
        used = _curl(command, hub, TOKEN=answer.json()["token"])
        assert used.is_success, f"{command}: {used.text}"


@pytest.mark.parametrize(
    ("user", "status"),
    [("maria", 201), ("editor", 201), ("paul", 403)],
)
def test_who_can_make_one(hub: Hub, user: str, status: int) -> None:
    """Users in `admin_users` and members of `admin_groups`; other hub admins cannot."""
    body = json.dumps({"scopes": ["custom:hub-images:write"]})
    answer = hub.api("POST", f"users/{user}/tokens", content=body, token=hub.token(user))
    if status == 201:
        assert answer.status_code == 201, answer.text
        token = answer.json()["token"]
        assert hub.images("POST", json={"name": f"by-{user}"}, token=token).status_code == 201
        assert hub.api("GET", "users", token=token).status_code == 403
    else:
        assert answer.status_code in (400, 403)


def test_other_hub_admins_still_keep_images(hub: Hub) -> None:
    """With a token that holds all they may, or in the browser."""
    assert hub.images("POST", json={"name": "by-paul-all"}, token=hub.token("paul")).is_success
    client, _xsrf = hub.session("paul")
    assert "Add" in client.get("services/images/").text
