"""How many requests of one caller may fail or be expensive in a minute, and the answer beyond that.

A caller that the hub knows is counted by name, anybody else by address. Beyond the limit all of
a caller's requests get 429 with `Retry-After`, until a minute has passed since the first one that
counted. Guarantees: nobody's name is refused for what others send; memory is bounded, however
many addresses somebody uses. Requests from one address that bring neither a session nor a token
that the hub has lately known are refused before the hub is asked about them.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ClassVar

from hub_images.service.web.answers import AnsweringHandler, ErrorAnswer

log = logging.getLogger("hub_images")

PERIOD_SECONDS = 60.0
#: Callers that are counted at once; beyond that, the one whose minute began first is forgotten.
MOST_CALLERS = 20_000
MOST_TOKENS = 1_000
_ADDRESS_LENGTH = 45  # of the longest IPv6 address


class TooManyRequests(ErrorAnswer):
    """The caller has reached the limit."""

    def __init__(self, seconds: int) -> None:
        unit = "second" if seconds == 1 else "seconds"
        super().__init__(
            HTTPStatus.TOO_MANY_REQUESTS,
            f"You sent too many requests; try again in {seconds} {unit}.",
        )
        self.seconds = seconds


class RequestRates:
    """The counted requests of each caller's present minute."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Allow `per_minute` requests; 0 allows any number."""
        self._per_minute = per_minute
        self._clock = clock
        # names apart from addresses, of which anybody can have many; by the minute's beginning
        self._counts: dict[bool, OrderedDict[str, list[float]]] = {
            True: OrderedDict(), False: OrderedDict(),
        }  # fmt: skip
        self._tokens: OrderedDict[bytes, None] = OrderedDict()

    def check(self, caller: str, *, known: bool) -> None:
        """Raise `TooManyRequests` if `caller`, a name (`known`) or address, is past the limit."""
        began, count = self._present(caller, known)
        if self._per_minute and count >= self._per_minute:
            raise TooManyRequests(max(1, math.ceil(began + PERIOD_SECONDS - self._clock())))

    def count(self, caller: str, *, known: bool) -> None:
        """Count a request that failed or is expensive."""
        if not self._per_minute:
            return
        began, count = self._present(caller, known)
        counts = self._counts[known]
        if not count:
            counts.pop(_one(caller, known), None)
            while len(counts) >= MOST_CALLERS:
                counts.popitem(last=False)
        counts[_one(caller, known)] = [began, count + 1]
        if count + 1 == self._per_minute:
            log.warning(
                "%r sent %d requests in a minute that failed or are expensive, and has to wait",
                caller, self._per_minute,
            )  # fmt: skip

    def _present(self, caller: str, known: bool) -> tuple[float, int]:
        """Return when the caller's present minute began, and how many requests it has."""
        now = self._clock()
        began, count = self._counts[known].get(_one(caller, known), (now, 0))
        return (now, 0) if now - began >= PERIOD_SECONDS else (began, int(count))

    def token_is_known(self, token: str) -> bool:
        """Say whether the hub knew the token when it was last asked about it."""
        return _digest(token) in self._tokens

    def remember_token(self, token: str, known: bool) -> None:
        """Remember what the hub said about a token, and of the tokens that it knows the latest."""
        self._tokens.pop(_digest(token), None)
        if known:
            self._tokens[_digest(token)] = None
            if len(self._tokens) > MOST_TOKENS:
                self._tokens.popitem(last=False)


def _one(caller: str, known: bool) -> str:
    """Return what counts as one caller: of IPv6, the network that one customer gets."""
    if known or ":" not in caller:
        return caller
    return " ".join(_network(address) for address in caller.split())


def _network(address: str) -> str:
    try:
        return str(ipaddress.ip_network((address, 64 if ":" in address else 32), strict=False))
    except ValueError:
        return address


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf8", "surrogateescape")).digest()


class LimitedHandler(AnsweringHandler):
    """A request that counts, once, if it is expensive or fails."""

    #: Whether requests for this path count at all.
    limited: ClassVar[bool] = True
    _known_caller: str | None = None
    _counted = False

    @property
    def rates(self) -> RequestRates:
        """The application's counts."""
        rates: RequestRates = self.settings["rates"]
        return rates

    @property
    def expensive(self) -> bool:
        """Whether the request counts even if it succeeds: it changes something, or searches."""
        arguments = self.request.query_arguments
        sought = [*arguments.get("search", ()), *arguments.get("tag", ())]
        searches = any(value.strip() for value in sought)
        return searches or self.request.method not in ("GET", "HEAD", "OPTIONS")

    @property
    def _address(self) -> str:
        """What somebody unknown is counted by: their address, and what the proxy says of it.

        A proxy that is not trusted has one address for everybody. What it says decides here, so
        that one of them cannot have all others refused; nothing else believes it.
        """
        said = self.request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        return f"{self.request.remote_ip} {said[:_ADDRESS_LENGTH]}".strip()

    def limit_address(self) -> None:
        """Raise `TooManyRequests` if the request's address is past the limit."""
        self.rates.check(self._address, known=False)

    def limit_caller(self, name: str) -> None:
        """Count the request as one of a caller whom the hub knows; 429 if there are too many."""
        self._known_caller = name
        self.rates.check(name, known=True)
        if self.expensive:
            self.count_request()

    def count_request(self) -> None:
        """Count the request, unless it is counted already."""
        if not self._counted and self.limited:
            self._counted = True
            known = self._known_caller
            self.rates.count(known or self._address, known=known is not None)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say when to try again, if that is what is wrong."""
        error = kwargs.get("exc_info", (None, None))[1]
        if isinstance(error, TooManyRequests):
            self.set_header("Retry-After", str(error.seconds))
        super().write_error(status_code, **kwargs)

    def on_finish(self) -> None:
        """Count a failure."""
        status = self.get_status()
        if status >= HTTPStatus.BAD_REQUEST and status != HTTPStatus.TOO_MANY_REQUESTS:
            self.count_request()
