"""The log of requests: each one, and how many fail.

Guarantees: no token, cookie or code is logged, neither by us nor by the libraries that
complain about one.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable

from tornado.web import RequestHandler

from hub_images.service.web.request_line import log_request

log = logging.getLogger("hub_images")

PERIOD_SECONDS = 60.0
#: Fewer failures in a period get no summary: each has its own line already.
WORTH_TELLING = 10
_MOST = 3
#: Words of libraries' messages that may quote a cookie, whole or in part.
_ABOUT_SECRETS = ("cookie", "base64 value", "invalid value", "xsrf")
_CLIENT_ERROR = 400


class AccessLog:
    """Logs each request as the hub does, and each minute how many failed, and from where.

    The first request after the minute writes that line, so no timer runs.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._statuses: Counter[int] = Counter()
        self._addresses: Counter[str] = Counter()

    def __call__(self, handler: RequestHandler) -> None:
        """Log the request that `handler` has answered."""
        log_request(handler)
        self.count(handler.get_status(), handler.request.remote_ip or "an unknown address")

    def count(self, status: int, address: str) -> None:
        """Count an answer; if a period has ended, log its failures first."""
        now = self._clock()
        if now - self._began >= PERIOD_SECONDS:
            self._tell(now - self._began)
            self._began = now
            self._statuses.clear()
            self._addresses.clear()
        if status >= _CLIENT_ERROR:
            self._statuses[status] += 1
            # bounded: the addresses of a flood may all differ
            if address in self._addresses or len(self._addresses) < 1000:
                self._addresses[address] += 1

    def _tell(self, seconds: float) -> None:
        failed = self._statuses.total()
        if failed < WORTH_TELLING:
            return
        statuses = ", ".join(
            f"{count} × {status}" for status, count in sorted(self._statuses.items())
        )
        addresses = ", ".join(
            f"{address} ({count})" for address, count in self._addresses.most_common(_MOST)
        )
        log.warning(
            "%d requests failed in %d s: %s; most from %s", failed, seconds, statuses, addresses
        )


class WithoutSecrets(logging.Filter):
    """Removes the values from what libraries log about cookies.

    Tornado logs a cookie of its older format that it cannot verify; JupyterHub logs a
    damaged XSRF cookie and the state of a login.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record if it may quote a secret; always let it pass."""
        message = str(record.msg).lower()
        if record.args and any(word in message for word in _ABOUT_SECRETS):
            record.args = tuple("[secret]" for _value in record.args)
            record.msg = str(record.msg).replace("%r", "%s").replace("%d", "%s")
        return True
