"""The Content-Security-Policy of a page: its own files, and the scripts of the page around it."""

from __future__ import annotations

import base64
import hashlib
from html.parser import HTMLParser
from urllib.parse import urlsplit


class _Scripts(HTMLParser):
    """Collects the inline scripts of a page, and the origins of the others."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.inline: list[str] = []
        self.origins: set[str] = set()
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "script":
            return
        source = dict(attrs).get("src")
        if source is None:
            self._inside = True
            self.inline.append("")
            return
        address = urlsplit(source)
        if address.netloc:
            scheme = f"{address.scheme}://" if address.scheme else ""
            self.origins.add(scheme + address.netloc)

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.inline[-1] += data


def content_security_policy(shell: str) -> str:
    """Return a policy that allows the service's own scripts and those of `shell`, no others."""
    scripts = _Scripts()
    scripts.feed(shell)
    scripts.close()
    hashes = [
        "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"
        for text in scripts.inline
    ]
    sources = " ".join(["'self'", *dict.fromkeys(hashes), *sorted(scripts.origins)])
    return (
        f"script-src {sources}; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )
