"""Where a request comes from: the client's address, past the proxies that we trust.

Guarantees: the address is that of the connection, or one that a trusted proxy wrote into
X-Forwarded-For. What a client writes there itself, or into X-Real-IP, does not count:
configurable-http-proxy passes on both and appends the real address to the first. What is
returned is always an IP address, so that it can be logged as it is.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from jupyterhub.utils import get_browser_protocol
from tornado.httputil import HTTPServerRequest

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class TrustedProxies:
    """The proxies whose X-Forwarded-For counts: those of this machine, and the configured ones."""

    def __init__(self, addresses: Iterable[str] = ()) -> None:
        """Take addresses and networks; as in the hub, anything else trusts nobody."""
        self._networks = []
        for text in addresses:
            try:
                self._networks.append(ipaddress.ip_network(text, strict=False))
            except ValueError:
                continue

    def _trusts(self, address: _Address) -> bool:
        return address.is_loopback or any(address in network for network in self._networks)

    def client_address(self, peer: str, forwarded_for: str) -> str:
        """Return the last address that is no trusted proxy's, from the connection backwards."""
        found = _parsed(peer)
        if found is None:  # a Unix socket has none
            return peer
        for text in reversed(forwarded_for.split(",")):
            if not self._trusts(found):
                break
            address = _parsed(text.strip())
            if address is None and text.strip():
                break
            found = address or found  # some proxies begin the header with a comma
        return str(found)

    def complete(self, request: HTTPServerRequest) -> None:
        """Set a request's `remote_ip` to the client's, and `protocol` to the browser's.

        The protocol counts whoever says it: it decides how the sender's own cookies travel.
        """
        request.remote_ip = self.client_address(
            request.remote_ip or "", request.headers.get("X-Forwarded-For", "")
        )
        request.protocol = get_browser_protocol(request)


def _parsed(text: str) -> _Address | None:
    """Return an address; None for anything else, and for an interface, which may be any text."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return None
        return address.ipv4_mapped or address
    return address
