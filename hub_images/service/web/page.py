"""What all pages share: the hub's page around them, messages, errors, content security.

Guarantees: a page runs only the service's own scripts and those of the hub's `page.html`
(or the deployer's own); people lose nothing that they typed when their session ends; a
message is shown once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

from jinja2 import TemplateError

from hub_images import __version__
from hub_images.scopes import HUB_ADMIN, access_scope
from hub_images.service.web.answers import ErrorAnswer
from hub_images.service.web.content_security import content_security_policy
from hub_images.service.web.identity import SAFE_METHODS, IdentifiedHandler, log
from hub_images.service.web.origin import from_own_page
from hub_images.templates import template_folder

FLASH_COOKIE = "hub-images-flash"


class PageHandler(IdentifiedHandler):
    """A request from a browser, answered with a page that extends the hub's `page.html`."""

    #: Whether the navigation bar marks "Images" as the present page.
    in_navigation: ClassVar[bool] = True

    def set_default_headers(self) -> None:
        """Say that it is HTML."""
        super().set_default_headers()
        self.set_header("Content-Type", "text/html; charset=UTF-8")

    def refuse_anonymous(self) -> Awaitable[None]:
        """Send a browser to the hub's login, or give back the form that it sent.

        A fetch gets 403: it cannot sign anybody in.
        """
        fetched = self.request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"
        if self.request.method in SAFE_METHODS and not fetched:
            self.redirect(self.get_login_url())
        elif self._may_have_its_fields_back():
            self.render_page("signed_out.html", HTTPStatus.FORBIDDEN, sent=self._sent_fields())
        else:
            raise ErrorAnswer(403, "You are not signed in.")
        return _nothing()

    def _may_have_its_fields_back(self) -> bool:
        # What another site sent must not come back as a form that one click would make valid.
        return self.request.method == "POST" and from_own_page(self.request)

    def _sent_fields(self) -> list[tuple[str, str]]:
        return [
            (name, value)
            for name in self.request.body_arguments
            if name != "_xsrf"
            for value in self.get_body_arguments(name, strip=False)
        ]

    def page_variables(self) -> dict[str, Any]:
        """Return the variables of the hub's `page.html` and of our own templates."""
        prefix = self.hub_auth.hub_host + self.hub_auth.hub_prefix
        caller = self.caller if self.current_user else None
        held = caller.scopes if caller else frozenset()

        def static_url(path: str, include_version: bool = True) -> str:  # noqa: ARG001 (the hub's signature)
            return f"{prefix}static/{path}"

        return {
            **self.context.template_vars,
            "base_url": prefix,
            "prefix": os.environ.get("JUPYTERHUB_BASE_URL", "/"),
            "user": _shown_user(caller.name) if caller else None,
            "admin_access": False,
            "no_spawner_check": True,
            # the hub's own link in its navigation bar
            "parsed_scopes": {"admin-ui": {}} if HUB_ADMIN in held else {},
            "expanded_scopes": held | {access_scope(self.context.service_name)} if caller else held,
            "services": self._services_to_link() if caller else [],
            "static_url": static_url,
            "login_url": self.root,
            "logout_url": f"{prefix}logout",
            # absolute, because people send links to it to each other; it takes the options
            # form's choice as its fragment: `#image=<name>`
            "spawn_url": f"{self._hub_origin}{self.hub_auth.hub_prefix}spawn",
            "version_hash": "",
            "xsrf_token": self.xsrf_token.decode("ascii"),
            "hub_images_service_name": self.context.service_name,
            "hub_images_here": self.in_navigation,
            "root": self.root,
            "version": __version__,
            "may_write": bool(caller and caller.may_write),
            "here": self.request.uri,
        }

    @property
    def _hub_origin(self) -> str:
        # without `subdomain_host`, the hub is where the browser has found us
        here = f"{self.request.protocol}://{self.request.host}"
        return str(self.hub_auth.hub_host) or here

    def _services_to_link(self) -> list[SimpleNamespace]:
        # The deployer's own page.html lacks our link; then the bar's list of services has it.
        source = self.context.templates.get_template("page.html").filename or ""
        if Path(source).parent == template_folder():
            return []
        return [SimpleNamespace(name=self.context.service_name, href=self.root)]

    def render_page(self, template: str, status: int = HTTPStatus.OK, **variables: Any) -> None:
        """Finish with one of our pages; `variables` override `page_variables`."""
        shared = self.page_variables()
        environment = self.context.templates
        # The hub's page without our content: its scripts are the hub's or the deployer's.
        shell = environment.get_template("page.html").render(shared)
        page = environment.get_template(f"hub_images/pages/{template}")
        content = page.render({**shared, **variables})
        self.set_status(status)
        self.set_header("Content-Security-Policy", content_security_policy(shell))
        self.finish(content)

    def answer_error(self, error: ErrorAnswer) -> None:
        """Finish with a page that says what went wrong."""
        status = error.status_code
        # People get back what they typed if they can send it later, as while the hub restarts.
        later = status >= 500 or status == HTTPStatus.TOO_MANY_REQUESTS
        back = later and self._may_have_its_fields_back()
        try:
            self.render_page(
                "error.html",
                status,
                method_refused=status == HTTPStatus.METHOD_NOT_ALLOWED,
                phrase=HTTPStatus(status).phrase,
                message=error.message,
                sent=self._sent_fields() if back else None,
            )
        except TemplateError:
            log.exception("The error page cannot be shown")
            super().answer_error(error)

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
        """Return the kind and text of the waiting message, if any, and clear it."""
        if self.get_cookie(FLASH_COOKIE) is None:
            return None
        self.clear_cookie(FLASH_COOKIE, path=self.root)
        value = self.get_signed_cookie(FLASH_COOKIE, max_age_days=1)
        if value is None:
            return None
        kind, message = json.loads(value)
        return kind, message


async def _nothing() -> None:
    return None


def _shown_user(name: str) -> SimpleNamespace:
    # The hub puts this name into an inline script, which may run, without escaping it for
    # HTML: it must not be able to end that script.
    escaped = json.dumps(name)[1:-1].replace("<", "\\u003c")
    return SimpleNamespace(name=name, json_escaped_name=escaped)
