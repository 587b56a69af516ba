"""With JupyterHub's `cookie_host_prefix_enabled`, the pages' session is locked to its host."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.support.browser import sign_in
from tests.support.hub import Hub


def test_the_session_has_the_prefix(browser: Browser, folder: Path) -> None:
    """Its cookie is `__Host-…`, which no other host can set, and the pages work with it."""
    extra = "c.JupyterHub.cookie_host_prefix_enabled = True\n"
    # browsers take such cookies over HTTPS, or from this machine itself
    behind_tls = {"X-Forwarded-Proto": "https", "X-Scheme": "https"}
    with Hub(folder, extra=extra) as hub:
        page = sign_in(browser, hub, "admin", extra_http_headers=behind_tls)
        page.goto(f"{hub.images_url}new")
        page.get_by_label("Name", exact=True).fill("a")
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("status").filter(has_text="Added a.")).to_be_visible()
        cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
        session = cookies["__Host-service-images"]
        assert (session["secure"], session["httpOnly"], session["path"]) == (True, True, "/")
        assert "service-images" not in cookies
        page.context.close()
