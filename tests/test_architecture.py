"""The direction of imports, as docs/design.md tells it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "hub_images"

#: What each module may import of the package.
MAY_IMPORT: dict[str, set[str]] = {
    "scopes": set(),
    "reference": set(),
    "schema": {"reference"},
    "instance_types": {"schema"},
    "rules": set(),
    "orm": {"reference", "schema"},
    "db": set(),  # finds its models through the migrations
    "search": {"orm", "schema"},
    "store": {"db", "orm", "schema", "search"},
    "database": {"db"},
    "catalogue": {"db", "orm", "store"},
    "choice": {"rules", "catalogue", "instance_types"},
    "launch": {"choice", "instance_types"},
    "refusal": set(),
    "pod_start": {"refusal"},
    "templates": set(),
    "rows": {"catalogue", "choice", "instance_types"},
    "form": {"rules", "catalogue", "choice", "instance_types", "rows", "templates"},
    "spawner": {
        "catalogue", "choice", "database", "form", "instance_types", "launch",
        "pod_start", "refusal",
    },
    "settings": {"db", "instance_types", "schema"},
    "config": {"scopes", "settings", "spawner", "templates"},
    "pull_secrets": set(),
    "kubernetes": {"pull_secrets"},
    "hub_api": set(),
    "demo": {"db", "search", "store", "schema"},
}  # fmt: skip


def _imports(path: Path) -> set[str]:
    """Return the modules of the package that a file imports, by their first name."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            if node.module == "hub_images":
                found |= {alias.name for alias in node.names}
            elif node.module.startswith("hub_images."):
                found.add(node.module.split(".")[1])
    return found - {"__version__"}


def _outside(path: Path) -> set[str]:
    """Return the other packages and modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.stem)
def test_arrows(path: Path) -> None:
    """A module imports what the table allows, and no module is missing in it."""
    if path.stem in ("__init__", "__main__", "app"):
        return
    assert path.stem in MAY_IMPORT, f"{path.stem} has no row"
    assert _imports(path) <= MAY_IMPORT[path.stem]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.stem)
def test_nothing_imports_app_or_config(path: Path) -> None:
    """The two ends are imported by nobody but the package's own front."""
    if path.name not in ("__init__.py", "__main__.py") or path.parent != PACKAGE:
        assert not _imports(path) & {"app", "config"}


def test_only_handlers_know_http() -> None:
    """Tornado's web module is for handlers and the hub's refusals."""
    knowing = {
        path.stem
        for path in PACKAGE.glob("*.py")
        if any(name.startswith("tornado.web") for name in _outside(path))
    }
    assert knowing == {"refusal"}


def test_only_kubernetes_knows_kubernetes() -> None:
    """The cluster's client is imported in one module, which is imported only where it runs."""
    knowing = {
        path.stem
        for path in PACKAGE.rglob("*.py")
        if any(name.startswith(("kubernetes", "kubespawner")) for name in _outside(path))
    }
    assert knowing == {"kubernetes"}
