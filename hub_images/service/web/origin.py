"""Which site's page sent a request, as the browser says."""

from __future__ import annotations

from urllib.parse import urlsplit

from tornado.httputil import HTTPServerRequest


def from_own_page(request: HTTPServerRequest) -> bool:
    """Say whether a page of this service, or of the same origin, sent the request."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return urlsplit(request.headers.get("Origin", "")).netloc == request.host


def from_other_site(request: HTTPServerRequest) -> bool:
    """Say whether another site's page sent the request.

    An address that someone typed has the site `none`; a program sends neither header.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    return "Origin" in request.headers and not from_own_page(request)
