"""Requests that are answered in JSON, errors too; reads JSON bodies and If-Match."""

from __future__ import annotations

import json
import re
from typing import Any

from hub_images.service.web.answers import ErrorAnswer
from hub_images.service.web.identity import IdentifiedHandler
from hub_images.store.images import AnyVersion

#: An entity tag, and the way in which some clients write one, without quotation marks:
#: RFC 9110, section 8.8.3.
_TAG = re.compile(r'(?:W/)?"(?P<quoted>[^"]*)"|(?P<bare>[^\s,"]+)')


class JsonHandler(IdentifiedHandler):
    """A request that is answered in JSON."""

    def set_default_headers(self) -> None:
        """Say that it is JSON."""
        super().set_default_headers()
        self.set_header("Content-Type", "application/json")

    def answer_error(self, error: ErrorAnswer) -> None:
        """Finish with status, sentence and field errors."""
        self.answer_json(error)

    def write_json(self, value: Any) -> None:
        """Finish with `value` as JSON."""
        self.finish(json.dumps(value, ensure_ascii=False))

    def read_object(self) -> dict[str, Any]:
        """Return the JSON object that was sent; 400 for malformed JSON, 422 for another value."""
        try:
            value = json.loads(
                self.request.body,
                parse_constant=_refuse_constant,
                object_pairs_hook=_refuse_repeated,
            )
        except _Repeated as error:
            raise ErrorAnswer(400, str(error)) from None
        except (ValueError, RecursionError):
            raise ErrorAnswer(400, "The body is not valid JSON.") from None
        if not isinstance(value, dict):
            raise ErrorAnswer(422, "The body must be a JSON object.")
        return value

    def expected_versions(self) -> list[int | AnyVersion] | None:
        """Return the versions in If-Match, of which one must match; None without the header.

        A tag that cannot be a version becomes -1, which no image has.
        """
        header = self.request.headers.get("If-Match")
        if header is None:
            return None
        return [_version(tag) for tag in _TAG.finditer(header)]


def _version(tag: re.Match[str]) -> int | AnyVersion:
    if tag["bare"] == "*":
        return "*"
    digits = tag["quoted"] or tag["bare"] or ""
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else -1


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


class _Repeated(Exception):
    """An object has the same key twice."""


def _refuse_repeated(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # A proxy that checked the request on its way may have read the other of the two values.
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _Repeated("The body is not valid JSON: an object has the same key twice.")
    return found
