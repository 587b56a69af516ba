"""The direction of imports, as docs/design.md tells it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "hub_images"
MODULES = sorted(PACKAGE.rglob("*.py"))

#: What each part may import of the package, beside itself. "top" are the modules that stand
#: in no folder.
MAY_IMPORT: dict[str, set[str]] = {
    "catalogue": set(),
    "store": {"catalogue"},
    "transfer": {"catalogue", "store"},
    "hub": {"catalogue", "store", "transfer", "top"},
    "service": {"catalogue", "store", "transfer", "top"},
    "top": {"catalogue", "store", "transfer", "top", "hub"},
}

#: The layers of the service, from the top; a module imports of those below it, or of its own.
#: Pages and API are beside each other: neither imports the other.
LAYERS: list[set[str]] = [
    {"app"},
    {"routes"},
    {"api", "pages"},
    {"changes", "stops"},
    {"web"},
    {"context"},
    {"hub_client", "kubernetes", "pull_secrets", "running_servers"},
]

#: Packages that only some parts may know.
ONLY = {
    "sqlalchemy": {"store", "top", "service", "hub"},
    "alembic": {"store"},
    "tornado": {"top", "service", "hub"},
    "jupyterhub": {"top", "service", "hub"},
    "pydantic": {"catalogue", "service"},
}


def _part(module: str) -> str:
    """Return the folder of a module of the package, `top` for one in none."""
    parts = module.split(".")
    return parts[1] if len(parts) > 2 or (PACKAGE / parts[-1]).is_dir() else "top"


def _name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def _imports(path: Path) -> set[str]:
    """Return the full names of all modules that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute, so that one can follow them"
            assert node.module
            base = PACKAGE.parent / node.module.replace(".", "/")
            for alias in node.names:
                is_module = (base / alias.name).is_dir() or (base / f"{alias.name}.py").is_file()
                found.add(f"{node.module}.{alias.name}" if is_module else node.module)
    return found


def _own(path: Path) -> set[str]:
    """Return the modules of the package that a file imports, without its front."""
    return {name for name in _imports(path) if name.startswith("hub_images.")}


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_parts_import_in_one_direction(path: Path) -> None:
    """The catalogue is pure, the store knows it alone, hub and service never meet."""
    if path.parent == PACKAGE and path.name in ("__init__.py", "__main__.py"):
        return  # the package's front, which leads to both ends
    part = _part(_name(path))
    allowed = MAY_IMPORT[part] | {part}
    assert {_part(name) for name in _own(path)} <= allowed


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_nothing_imports_the_two_ends(path: Path) -> None:
    """`config` and `service.app` are imported by nobody but the package's own front."""
    if path.parent == PACKAGE and path.name in ("__init__.py", "__main__.py"):
        return
    assert not _own(path) & {"hub_images.config", "hub_images.service.app"}


def _layer(module: str) -> int:
    """Return where a module of the service stands, counted from the top."""
    noun = module.split(".")[2]
    (number,) = (number for number, layer in enumerate(LAYERS) if noun in layer)
    return number


@pytest.mark.parametrize("path", sorted((PACKAGE / "service").rglob("[!_]*.py")), ids=_name)
def test_the_service_imports_downwards(path: Path) -> None:
    """App → routes → pages, api → changes → web; every module has its layer."""
    name = _name(path)
    folder = name.rsplit(".", 1)[0]
    for other in _own(path):
        if other.startswith("hub_images.service.") and not other.startswith(f"{folder}."):
            assert _layer(name) < _layer(other), f"{name} imports {other}"
    if folder == "hub_images.service":  # modules beside each other have layers too
        for other in _own(path):
            if other.startswith("hub_images.service."):
                assert _layer(name) < _layer(other) or LAYERS[_layer(name)] == LAYERS[-1], other


def test_the_base_of_pages_knows_no_image() -> None:
    """What all pages share can carry a page of anything."""
    for path in (PACKAGE / "service" / "web").glob("*.py"):
        assert not {name for name in _own(path) if name.endswith((".orm", ".search", ".image"))}


@pytest.mark.parametrize("package", sorted(ONLY))
def test_libraries_stay_where_they_belong(package: str) -> None:
    """The catalogue knows no database, no Tornado and no hub; only the store knows Alembic."""
    knowing = {
        _part(_name(path))
        for path in MODULES
        if any(name.split(".")[0] == package for name in _imports(path))
    }
    assert knowing <= ONLY[package]


def test_the_service_carries_no_hub() -> None:
    """What only the hub's process, a cluster or a document needs stays out of its memory."""
    code = "import sys, hub_images.service.app; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.split()
    heavy = {
        "jupyterhub.app", "jupyterhub.handlers", "jupyterhub.spawner", "jupyterhub.user",
        "kubernetes_asyncio", "kubespawner", "prometheus_client", "yaml",
    }  # fmt: skip
    assert not heavy & set(loaded)


def test_only_one_module_knows_kubernetes() -> None:
    """The cluster's client is imported in one module, which is imported only where it runs."""
    knowing = {
        _name(path)
        for path in MODULES
        if any(name.startswith(("kubernetes", "kubespawner")) for name in _imports(path))
    }
    assert knowing == {"hub_images.service.kubernetes"}
