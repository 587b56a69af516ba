"""A hub below an address that would mean something else as a regular expression."""

from __future__ import annotations

import pytest
from jinja2 import Environment
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from hub_images.catalogue.policy import ReferencePolicy
from hub_images.service.api.images import OneImage
from hub_images.service.context import ServiceContext
from hub_images.service.hub_client import HubClient
from hub_images.service.pages.image_list import ListPage
from hub_images.service.pull_secrets import PullSecrets
from hub_images.service.routes import make_application
from hub_images.service.web.application import StaticFiles
from hub_images.service.web.client_address import TrustedProxies
from hub_images.service.web.not_found import AddSlash, NotFoundPage
from hub_images.service.web.rates import RequestRates
from hub_images.store.database import Database
from hub_images.store.engine import parse_url
from tests.support.hub import Hub
from tests.support.visitor import Visitor


def test_below_an_address_with_a_dot(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Pages, REST, static files and the address without its slash, through hub and proxy."""
    folder = tmp_path_factory.mktemp("base")
    with Hub(folder, base_url="/v1.0/") as hub:
        hub.add_image("a")
        assert hub.images("GET", "images/a").status_code == 200
        with Visitor.sign_in(hub, "admin") as visitor:
            client = visitor.client
            assert "Add image" in client.get("services/images/new").text
            hub.api("POST", "users/student/server", content='{"image": "a"}')
            page = client.get("services/images/running/a").text
            assert 'action="/v1.0/services/images/running/a"' in page
            assert client.get("services/images/static/images.css").status_code == 200
            page = client.get("services/images/image/a").text
            assert f'data-copy="{hub.url}hub/spawn#image=a"' in page
            bare = client.get("services/images", follow_redirects=False)
            assert bare.headers["Location"].endswith("/v1.0/services/images/")


def _request(uri: str) -> HTTPServerRequest:
    start_line = RequestStartLine("GET", uri, "HTTP/1.1")
    return HTTPServerRequest(start_line=start_line, headers=HTTPHeaders({"Host": "x"}))


@pytest.mark.parametrize("base", ["/v1.0/", "/c++/", "/a(b)/", "/a[b]*/"])
@pytest.mark.parametrize(
    ("path", "handler"),
    [
        ("", ListPage),
        ("api/images/a", OneImage),
        ("static/images.css", StaticFiles),
        ("absent", NotFoundPage),
    ],
)
def test_routes_take_the_prefix_as_it_is(base: str, path: str, handler: type) -> None:
    """No character of the hub's address is a pattern."""
    context = ServiceContext(
        database=Database(parse_url("sqlite:////nowhere/x.sqlite")),
        hub=HubClient(),
        pull_secrets=PullSecrets(None),
        policy=ReferencePolicy(),
        instance_types=(),
        templates=Environment(autoescape=True),
        template_vars={},
        service_name="images",
    )
    prefix = f"{base}services/images/"
    application = make_application(context, prefix, b"secret", TrustedProxies(), RequestRates(0))

    def handler_of(uri: str) -> type:
        found: type = application.find_handler(_request(uri)).handler_class
        return found

    assert handler_of(prefix + path) is handler
    assert handler_of(prefix.rstrip("/")) is AddSlash
    assert handler_of("/v1x0/services/images/") is NotFoundPage
