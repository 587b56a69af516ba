"""Whose word counts on where a request comes from."""

from __future__ import annotations

from contextlib import closing

import httpx
import pytest

from hub_images.service.web.client_address import TrustedProxies
from tests.support.attacks import AttackedHub

PROXIES = ["10.0.0.7", "10.42.0.0/16", "fd00::1", "not an address"]


@pytest.mark.parametrize(
    ("peer", "header", "address"),
    [
        # from the connection itself
        ("203.0.113.5", "", "203.0.113.5"),
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),
        ("10.0.0.8", "198.51.100.1", "10.0.0.8"),
        ("::ffff:203.0.113.5", "198.51.100.1", "203.0.113.5"),
        # from a trusted proxy: the last address that is none
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("::1", "198.51.100.1", "198.51.100.1"),
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.7", "198.51.100.1", "198.51.100.1"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("127.0.0.1", "192.0.2.66, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "192.0.2.66,198.51.100.1,10.42.3.4, 10.0.0.7", "198.51.100.1"),
        ("127.0.0.1", ",198.51.100.1", "198.51.100.1"),
        # trusted all the way, or nothing that is an address
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "10.0.0.7", "10.0.0.7"),
        ("127.0.0.1", "198.51.100.1, nonsense", "127.0.0.1"),
        ("127.0.0.1", "nonsense, 10.0.0.7", "10.0.0.7"),
        ("127.0.0.1", "fe80::1%\x1b[31m", "127.0.0.1"),
        ("0.0.0.0", "198.51.100.1", "0.0.0.0"),
    ],
)
def test_whose_word_counts(peer: str, header: str, address: str) -> None:
    """Only a trusted proxy's, and only what it appended."""
    assert TrustedProxies(PROXIES).client_address(peer, header) == address


def test_x_real_ip_is_not_believed(hub: AttackedHub) -> None:
    """The hub's proxy passes a client's own header on."""
    headers = {"X-Real-IP": "203.0.113.9"}
    assert httpx.get(f"{hub.images_url}api/marked", headers=headers).status_code == 404
    log = hub.log(until="404 GET /services/images/api/marked (@127.0.0.1)")
    assert "404 GET /services/images/api/marked (@127.0.0.1)" in log
    assert "203.0.113.9" not in log


def test_trusted_proxies_of_the_hub_are_the_services(hub: AttackedHub) -> None:
    """A proxy that `c.JupyterHub.trusted_downstream_ips` does not name is where a request ends.

    To the service itself, as the hub's proxy of zero-to-jupyterhub sends it; the tests' own
    proxy removes what comes in this header.
    """
    for path, proxy, address in (
        ("chained", "10.0.0.7", "198.51.100.1"),
        ("unknown", "10.0.0.8", "10.0.0.8"),
    ):
        headers = {"X-Forwarded-For": f"192.0.2.66, 198.51.100.1, {proxy}"}
        answer = httpx.get(f"{hub.direct_url}api/{path}", headers=headers)
        assert answer.status_code == 404
        line = f"404 GET /services/images/api/{path} (@{address})"
        assert line in hub.log(until=line)


@pytest.mark.parametrize("protocol", ["http", "https"])
def test_the_browsers_protocol_is_known_behind_two_proxies(hub: AttackedHub, protocol: str) -> None:
    """The first one's word counts: it has the browser's connection."""
    client, xsrf = hub.session("editor")
    with closing(client):
        cookies = {c.name: c.value or "" for c in client.cookies.jar if c.path != "/hub/"}
    answer = httpx.post(
        f"{hub.direct_url}bulk",
        data={"_xsrf": xsrf, "action": "enable"},
        cookies=cookies,
        headers={"X-Forwarded-Proto": f"{protocol},http"},
    )
    (flash,) = [line for line in answer.headers.get_list("Set-Cookie") if "flash" in line]
    assert ("; secure" in flash.lower()) == (protocol == "https")
