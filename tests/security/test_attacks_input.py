"""Attacks by what is sent: odd JSON, NUL, names that look like paths, line breaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.attacks import AttackedHub, explained
from tests.support.database_fixtures import KINDS
from tests.support.databases import missing_reason
from tests.support.hub_config import ADMIN_TOKEN
from tests.support.requirements import require
from tests.support.visitor import Visitor

AUTHORIZED = {"Authorization": f"token {ADMIN_TOKEN}"}


@pytest.fixture(scope="module")
def hubs(
    tmp_path_factory: pytest.TempPathFactory, database_servers: dict[str, Any]
) -> Iterator[dict[str, AttackedHub]]:
    """Hold a hub over each kind of database; each is started when it is first asked for."""
    with ExitStack() as stack:

        class Started(dict[str, AttackedHub]):
            def __missing__(self, kind: str) -> AttackedHub:
                folder: Path = tmp_path_factory.mktemp(kind)
                url = None if kind == "sqlite" else database_servers[kind].create_database()
                self[kind] = stack.enter_context(AttackedHub(folder, db_url=url))
                self[kind].add_image("there")
                return self[kind]

        yield Started()


@pytest.fixture(scope="module")
def hub(hubs: dict[str, AttackedHub]) -> AttackedHub:
    """Give the hub over SQLite."""
    return hubs["sqlite"]


@pytest.fixture(scope="module", params=KINDS)
def each(request: pytest.FixtureRequest, hubs: dict[str, AttackedHub]) -> AttackedHub:
    """Give the hub over each database in turn."""
    if request.param != "sqlite":
        require(missing_reason(request.param))
    return hubs[request.param]


TEXTS = ("name", "display_name", "description", "type", "url", "gpu_url", "pull_secret")


@pytest.mark.parametrize("text", ["\0", "a\0b", "a\x01b", "\ud800", "a\udfff"])
def test_text_that_cannot_be_stored(each: AttackedHub, text: str) -> None:
    """NUL, other control characters and half a surrogate are 422 in every field, everywhere."""
    for field in (*TEXTS, "groups"):
        sent = {"name": "new", field: [text] if field == "groups" else text}
        for method, path in (
            ("POST", "images"),
            ("PATCH", "images/there"),
            ("PUT", "images/there"),
        ):
            explained(each.images(method, path, content=json.dumps(sent)), 422)
    assert each.images("GET", "images?limit=200").json()["_pagination"]["total"] == 1


@pytest.mark.parametrize("name", ["%00", "a%00b", "there%00", "%01", "%0d%0aX: y", "%ef%bf%bf"])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_names_that_no_database_can_look_up(each: AttackedHub, method: str, name: str) -> None:
    """They are 404 like any other name that is not there, on every database."""
    rest = {"content": "{}"} if method in ("PUT", "PATCH") else {}
    explained(each.images(method, f"images/{name}", **rest), 404)


def test_pages_with_nul(each: AttackedHub) -> None:
    """Addresses and forms of the pages too."""
    admin = Visitor.sign_in(each, "admin")
    for path in ("?search=%00", "?group=%00a", "?confirm=%00", "usage?names=%00"):
        assert admin.client.get(f"services/images/{path}").status_code == 200, path
    for path in ("edit/%00", "edit/there%00"):
        admin.get(path, 404)
    admin.post("delete/%00", 404)
    admin.post("bulk", 303, names=["a\0b"], action="disable")
    fields = dict.fromkeys((*TEXTS, "groups"), "x\0y")
    admin.post("new", 422, **fields, use_pull_secret="on", gpu_url_differs="on")
    admin.post("edit/there", 422, **fields, version="1")
    for parameter in ("search", "group", "type", "sort", "limit"):
        explained(each.images("GET", f"images?{parameter}=a%00"), 422)
    admin.client.close()


def test_any_other_unicode_is_kept(each: AttackedHub) -> None:
    """What is text comes back as it was sent, whatever a database makes of it elsewhere."""
    texts = ["🙂 \U0010ffff", "\u202eabc", "a\u0301", "'; DROP TABLE x; --", "\\", "%s %(x)s {0}"]
    try:
        for text in texts:
            sent = {"display_name": text, "description": text, "groups": [text]}
            answer = each.images("PATCH", "images/there", json=sent)
            assert answer.status_code == 200, answer.text
            image = each.images("GET", "images/there").json()
            assert {key: image[key] for key in sent} == sent
            query = {"search": text, "group": text}
            found = each.client.get(
                f"{each.images_url}api/images", params=query, headers=AUTHORIZED
            ).json()
            assert [image["name"] for image in found["items"]] == ["there"]
    finally:
        each.images("PATCH", "images/there", json={"display_name": "", "groups": []})


TRICKS = [
    "..", "%2e%2e", "..%2f", "%2f", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%5c", "%5c", "a;b",
    "a%3bb", ".", "%252e%252e", "there%2f..%2fthere", "there;", "there%20", "%20there", "There",
    "there.", "there%0a", "there%23", "there%3f", "*", "%25", "_here", "x" * 300, "x" * 6000,
    "%c0%ae%c0%ae",     "%ff", "ｔhere", "there%e2%80%8b",
]  # fmt: skip


@pytest.mark.parametrize("name", TRICKS)
def test_names_that_look_like_paths(hub: AttackedHub, name: str) -> None:
    """Sent to the service as they are, they name no image, no file and no other address."""
    for path in (f"api/images/{name}", f"edit/{name}", f"delete/{name}", f"static/{name}"):
        for method in ("GET", "DELETE", "POST"):
            target = f"/services/images/{path}"
            answer = hub.send(
                f"{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                f"Authorization: token {ADMIN_TOKEN}\r\nContent-Length: 0\r\n\r\n".encode()
            )
            status = int(answer.split(b" ")[1])
            # 405: `delete/x` by GET, and files by POST; 422: a form without fields
            assert status in (400, 403, 404, 405), f"{method} {path}: {status}"
            assert b"root:" not in answer
    assert hub.images("GET", "images/there").status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"name": "a", "name": "b"}', 400),
        ('{"name": "a", "groups": [], "groups": ["x"]}', 400),
        ('{"name": "a", "x": {"y": 1, "y": 2}}', 400),
        ('{"name": "a", "version": ' + "9" * 5000 + "}", 400),
        ('{"name": "a", "display_name": ' + "9" * 4000 + "}", 422),
        ('{"name": "a", "display_name": 1e999}', 422),
        ('{"name": "a", "enabled": -0.0}', 422),
        ('{"name": "a", "description": -Infinity}', 400),
        ('{"name": ' + "[" * 900 + "]" * 900 + "}", 422),
        ('{"name": ' + '{"a":' * 900 + "1" + "}" * 900 + "}", 422),
        ('{"name": ' + "[" * 200_000 + "]" * 200_000 + "}", 400),
        ('{"name": "a", "groups": ' + '[["x"],' * 5000 + "[]" + "]" * 5000 + "}", 400),
        (json.dumps({"name": "a", **{f"k{n}": n for n in range(20_000)}}), 422),
        (json.dumps({"name": "a", "groups": [f"g{n}" for n in range(1001)]}), 422),
        (json.dumps({"name": "a", "": 1}), 422),
        (b'{"name": "\xff\xfe"}', 400),
        (b'\xed\xa0\x80', 400),
        (b'{"name": "a"}\0', 400),
        (b"\x80\x04\x95", 400),
        ('{"name": "a", "\\ud800": 1}', 422),
        ('{"name": "a", "__proto__": {}, "__class__": "x"}', 422),
    ],
)  # fmt: skip
def test_odd_json(hub: AttackedHub, body: str | bytes, status: int) -> None:
    """Refused with a sentence, and nothing is stored."""
    before = hub.images("GET").json()
    for method, path in (("POST", "images"), ("PUT", "images/there"), ("PATCH", "images/there")):
        explained(hub.images(method, path, content=body), status)
    assert hub.images("GET").json() == before


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x",
     "text/plain", "application/xml", "nonsense", ""],
)  # fmt: skip
def test_bodies_that_are_no_json(hub: AttackedHub, content_type: str) -> None:
    """Whatever they are said to be, they are 400, and to the pages at worst 422."""
    headers = {"Content-Type": content_type} if content_type else {}
    for body in (
        b"%%%=&&&%ff",
        b"--x\r\n\r\n--x--",
        b"<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///'>]>",
    ):
        answer = hub.images("POST", content=body, headers=headers)
        assert answer.status_code == 400, answer.text
        answer = httpx.post(f"{hub.direct_url}new", content=body, headers={**AUTHORIZED, **headers})
        assert answer.status_code in (400, 422), answer.text


EVIL_LINE = "\r\nX-Evil: 1\r\nSet-Cookie: evil=1\r\n\r\n<script>"


def test_nothing_that_is_sent_becomes_a_header(hub: AttackedHub) -> None:
    """Line breaks in If-Match, names, queries and what comes back in Location and cookies."""
    admin = Visitor.sign_in(hub, "admin")
    encoded = EVIL_LINE.replace("\r\n", "%0d%0a").replace(" ", "%20")
    pages = [
        admin.client.get(f"services/images/{path}{encoded}", follow_redirects=False)
        for path in ("?search=", "?confirm=", "edit/", "static/", "nothing/", "usage?names=")
    ]
    hub.add_image("shown", display_name="Shown; Set-Cookie: evil=1", url="a/b:1")
    pages.append(
        admin.client.post(
            f"services/images/delete/shown?search={encoded}&sort={encoded}",
            data={"_xsrf": admin.xsrf},
            follow_redirects=False,
        )
    )
    assert pages[-1].status_code == 303
    pages.append(
        admin.client.post(
            "services/images/new",
            data={"_xsrf": admin.xsrf, "name": EVIL_LINE, "display_name": EVIL_LINE},
        )
    )
    pages.append(hub.client.get(f"{hub.images_url.rstrip('/')}?x={encoded}"))
    pages.append(hub.images("GET", f"images?search={encoded}&limit=1"))
    pages.append(hub.images("POST", json={"name": EVIL_LINE}))
    for answer in pages:
        assert "X-Evil" not in answer.headers, answer.url
        assert "evil=1" not in answer.headers.get("Set-Cookie", "").replace("%", ""), answer.url
    for line in ('"1"\rX-Evil: 1', '"1"\nX-Evil: 1', '"' + "9" * 5000 + '"', "\x7f", "ÿ"):
        head = (
            f"DELETE /services/images/api/images/there HTTP/1.1\r\nHost: x\r\nIf-Match: {line}\r\n"
        )
        head += f"Connection: close\r\nAuthorization: token {ADMIN_TOKEN}\r\n\r\n"
        received = hub.send(head.encode("latin1"))
        assert received[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 412"), received[:100]
    assert hub.images("GET", "images/there").status_code == 200
    admin.client.close()
