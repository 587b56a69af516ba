"""The line that a request gets in the log: the hub's line, made without the hub's application.

`jupyterhub.log` writes this line too, but importing it brings the hub's handlers, its spawner
and its metrics into the service.

Guarantees: neither the address nor the headers keep a token, a code, a cookie or a key.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from urllib.parse import unquote_plus

from tornado.log import access_log
from tornado.web import HTTPError, RequestHandler, StaticFileHandler

#: A parameter whose name contains one of these is a secret, as in `jupyterhub.log`.
SECRET_NAMES = ("token", "auth", "key", "code", "state", "_xsrf")

_HIDDEN = "[secret]"
#: Nothing is wrong with the service itself when the hub or the database does not answer.
_OTHERS_FAIL = (HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE)
_SLOW_SECONDS = 1.0


def log_request(handler: RequestHandler) -> None:
    """Log the request that `handler` has answered; after an error of ours, its headers too."""
    request, status = handler.request, handler.get_status()
    level = _level(handler)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and status not in _OTHERS_FAIL:
        access_log.log(level, "%s", json.dumps(hide_in_headers(request.headers), indent=2))
    location = ""
    if status in (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.FOUND):
        target = handler._headers.get("Location")  # Tornado has no public way to read it
        location = f" -> {hide_in_address(target)}" if target else ""
    access_log.log(
        level, "%d %s %s%s (%s@%s) %.2fms", status, request.method,
        hide_in_address(request.uri or ""), location, _user_name(handler), request.remote_ip,
        1000 * request.request_time(),
    )  # fmt: skip


def _level(handler: RequestHandler) -> int:
    status = handler.get_status()
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return logging.ERROR
    if status >= HTTPStatus.BAD_REQUEST:
        return logging.WARNING
    unchanged = status == HTTPStatus.NOT_MODIFIED
    static = isinstance(handler, StaticFileHandler) and status < HTTPStatus.MULTIPLE_CHOICES
    slow = handler.request.request_time() >= _SLOW_SECONDS
    return logging.DEBUG if (unchanged or static) and not slow else logging.INFO


def _user_name(handler: RequestHandler) -> str:
    try:
        user = handler.current_user
    except (HTTPError, RuntimeError):  # the hub does not answer, or nobody may ask it any more
        return ""
    return str(user["name"]) if user else ""


def hide_in_address(address: str) -> str:
    """Return a path or URL with the values of secret parameters hidden.

    We split it by hand, so that what is no secret stays as it was sent, and nothing that a
    client sends raises.
    """
    path, question, query = address.partition("?")
    return path + question + "&".join(_hide_in_parameter(text) for text in query.split("&"))


def _hide_in_parameter(text: str) -> str:
    name, equals, _value = text.partition("=")
    read = unquote_plus(name)  # as Tornado reads it
    return f"{name}={_HIDDEN}" if equals and any(part in read for part in SECRET_NAMES) else text


def hide_in_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with the credentials and the cookies' values hidden."""
    shown = dict(headers)
    if "Authorization" in shown:
        kind, space, _credentials = shown["Authorization"].partition(" ")
        shown["Authorization"] = f"{kind if space else ''} {_HIDDEN}"
    if "Cookie" in shown:
        try:
            names = list(SimpleCookie(shown["Cookie"]))
        except CookieError:
            shown["Cookie"] = _HIDDEN
        else:
            shown["Cookie"] = "; ".join(f"{name}={_HIDDEN}" for name in names)
    return shown
