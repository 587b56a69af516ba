"""What a container image reference is.

The grammar is that of https://pkg.go.dev/github.com/distribution/reference:
`[domain[:port]/]path[:tag][@digest]`, path in lower case, at most 255 characters
before tag and digest.
"""

from __future__ import annotations

import re

NAME_MAX_LENGTH = 255
MAX_LENGTH = 512

_DOMAIN_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = (
    rf"(?:{_DOMAIN_LABEL}(?:\.{_DOMAIN_LABEL})*|\[(?:[a-fA-F0-9:]+)\])"
    r"(?::[0-9]{1,5})?"
)
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = rf"{_COMPONENT}(?:/{_COMPONENT})*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}"

_REFERENCE = re.compile(
    rf"(?P<name>(?:{_DOMAIN}/)?{_PATH})(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?"
)
_BARE_ID = re.compile(r"[a-f0-9]{64}")


def reference_problem(value: str) -> str | None:
    """Return a sentence that says what is wrong with `value`, or None for a valid reference."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", value):
        scheme = value.split("://", 1)[0]
        return f"Leave out {scheme}://; write it as registry/repository:tag."
    if re.search(r"\s", value):
        return "Leave out the blanks: a container image reference has none."
    if len(value) > MAX_LENGTH:
        return f"Use at most {MAX_LENGTH} characters."
    if _BARE_ID.fullmatch(value):
        return "This is an image ID, which only one machine knows. Write repository@sha256:…."
    match = _REFERENCE.fullmatch(value)
    if match is None:
        return _explain(value)
    if len(match["name"]) > NAME_MAX_LENGTH:
        return f"Use at most {NAME_MAX_LENGTH} characters before the tag."
    return None


def _explain(value: str) -> str:
    name, at, digest = value.partition("@")
    if at and not re.fullmatch(_DIGEST, digest):
        return "Write a digest after @, such as sha256: and 64 of the characters 0-9 and a-f."
    last = name.rsplit("/", 1)[-1]
    repository, colon, tag = last.partition(":")
    if colon and not re.fullmatch(_TAG, tag):
        return (
            "Write a tag after the colon: at most 128 letters, digits, _, . and -, "
            "beginning with a letter, digit or _."
        )
    path = name if not colon else name[: -len(tag) - 1]
    if re.search(r"[A-Z]", path.split("/", 1)[-1]) or re.search(r"[A-Z]", repository):
        return "Write the repository in lower-case letters."
    return (
        "Write a container image reference, such as quay.io/jupyter/scipy-notebook:2025-03-10 "
        "or registry.example.org/team/image@sha256:…."
    )
