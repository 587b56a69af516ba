"""The content security policy: the hub's own scripts run, and no other."""

from __future__ import annotations

import base64
import hashlib

from hub_images.service.web.content_security import content_security_policy


def hash_of(script: str) -> str:
    """Return the source expression of an inline script."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() + "'"


def test_a_page_without_scripts_allows_the_services_own() -> None:
    """Nothing else runs, nothing is embedded, framed or sent elsewhere."""
    assert content_security_policy("<!DOCTYPE html><p>x") == (
        "script-src 'self'; object-src 'none'; base-uri 'none'; "
        "form-action 'self'; frame-ancestors 'none'"
    )


def test_inline_scripts_of_the_shell_are_allowed_by_hash() -> None:
    """The text counts as a browser reads it, without decoding entities."""
    script = '\n  x = "&amp;" < 1;\n'
    policy = content_security_policy(f"<script type='text/javascript'>{script}</script>")
    assert f"script-src 'self' {hash_of(script)};" in policy
    assert "unsafe-inline" not in policy


def test_origins_of_the_shells_files_are_allowed() -> None:
    """A deployer's page may load scripts from elsewhere; a path is our own origin."""
    policy = content_security_policy(
        "<script src='/hub/static/x.js'></script><script src='https://cdn.example.org/a.js'></script>"
        "<script src='//other.example.org/b.js'></script>"
    )
    assert "script-src 'self' https://cdn.example.org other.example.org;" in policy
