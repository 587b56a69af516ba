"""Finds the templates and static files, and builds the Jinja environment of the pages.

In a checkout (and its editable install) the files are in `share/` beside the package; in
an installed wheel they are inside the package.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PrefixLoader

_PACKAGE = Path(__file__).parent


def share_folder() -> Path:
    """Return the folder that holds `templates/` and `static/`."""
    checkout = _PACKAGE.parent / "share"
    return checkout if (checkout / "templates" / "hub_images").is_dir() else _PACKAGE / "share"


def template_folder() -> Path:
    """Return the folder of our templates, for the hub's `template_paths`."""
    return share_folder() / "templates"


def static_folder() -> Path:
    """Return the folder of our scripts and styles."""
    return share_folder() / "static"


def make_environment(template_paths: Iterable[str] = ()) -> Environment:
    """Build an autoescaping environment that finds templates as the hub itself does.

    The deployer's `template_paths` come first, then ours, then the hub's originals, which
    are also found below `templates/` (see `JupyterHub.init_tornado_settings`).
    """
    from jupyterhub._data import DATA_FILES_PATH  # where the hub has its own share files

    originals = str(Path(DATA_FILES_PATH) / "templates")
    ours = str(template_folder())
    given = [str(path) for path in template_paths]
    paths = [*given, *([] if ours in given else [ours]), originals]
    loader = ChoiceLoader(
        [PrefixLoader({"templates": FileSystemLoader([originals])}, "/"), FileSystemLoader(paths)]
    )
    return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)


def make_options_form_environment() -> Environment:
    """Build the environment of the options form, which needs none of the hub's templates."""
    loader = FileSystemLoader([str(template_folder())])
    return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
