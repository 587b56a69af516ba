"""What a container image reference is.

The grammar is that of https://pkg.go.dev/github.com/distribution/reference:
`[domain[:port]/]path[:tag][@digest]`, path in lower case, at most 255 characters
before tag and digest. `normalised_name` reads a reference as container runtimes do, so that
different ways to write the same image compare equal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

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
#: The same for scripts: JavaScript writes the names of groups in another way.
SCRIPT_PATTERN = f"^(?:{_REFERENCE.pattern.replace('(?P<', '(?<')})$"
_WITH_SCHEME = re.compile(r"(?P<scheme>(?:https?|docker)://)(?P<rest>.+)", re.IGNORECASE)
_PREFIX = re.compile(rf"(?P<host>{_DOMAIN})(?:/(?P<path>{_PATH}))?")
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


def without_scheme(value: str) -> tuple[str, str]:
    """Return `value` without the scheme that people copy along with it, and that scheme.

    Takes off `https://`, `http://` or `docker://` only if a valid reference follows. After the
    first two it has to begin with a host, as every web address does. Else the scheme is blank.
    """
    match = _WITH_SCHEME.fullmatch(value)
    if match is None or reference_problem(match["rest"]) is not None:
        return value, ""
    scheme, rest = match["scheme"].lower(), match["rest"]
    host, slash, _path = rest.partition("/")
    if scheme != "docker://" and not (slash and _is_host(host)):
        return value, ""
    return rest, scheme


def moving_tag(reference: str) -> Literal["missing", "latest"] | None:
    """Say why the content of a valid reference may change at any time; None if nothing says so."""
    parts = reference_parts(reference)
    if parts.digest:
        return None
    if not parts.tag:
        return "missing"
    return "latest" if parts.tag == "latest" else None


def is_pinned(reference: str) -> bool:
    """Say whether a valid reference names its content by a digest."""
    return "@" in reference


def is_tag(value: str) -> bool:
    """Say whether `value` can be what `shown_tag` returns."""
    return bool(re.fullmatch(_TAG, value))


def shown_tag(reference: str) -> str:
    """Return what tells a valid reference from others of its repository, for people.

    The tag; without one, the first twelve digits of the digest; with neither, `latest`, which is
    what container runtimes take then.
    """
    parts = reference_parts(reference)
    return parts.tag or parts.digest.partition(":")[2][:12] or "latest"


@dataclass(frozen=True)
class ReferenceParts:
    """What a reference is made of, as written; tag and digest are blank where it has none."""

    repository: str
    tag: str
    digest: str


def reference_parts(reference: str) -> ReferenceParts:
    """Return the parts of a valid reference."""
    name, _at, digest = reference.partition("@")
    head, slash, last = name.rpartition("/")
    component, _colon, tag = last.partition(":")
    return ReferenceParts(head + slash + component, tag, digest)


def shown_parts(reference: str) -> tuple[str, str]:
    """Return the repository of a valid reference, and its tag and digest as people see them.

    The second part begins with its `:` or `@`, and is blank where there is neither. A digest
    is cut to twelve digits, which tell it from others.
    """
    parts = reference_parts(reference)
    algorithm, _colon, digits = parts.digest.partition(":")
    tag = f":{parts.tag}" if parts.tag else ""
    digest = f"@{algorithm}:{digits[:12]}" if parts.digest else ""
    return parts.repository, tag + digest


def normalised_name(reference: str) -> str:
    """Return `host/path` of a valid reference, without tag and digest.

    As `ParseNormalizedNamed` of the package above: the first component is a host only if it
    holds a dot, a colon or an upper-case letter, or is `localhost`. Otherwise the host is
    docker.io, where a path of one component lies below `library`. Hosts are in lower case,
    without the port 443.
    """
    name = reference_parts(reference).repository
    first, slash, path = name.partition("/")
    if not slash or not _is_host(first):
        host, path = "docker.io", name
    else:
        host = _normalised_host(first)
    if host == "docker.io" and "/" not in path:
        path = f"library/{path}"
    return f"{host}/{path}"


def registry_of(reference: str) -> str:
    """Return the host of a valid reference as in `normalised_name`; docker.io if it names none."""
    return normalised_name(reference).partition("/")[0]


def normalised_registry(value: str) -> str:
    """Return a `host` or `host:port` as in `normalised_name`; raises ValueError, which says why."""
    if not re.fullmatch(_DOMAIN, value) or len(value) > NAME_MAX_LENGTH:
        raise ValueError("Give a registry's host, such as quay.io or registry.example.org:5000.")
    return _normalised_host(value)


def normalised_prefix(value: str) -> str:
    """Return a `host` or `host/path` with the host as in `normalised_name`.

    One slash at the end is dropped. Raises ValueError, which says what is wrong.
    """
    if "://" in value:
        raise ValueError(f"leave out {value.split('://', 1)[0]}://")
    match = _PREFIX.fullmatch(value.removesuffix("/"))
    if match is None:
        raise ValueError("write a host, such as quay.io, or host and path, such as quay.io/jupyter")
    host = match["host"]
    if not re.search(r"[.:]", host) and host != "localhost":
        raise ValueError(f"name the host too, such as docker.io/{value}")
    host = _normalised_host(host)
    return f"{host}/{match['path']}" if match["path"] else host


def _is_host(component: str) -> bool:
    return bool(re.search(r"[.:A-Z]", component)) or component == "localhost"


def _normalised_host(host: str) -> str:
    host = host.lower().removesuffix(":443")
    return "docker.io" if host == "index.docker.io" else host


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
