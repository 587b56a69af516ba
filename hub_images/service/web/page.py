"""What all pages share: the hub's page around them, messages, errors, content security.

Guarantees: a page carries no script but the service's own files and what the hub's
`page.html` (or the deployer's own) brings along; nothing typed is lost when a session
has ended; a message is shown once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Awaitable
from html.parser import HTMLParser
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar
from urllib.parse import urlsplit

from jinja2 import TemplateError
from tornado.web import RequestHandler

from hub_images import __version__
from hub_images.scopes import access_scope
from hub_images.service.pages.image_list import ListState
from hub_images.service.web.identity import SAFE_METHODS, BaseHandler, Refused, log
from hub_images.templates import template_folder

FLASH_COOKIE = "hub-images-flash"


class PageHandler(BaseHandler):
    """A request by a browser, answered with a page that extends the hub's `page.html`."""

    #: Whether the navigation bar marks "Images" as the present page.
    in_navigation: ClassVar[bool] = True

    def set_default_headers(self) -> None:
        """Say that it is HTML."""
        super().set_default_headers()
        self.set_header("Content-Type", "text/html; charset=UTF-8")

    def refuse_anonymous(self) -> Awaitable[None]:
        """Send a browser to the hub's login; keep what it sent where it wanted to change something.

        A fetch is answered 403: it cannot sign anybody in.
        """
        fetched = self.request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
        if self.request.method in SAFE_METHODS and not fetched:
            self.redirect(self.get_login_url())
        elif self.request.method == "POST" and self._comes_from_own_page():
            self.render_page("images/signed_out.html", HTTPStatus.FORBIDDEN, sent=self._sent())
        else:
            raise Refused(403, "You are not signed in.")
        return _nothing()

    def _comes_from_own_page(self) -> bool:
        # What another site sent must not come back as a form that is one click from being valid.
        site = self.request.headers.get("Sec-Fetch-Site")
        if site is not None:
            return site == "same-origin"
        origin = self.request.headers.get("Origin", "")
        return urlsplit(origin).netloc == self.request.host

    def _sent(self) -> list[tuple[str, str]]:
        return [
            (name, value)
            for name in self.request.body_arguments
            if name != "_xsrf"
            for value in self.get_body_arguments(name, strip=False)
        ]

    def page_variables(self) -> dict[str, Any]:
        """Return what the hub's `page.html` and our own templates work with."""
        prefix = self.hub_auth.hub_host + self.hub_auth.hub_prefix
        held = self.held_scopes
        user = self.current_user

        def static_url(path: str, include_version: bool = True) -> str:  # noqa: ARG001 (the hub's signature)
            return f"{prefix}static/{path}"

        return {
            **self.services.template_vars,
            "base_url": prefix,
            "prefix": os.environ.get("JUPYTERHUB_BASE_URL", "/"),
            "user": _shown_user(str(user["name"])) if user else None,
            "admin_access": False,
            "no_spawner_check": True,
            "parsed_scopes": {"admin-ui": {}} if "admin-ui" in held else {},
            "expanded_scopes": held | {access_scope(self.services.service_name)} if user else held,
            "services": self._services_to_link() if user else [],
            "static_url": static_url,
            "login_url": self.root,
            "logout_url": f"{prefix}logout",
            "version_hash": "",
            "xsrf_token": self.xsrf_token.decode("ascii"),
            "hub_images_service_name": self.services.service_name,
            "hub_images_here": self.in_navigation,
            "root": self.root,
            "version": __version__,
            "may_write": bool(user) and self.may_write,
            "here": self.request.uri,
        }

    def _services_to_link(self) -> list[SimpleNamespace]:
        # A deployer's own page.html has no link of ours; then the bar's list of services has it.
        source = self.services.templates.get_template("page.html").filename or ""
        if Path(source).parent == template_folder():
            return []
        return [SimpleNamespace(name=self.services.service_name, href=self.root)]

    def render_page(self, template: str, status: int = HTTPStatus.OK, **variables: Any) -> None:
        """Finish with a page; `variables` come on top of `page_variables`."""
        shared = self.page_variables()
        environment = self.services.templates
        # The hub's page without our content: what scripts it has are the hub's or the deployer's.
        shell = environment.get_template("page.html").render(shared)
        page = environment.get_template(template).render({**shared, **variables})
        self.set_status(status)
        self.set_header("Content-Security-Policy", content_security_policy(shell))
        self.finish(page)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with a page that says what went wrong."""
        message, _errors = self.message_of(status_code, **kwargs)
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", ", ".join(self._allowed_methods()))
            message = "This address takes no such request; go by the list of images."
        # What was typed comes back where it is not the sender's fault, as while the hub restarts.
        failed_post = status_code >= 500 and self.request.method == "POST"
        sent = self._sent() if failed_post and self._comes_from_own_page() else None
        phrase = HTTPStatus(status_code).phrase
        try:
            self.render_page(
                "images/error.html", status_code, phrase=phrase, message=message, sent=sent
            )
        except TemplateError:
            log.exception("The error page cannot be shown")
            self.set_header("Content-Type", "text/plain; charset=UTF-8")
            self.finish(message)

    def _allowed_methods(self) -> list[str]:
        return [
            method
            for method in self.SUPPORTED_METHODS
            if getattr(type(self), method.lower()) is not getattr(RequestHandler, method.lower())
        ]

    def flash(self, message: str, kind: str = "success") -> None:
        """Show `message` on the next page; `kind` is one of Bootstrap's alerts."""
        self.set_signed_cookie(
            FLASH_COOKIE,
            json.dumps([kind, message]),
            expires_days=None,
            path=self.root,
            httponly=True,
            samesite="Lax",
            secure=self.request.protocol == "https",
        )

    def take_flash(self) -> tuple[str, str] | None:
        """Return kind and text of the message that waits, and forget it."""
        if self.get_cookie(FLASH_COOKIE) is None:
            return None
        self.clear_cookie(FLASH_COOKIE, path=self.root)
        value = self.get_signed_cookie(FLASH_COOKIE, max_age_days=1)
        if value is None:
            return None
        kind, message = json.loads(value)
        return kind, message

    @property
    def state(self) -> ListState:
        """How the list was filtered when it was left, out of the address."""
        return ListState.from_arguments(self.request.query_arguments)

    def back_to_list(self, message: str, kind: str = "success") -> None:
        """Redirect after a POST to the list as it was filtered, with a message."""
        self.flash(message, kind)
        self.redirect(self.root + self.state.query_string(), status=HTTPStatus.SEE_OTHER)


async def _nothing() -> None:
    return None


def _shown_user(name: str) -> SimpleNamespace:
    # The hub puts the escaped name into an inline script, unescaped for HTML: it must
    # not be able to end that script, which is allowed to run.
    escaped = json.dumps(name)[1:-1].replace("<", "\\u003c")
    return SimpleNamespace(name=name, json_escaped_name=escaped)


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
    """Allow the service's own scripts and those of `shell`, and nothing that text could bring."""
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
