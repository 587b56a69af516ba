"""Attacks by how it is sent: bodies without end, requests that are none, slow clients."""

from __future__ import annotations

import httpx
import pytest

from hub_images.service.web.application import MAX_BODY_BYTES, MAX_DISCARDED_BYTES
from tests.support.attacks import AttackedHub, explained, read_all
from tests.support.hub_config import ADMIN_TOKEN

AUTHORIZED = {"Authorization": f"token {ADMIN_TOKEN}"}
SLOW_CLIENTS = 200


@pytest.mark.parametrize("size", [MAX_BODY_BYTES + 1, 8 * MAX_BODY_BYTES])
@pytest.mark.parametrize("path", ["api/images", "new", "edit/there", "bulk", "nothing", "health"])
def test_an_oversize_body_is_refused_with_a_sentence(
    hub: AttackedHub, path: str, size: int
) -> None:
    """413, whoever sends it, through the proxy's back and not read into memory."""
    for headers in (AUTHORIZED, {}):
        answer = httpx.post(hub.direct_url + path, content=b"x" * size, headers=headers)
        explained(answer, 413)
        assert f"{MAX_BODY_BYTES:,} bytes" in answer.json()["message"]
    assert hub.images("GET").json()["_pagination"]["total"] == 1


def test_a_form_without_scripts_may_tick_every_group(hub: AttackedHub) -> None:
    """A field for each of a thousand groups is more than Tornado takes by itself."""
    client, xsrf = hub.session("admin")
    groups = [f"g-{number}" for number in range(1000)]
    form = {"_xsrf": xsrf, "version": "1", "type": "cpu", "groups": groups}
    answer = client.post(f"{hub.direct_url}edit/there", data=form, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    assert hub.images("GET", "images/there").json()["groups"] == groups
    client.close()


def test_the_largest_body_is_read(hub: AttackedHub) -> None:
    """A body of the limit itself gets as far as its fields."""
    start = '{"name": "big", "description": "'
    body = start + "x" * (MAX_BODY_BYTES - len(start) - 2) + '"}'
    answer = httpx.post(f"{hub.direct_url}api/images", content=body, headers=AUTHORIZED)
    explained(answer, 422)
    assert answer.json()["errors"] == {"description": ["Use at most 2,000 characters."]}


def _post_head(*lines: str) -> bytes:
    own = (
        "POST /services/images/api/images HTTP/1.1",
        "Host: x",
        f"Authorization: token {ADMIN_TOKEN}",
    )
    return "\r\n".join([*own, *lines, "", ""]).encode()


@pytest.mark.parametrize(
    "request_bytes",
    [
        _post_head(f"Content-Length: {MAX_DISCARDED_BYTES + 1}"),
        _post_head("Content-Length: " + "9" * 30),
        _post_head("Content-Length: -1"),
        _post_head("Content-Length: 1, 2"),
        _post_head("Transfer-Encoding: chunked", "Content-Length: 5") + b"0\r\n\r\n",
        _post_head("Transfer-Encoding: chunked") + b"fffffff\r\n" + b"x" * 100,
        _post_head("Transfer-Encoding: nonsense"),
        _post_head("X-Big: " + "x" * 70_000),
        b"GET /services/images/api/images" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00" * 20 + b"\r\n\r\n",
    ],
)  # fmt: skip
def test_what_is_no_request_ends_its_connection(hub: AttackedHub, request_bytes: bytes) -> None:
    """Lengths that lie, two lengths, headers without end: closed, never 200 and never 500."""
    answer = hub.send(request_bytes)
    assert answer[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 413"), answer[:200]
    assert hub.images("GET").json()["_pagination"]["total"] == 1


def test_slow_clients_hold_nobody_up(hub: AttackedHub) -> None:
    """Many who never end their headers or their body leave the others their answers."""
    half_head = b"GET /services/images/api/images HTTP/1.1\r\nHost: x\r\nX-Slow: "
    half_body = _post_head("Content-Length: 100000") + b'{"name": "slow'
    slow = []
    try:
        for number in range(SLOW_CLIENTS):
            connection = hub.connect()
            slow.append(connection)
            connection.sendall(half_body if number % 2 else half_head)
        for _round in range(5):
            for connection in slow:
                connection.sendall(b"x")
            assert hub.images("GET", "images/there").status_code == 200
            assert hub.client.get(f"{hub.direct_url}health", timeout=20).status_code == 200
        # and one of them, at the end of its patience, is answered like anybody else
        slow[0].sendall(b"\r\nConnection: close\r\n\r\n")
        assert read_all(slow[0]).startswith(b"HTTP/1.1 403")
    finally:
        for connection in slow:
            connection.close()
