"""Which servers count as running an image."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hub_images.service.running_servers import RunningServer, read_users


def _user(name: str, **servers: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "servers": {key.strip("_"): value for key, value in servers.items()}}


def _server(image: object, identity: object = None, **fields: Any) -> dict[str, Any]:
    options = {"image": image, "hub_images_identity": identity}
    return {"user_options": options, "started": None, **fields}


def test_what_runs_is_found_by_image() -> None:
    """By user and server name; what stands still, ends, or runs no image of ours is left out."""
    users = [
        _user("bob", two=_server("scipy"), _=_server("scipy", started="2026-01-02T03:04:05.6Z")),
        _user("ann", _=_server("scipy", pending="spawn"), other=_server("torch")),
        _user("cem", _=_server("scipy", stopped=True), two=_server("scipy", pending="stop")),
        _user("dan", _=_server(["scipy"]), two={"user_options": None}, three={}),
        {"name": "eve", "servers": None},
    ]
    found = read_users(users).of("scipy")
    assert [server.key for server in found] == ["ann/", "bob/", "bob/two"]
    assert found[1].started == datetime(2026, 1, 2, 3, 4, 5, 600_000, tzinfo=UTC)
    assert [server.shown for server in found[1:]] == ["bob’s server", "bob’s server two"]
    assert read_users(users).of("absent") == []


@pytest.mark.parametrize(
    ("saved", "image", "counts"),
    [("a", "a", True), ("a", "b", False), (None, "b", True), ("a", None, True), (7, "b", True)],
)
def test_an_image_that_had_the_name_before_is_another(
    saved: object, image: str | None, counts: bool
) -> None:
    """Where both identities are known they decide; otherwise the name does."""
    running = read_users([_user("ann", _=_server("scipy", saved))])
    assert bool(running.of("scipy", image)) is counts
    assert not RunningServer("ann", "", "torch", "a").runs("scipy", "a")
