"""A catalogue that can only be read, as the REST API shows it."""

from __future__ import annotations

from collections.abc import Callable

import httpx


def expect_read_only(api: Callable[..., httpx.Response], name: str) -> None:
    """Try each way to change a catalogue with the image `name`, and see a sentence each time.

    `api` takes a method, a path below `api/`, and `json`; see `Hub.images` and `Service.api`.
    """
    for answer in (
        api("POST", "images", json={"name": "new", "url": "a/b:1"}),
        api("PATCH", f"images/{name}", json={"description": "new"}),
        api("DELETE", f"images/{name}"),
    ):
        assert answer.status_code == 503, answer.text
        assert "is read-only at the moment" in answer.json()["message"]
    assert api("GET", f"images/{name}").json()["version"] == 1
