"""Which container image references this hub allows: from where, and whether only pinned ones.

The service checks what is saved, the hub what is started; both use the same `ReferencePolicy`.
It compares normalised names by whole path components, so `quay.io/jup` does not allow
`quay.io/jupyter/…`, and `quay.io` does not allow `quay.io.example.org/…`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Self

from hub_images.catalogue.reference import is_pinned, normalised_name, normalised_prefix
from hub_images.catalogue.rules import HasReference

#: The fields of an image that hold a reference.
REFERENCE_FIELDS = ("url", "gpu_url")

_NAMED = 10  # prefixes in a sentence, at most


@dataclass(frozen=True)
class ReferencePolicy:
    """The rules for references; without arguments, everything is allowed."""

    prefixes: tuple[str, ...] = ()
    """Normalised `host` or `host/path`; empty allows every registry."""
    require_digest: bool = False

    @classmethod
    def of(cls, prefixes: Iterable[str], *, require_digest: bool = False) -> Self:
        """Take prefixes as people write them; raises ValueError, which names the wrong one."""
        normalised = []
        for prefix in prefixes:
            try:
                normalised.append(normalised_prefix(prefix))
            except ValueError as error:
                raise ValueError(f"{prefix!r} is no prefix of references: {error}.") from None
        return cls(tuple(normalised), require_digest)

    def problems(self, reference: str | None) -> list[str]:
        """Return sentences that say why a valid reference is not allowed; none for a blank one."""
        if not reference:
            return []
        found = []
        name = normalised_name(reference)
        if self.prefixes and not any(_lies_under(name, prefix) for prefix in self.prefixes):
            found.append(f"Use a reference under {self._listed()}; this is {name}.")
        if self.require_digest and not is_pinned(reference):
            found.append("Pin the reference: end it with a digest, @sha256:….")
        return found

    def field_problems(
        self, image: HasReference, fields: Collection[str] = REFERENCE_FIELDS
    ) -> dict[str, list[str]]:
        """Return the sentences about an image's references, by field; empty if all are allowed."""
        found = {
            name: self.problems(getattr(image, name)) for name in REFERENCE_FIELDS if name in fields
        }
        return {name: sentences for name, sentences in found.items() if sentences}

    def allows(self, image: HasReference) -> bool:
        """Say whether every reference of an image is allowed."""
        return not self.field_problems(image)

    def _listed(self) -> str:
        named = list(self.prefixes[:_NAMED])
        if len(self.prefixes) > _NAMED:
            named.append(f"{len(self.prefixes) - _NAMED} others")
        return " or ".join([", ".join(named[:-1]), named[-1]] if len(named) > 1 else named)


def _lies_under(name: str, prefix: str) -> bool:
    if f"{name}/".startswith(f"{prefix}/"):
        return True
    # Docker writes docker.io/python for docker.io/library/python.
    host, _slash, path = prefix.partition("/")
    return host == "docker.io" and name == f"docker.io/library/{path}"
