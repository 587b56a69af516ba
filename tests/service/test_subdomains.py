"""On a hub with `subdomain_host`, the service has an origin of its own, and links lead there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from bs4 import BeautifulSoup

from tests.support.attacks import AttackedHub
from tests.support.hub_config import ADMIN_TOKEN, PASSWORD
from tests.support.markup import element

pytestmark = pytest.mark.hub

#: The tests' proxy wants a value for the hub's `--host-routing`. It does not route by host
#: either, so hub and service are asked directly.
EXTRA = """
own = c.JupyterHub.bind_url.replace("127.0.0.1", "lab.example.org")
c.JupyterHub.subdomain_host = own.rstrip("/")
proxy = c.ConfigurableHTTPProxy.command[0]
c.ConfigurableHTTPProxy.command = ["sh", "-c", f'exec "{proxy}" "$@" true', "proxy"]
"""


class _SubdomainHub(AttackedHub):
    def _ready(self) -> bool:
        try:
            return self.client.get(f"{self.direct_url}health").status_code == 200
        except httpx.TransportError:
            return False


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[_SubdomainHub]:
    """Run a hub that gives each user and service a domain."""
    with _SubdomainHub(tmp_path, extra=EXTRA) as running:
        yield running


def test_links_lead_to_the_services_own_origin(hub: _SubdomainHub) -> None:
    """From the hub's navigation bar to the service, and from there to the hub's login."""
    headers = {"Host": f"lab.example.org:{hub.port}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{hub.hub_port}/hub/", headers=headers) as client:
        client.get("login")
        xsrf = client.cookies.get("_xsrf", path="/hub/") or ""
        form = {"username": "admin", "password": PASSWORD, "_xsrf": xsrf}
        assert client.post("login", data=form).is_redirect
        page = BeautifulSoup(client.get("home").text, "html.parser")
        link = element(page, "a.nav-link[href$='/services/images/']")["href"]
        services = hub.api("GET", "services/images")
    assert services.status_code == 200
    assert link == f"http://images--service.lab.example.org:{hub.port}/services/images/"
    hub.client.headers["Authorization"] = f"token {ADMIN_TOKEN}"
    direct = f"{hub.direct_url}api/images"
    body = {"name": "a", "url": "registry.example.org/a:1"}
    assert hub.client.post(direct, json=body).status_code == 201
    image = BeautifulSoup(hub.client.get(f"{hub.direct_url}image/a").text, "html.parser")
    start_link = f"http://lab.example.org:{hub.port}/hub/spawn#image=a"
    assert image.select(f"button[data-copy='{start_link}']")
    login = httpx.get(hub.direct_url).headers["Location"]
    assert login.startswith(f"http://lab.example.org:{hub.port}/hub/api/oauth2/authorize?")
