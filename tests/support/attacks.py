"""What the tests that attack a hub share: the service's own port, and bytes as they are."""

from __future__ import annotations

import base64
import socket
from pathlib import Path
from typing import Any

import httpx

from hub_images.service.web.identity import session_key
from tests.support.hub import Hub
from tests.support.processes import descendants, free_port


class AttackedHub(Hub):
    """A hub whose service can be reached directly, past the proxy and what that refuses."""

    def __init__(self, folder: Path, *, extra: str = "", **rest: Any) -> None:
        """Prepare with a fixed port for the service."""
        self.service_port = free_port()
        self.direct_url = f"http://127.0.0.1:{self.service_port}/services/images/"
        address = f'c.HubImages.service_url = "http://127.0.0.1:{self.service_port}"\n'
        super().__init__(folder, extra=address + extra, **rest)

    def connect(self) -> socket.socket:
        """Open a connection to the service itself."""
        return socket.create_connection(("127.0.0.1", self.service_port), timeout=20)

    def send(self, *parts: bytes) -> bytes:
        """Send bytes to the service itself, and return all that it answers."""
        with self.connect() as connection:
            for part in parts:
                connection.sendall(part)
            return read_all(connection)

    def service_log(self, until: str = "") -> str:
        """Return the log without what the tests' proxy writes, whole addresses among it.

        Waits for the words `until` as `Hub.log` does: the proxy has written a line about a
        request before the service writes its own.
        """
        return self.log(until, _not_the_proxys)

    def service_token(self) -> str:
        """Return the service's own API token, from which it derives the keys of its cookies."""
        for process in descendants(self.pid):
            lines = Path(f"/proc/{process}/environ").read_bytes().decode().split("\0")
            found = dict(line.split("=", 1) for line in lines if "=" in line)
            if "JUPYTERHUB_SERVICE_PREFIX" in found:
                return found["JUPYTERHUB_API_TOKEN"]
        raise AssertionError("the service is not running")

    def session_token(self, client: httpx.Client) -> str:
        """Return the hub's token that a client's session stands for, as the service reads it."""
        encrypted = base64.b64decode(session_cookie(client).split("|")[-2].partition(":")[2])
        return session_key(self.service_token()).decrypt(encrypted).decode()


def session_cookie(client: httpx.Client) -> str:
    """Return the cookie of a client's session with the service."""
    found = client.cookies.get("service-images", path="/services/images/")
    assert found
    return found


def _not_the_proxys(line: str) -> bool:
    # ",123 tornado": the proxy's way to write the time
    return not line[:40].partition(",")[2][3:].startswith(" tornado")


def read_all(connection: socket.socket) -> bytes:
    """Return what comes until the other side closes."""
    answer = b""
    while chunk := connection.recv(65536):
        answer += chunk
    return answer


def explained(answer: httpx.Response, *statuses: int) -> None:
    """Fail unless the answer is a refusal of that status, in JSON and with a sentence."""
    assert answer.status_code in statuses, f"{answer.status_code}: {answer.text[:500]}"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["message"].endswith(".")


#: Runs where a browser takes it for a script; tests count how often.
RUN = "window.__ran=(window.__ran||0)+1"

#: Markdown that has got scripts past other renderers or filters.
MARKDOWN_PAYLOADS = [
    f"[a](javascript:{RUN})",
    f"[a](JaVaScRiPt:{RUN})",
    f"[a](javascript&colon;{RUN})",
    f"[a](&#106;avascript:{RUN})",
    f"[a](&#x6A&#x61;vascript:{RUN})",
    f"[a](java&Tab;script:{RUN})",
    f"[a](java&NewLine;script:{RUN})",
    f"[a](<java\tscript:{RUN}>)",
    f"[a](<  javascript:{RUN}>)",
    f"[a](\x01javascript:{RUN})",
    f"[a](\x00javascript:{RUN})",
    f"[a](\u2028javascript:{RUN})",
    f"[a](javascript\\:{RUN})",
    f"[a](javascript%3A{RUN})",
    f"[a](data:text/html,<script>{RUN}</script>)",
    f"[a](data:text/html;base64,PHNjcmlwdD4{RUN})",
    f"[a](vbscript:{RUN})",
    f"[a](feed:javascript:{RUN})",
    f"<javascript:{RUN}>",
    f"<javascript&colon;{RUN}>",
    f"[a][x]\n\n[x]: javascript:{RUN}",
    f"[a]\n\n[a]: <javascript:{RUN}> 'title'",
    f"![a](javascript:{RUN})",
    f'![a" onerror="{RUN}](x "b" onerror="{RUN}")',
    f"![a'\"><img src=x onerror={RUN}>](https://example.org/x.png)",
    f'[a](https://example.org "b\\" onmouseover=\\"{RUN}")',
    f"[a](https://example.org 'b\" autofocus onfocus=\"{RUN}')",
    f'[a](https://example.org/"onmouseover="{RUN})',
    f"[a](<https://example.org/\"' onmouseover={RUN} x=>)",
    f'[<img src=x onerror={RUN}>](https://example.org "<script>{RUN}</script>")',
    f"[a [b](javascript:{RUN})](https://example.org)",
    f"[![a](javascript:{RUN})](javascript:{RUN})",
    f"**[a](javascript:{RUN})**\n\n- [b](javascript:{RUN})\n- # [c](javascript:{RUN})",
    f"<a href='javascript:{RUN}'>a</a>",
    f"<details open ontoggle={RUN}>\n\n**a**\n\n</details>",
    f"<img src=x\nonerror={RUN}>",
    f"<!--\n<script>{RUN}</script>",
    f"```html onmouseover={RUN}\n<script>{RUN}</script>\n```",
    f'```"><img src=x onerror={RUN}>\nx\n```',
    f"    <script>{RUN}</script>",
    f"`<script>{RUN}</script>",
    f"</div></label></form></noscript><script>{RUN}</script>",
    f"https://example.org/<script>{RUN}</script>",
    f"<https://example.org/{RUN}'\"onmouseover={RUN}>",
]
