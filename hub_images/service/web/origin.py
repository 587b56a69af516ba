"""Which page a request comes from, as the browser that sent it says."""

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

    A request that was typed has the site `none`; one of a program has neither header.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in ("same-origin", "none")
    return "Origin" in request.headers and not from_own_page(request)
