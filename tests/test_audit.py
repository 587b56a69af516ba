"""The audit fails where it should, and never looks clean where nobody was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import audit
import pytest


@contextmanager
def service(vulnerable: dict[str, list[str]]) -> Iterator[tuple[str, ...]]:
    """Stand in for OSV: answers with those vulnerabilities, by package; give how to ask it."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Answer https://google.github.io/osv.dev/post-v1-query/."""
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            ids = vulnerable.get(asked["package"]["name"], [])
            affected = [{"package": asked["package"], "ranges": [], "versions": []}]
            found = [{"id": i, "summary": "x", "affected": affected} for i in ids]
            body = json.dumps({"vulns": found} if found else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield "-s", "osv", "--osv-url", f"http://127.0.0.1:{server.server_address[1]}/v1/query"
    finally:
        server.shutdown()
        server.server_close()


CANARY = {"jinja2": ["PYSEC-0"]}
PINS = ["tornado==6.6", "traitlets==5.14"]


def test_what_is_audited() -> None:
    """What a hub needs to run hub-images, with what that needs; no tool of developers."""
    names = {pin.partition("==")[0] for pin in audit.needed()}
    assert {"jupyterhub", "tornado", "sqlalchemy", "psycopg2-binary", "kubernetes-asyncio"} <= names
    assert {"markupsafe", "cryptography", "cffi"} <= names  # of what is needed by those
    assert not {"pytest", "ruff", "schemathesis", "jupyterlab", "hub-images", "pip-audit"} & names


def test_a_finding_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """Unless it is ignored with a reason."""
    with service(CANARY) as asking:
        assert audit.main(PINS, [asking]) == 0
    with service({**CANARY, "tornado": ["PYSEC-1"]}) as asking:
        assert audit.main(PINS, [asking]) == 1
    said = capsys.readouterr()
    assert "tornado" in said.err
    assert "PYSEC-1" in said.err


def test_an_ignored_finding_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its reason; it does not fail, and another one still does."""
    monkeypatch.setitem(audit.IGNORED, "PYSEC-1", "no code of ours comes there")
    assert audit.report({"tornado 1": ["PYSEC-1"]}, 1, "x") == 0
    assert "PYSEC-1 is ignored: no code of ours comes there" in capsys.readouterr().out
    assert audit.report({"tornado 1": ["PYSEC-1", "PYSEC-2"]}, 1, "x") == 1


def test_nobody_to_ask_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """A service that is not there, or that knows no vulnerability of any release."""
    with service({}) as knows_nothing:
        gone = ("-s", "osv", "--osv-url", "http://127.0.0.1:9/v1/query")
        assert audit.main(PINS, [gone, knows_nothing]) == 0
    said = capsys.readouterr().out
    assert "NOT AUDITED" in said
    assert "packages audited" not in said


def test_every_ignored_finding_has_its_reason() -> None:
    """A list without reasons only grows."""
    assert all(len(reason.split()) > 3 for reason in audit.IGNORED.values())
