"""What can be set or asked for is documented."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hub_images.catalogue.instance_type import InstanceType
from hub_images.service import routes
from hub_images.settings import HubImages

ROOT = Path(__file__).parent.parent
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text()
REST = (ROOT / "docs" / "rest-api.md").read_text()
DOCUMENTS = [ROOT / "README.md", ROOT / "SECURITY.md", *(ROOT / "docs").glob("*.md")]
SOURCES = [*(ROOT / "hub_images").rglob("*.py"), ROOT / "jupyterhub_config.py"]


@pytest.mark.parametrize("name", HubImages.class_own_traits())
def test_every_trait_is_documented(name: str) -> None:
    """Each trait of c.HubImages stands in docs/configuration.md."""
    if name not in ("config", "parent", "log"):
        assert f"`{name}`" in CONFIGURATION


@pytest.mark.parametrize(
    "name", [field.alias or name for name, field in InstanceType.model_fields.items()]
)
def test_every_field_of_an_instance_type_is_documented(name: str) -> None:
    """Each field of an instance type stands in docs/configuration.md."""
    assert f"| `{name}` |" in CONFIGURATION


@pytest.mark.parametrize("path", [path for path, _handler in [*routes.PAGES, *routes.API] if path])
def test_every_route_is_documented(path: str) -> None:
    """Each route of pages and API stands in docs/rest-api.md."""
    if path != "api(?:/.*)?":  # whatever else is asked for
        assert f"{path.replace('([^/]+)', '<name>')}`" in REST


def test_every_environment_variable_is_documented() -> None:
    """Each variable that the code reads stands in docs/configuration.md."""
    pattern = r'environ(?:\.get\(|\[)\s*"(\w+)"|^\w*_VARIABLE = "(\w+)"|^    "([A-Z_]+)",$'
    found = {
        next(filter(None, match))
        for source in SOURCES
        for match in re.findall(pattern, source.read_text(), re.MULTILINE)
    }
    assert {"HUB_IMAGES_DB_URL", "KUBECONFIG", "HUB_IMAGES_DEMO_PORT"} <= found
    missing = sorted(name for name in found if f"`{name}`" not in CONFIGURATION)
    assert missing == []


def test_links_between_documents_lead_somewhere() -> None:
    """Every relative link of README, SECURITY and docs names a file."""
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text()):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name}: {target}"


def test_every_picture_of_a_document_is_there() -> None:
    """Each one that a document shows is a PNG file."""
    shown = {
        document.parent / target
        for document in DOCUMENTS
        for found in re.findall(
            r'!\[[^\]]*\]\(([^)\s]+)|<img[^>]* src="([^"]+)"', document.read_text()
        )
        for target in filter(None, found)
        if "://" not in target
    }
    assert shown
    missing = sorted(
        str(picture.relative_to(ROOT))
        for picture in shown
        if not picture.is_file() or not picture.read_bytes().startswith(b"\x89PNG\r\n")
    )
    assert missing == []


@pytest.mark.parametrize("document", ["security.md", "operations.md"])
def test_every_test_that_a_document_names_exists(document: str) -> None:
    """A claim whose test was renamed or removed fails here."""
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs" / document).read_text())
    assert len(named) > 20
    missing = [
        f"{file}::{test}"
        for file, test in named
        if not re.search(rf"^(?:async )?def {test}\(", (ROOT / file).read_text(), re.MULTILINE)
    ]
    assert missing == []
