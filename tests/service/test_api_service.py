"""The REST API beside the catalogue: lists, unknown paths, sizes, health and the log."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.support.hub import Hub
from tests.support.openapi_checks import check_answer

pytestmark = pytest.mark.hub


def test_instance_types_and_pull_secrets(hub: Hub) -> None:
    """The configured instance types in order, and the names of pull secrets."""
    types = hub.images("GET", "instance-types")
    check_answer("GET", "/api/instance-types", types)
    assert [(t["name"], t["type"]) for t in types.json()["items"]] == [
        ("small", "cpu"),
        ("large", "cpu"),
        ("gpu-1", "gpu"),
    ]
    secrets = hub.images("GET", "pull-secrets")
    check_answer("GET", "/api/pull-secrets", secrets)
    assert secrets.json() == {"items": ["lab-registry", "nvidia-ngc"]}


@pytest.mark.parametrize("path", ["", "nothing", "images/", "images/a/b", "openapi.json/x"])
def test_unknown_path(hub: Hub, path: str) -> None:
    """Unknown paths are 404 in JSON."""
    answer = hub.images("GET", path)
    assert answer.status_code == 404
    assert answer.json()["status"] == 404


def test_wrong_method(hub: Hub) -> None:
    """A method that a path does not have is 405 in JSON, and says which it has."""
    answer = hub.images("POST", "instance-types", content="{}")
    assert (answer.status_code, answer.json()["status"]) == (405, 405)
    assert "GET" in answer.headers["Allow"]


def test_oversize_body(hub: Hub) -> None:
    """More than a megabyte is refused and not stored."""
    try:
        answer = hub.images("POST", json={"name": "big", "description": "x" * 2_000_000})
        assert answer.status_code >= 400
    except httpx.TransportError:
        pass  # the connection is closed on it
    assert hub.images("GET", "images/big").status_code == 404


def test_health_and_openapi_need_no_session(hub: Hub) -> None:
    """Both answer everyone."""
    assert hub.client.get(hub.images_url + "health").json() == {"status": "ok"}
    document = hub.images("GET", "openapi.json", token=None).json()
    assert document["openapi"].startswith("3.1")


def test_no_token_in_the_log(hub: Hub) -> None:
    """Tokens are not written down, in headers or queries."""
    token = hub.token("editor")
    hub.images("GET", "images", token=token)
    hub.client.get(f"{hub.images_url}api/images?token={token}")
    # the proxy of the tests writes whole addresses down; it is not ours
    log = hub.log(until="api/images?token=[secret]")
    ours = [line for line in log.splitlines() if not re.search(r",\d{3} tornado", line)]
    assert any("api/images?token=" in line for line in ours)
    assert not any(token in line for line in ours)
