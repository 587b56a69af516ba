"""What a configuration file has set, as traitlets merges its sections, and how to add to it.

Nothing here replaces what the deployer set.
"""

from __future__ import annotations

import copy
from typing import Any

from jupyterhub.app import JupyterHub
from traitlets.config import Config, Configurable, LoggingConfigurable
from traitlets.config.loader import LazyConfigValue
from traitlets.utils.importstring import import_item


def present(section: Config, name: str, default: Any) -> Any:
    """Return a section's value, or `default`; one that was only appended to is a list."""
    if name not in section:
        return default
    value = section[name]
    if isinstance(value, LazyConfigValue):
        # of a copy: once asked for its value, it remembers that and takes no more items
        return copy.deepcopy(value).get_value(copy.copy(default))
    return value


def add(section: Config, name: str, items: list[Any]) -> None:
    """Append `items` to a list, which may not be set yet."""
    if name in section and isinstance(section[name], (list, tuple)):
        section[name] = [*section[name], *items]
    else:
        section[name].extend(items)


def update(section: Config, name: str, items: dict[str, Any]) -> None:
    """Put `items` into a mapping, which may not be set yet."""
    if name in section and isinstance(section[name], dict):
        section[name] = {**section[name], **items}
    else:
        section[name].update(items)


def configured_class(c: Config, name: str) -> type[Configurable]:
    """Return the class of `c.JupyterHub.<name>`, which may be a class, name or import path."""
    trait = getattr(JupyterHub, name)
    given = present(c.JupyterHub, name, None) or trait.default_value
    if isinstance(given, str):
        try:
            given = trait.load_entry_points()[given.lower()].load()
        except KeyError:
            try:
                given = import_item(given)
            except ImportError as error:
                raise ValueError(f"c.JupyterHub.{name}: {error}") from None
    found: type[Configurable] = given
    return found


def sections_of(configured: type[Configurable]) -> list[str]:
    """Return the names of the sections that configure a class; the first that sets a trait wins."""
    return [
        parent.__name__
        for parent in configured.__mro__
        if issubclass(parent, LoggingConfigurable) and parent is not LoggingConfigurable
    ]


def configured(c: Config, sections: list[str], name: str, default: Any = None) -> Any:
    """Return the configured value of a trait, merged over the sections as traitlets does."""
    value = default
    for section in reversed(sections):
        if section in c:
            value = present(c[section], name, value)
    return value
