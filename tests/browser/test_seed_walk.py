"""The seed's manual page, walked from top to bottom in a browser, up to started servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import sign_in, violations
from tests.support.editor import add_group, group_input
from tests.support.hub import Hub
from tests.support.hub_config import ROOT

pytestmark = [pytest.mark.hub, pytest.mark.timeout(240)]

SHOW = f"""
sys.path.insert(0, {str(ROOT / "examples" / "demo")!r})
import demo
c.Spawner.default_url = "/lab/tree/" + demo.NOTEBOOK
c.Spawner.pre_spawn_hook = demo.show_image
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub that starts JupyterLab."""
    with Hub(tmp_path_factory.mktemp("walk"), extra=SHOW) as running:
        yield running


def _start(page: Page, hub: Hub, *choices: str) -> Page:
    page.goto(f"{hub.url}hub/spawn")
    for choice in choices:
        page.get_by_label(choice).check()
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/lab/**", timeout=90_000)
    return page


def _expect_image(page: Page, reference: str) -> None:
    """See the reference in the notebook that opens, as rendered text."""
    shown = page.locator(".jp-RenderedMarkdown code").filter(has_text=reference)
    expect(shown.first).to_be_visible(timeout=60_000)


def test_the_seeds_page(browser: Browser, hub: Hub) -> None:
    """Add, GPU URL, pull secret, Global off and edit groups, Edit, start, Delete."""
    admin = sign_in(browser, hub, "admin")
    admin.goto(f"{hub.url}hub/home")
    admin.get_by_role("link", name="Images").click()
    expect(admin.get_by_text("There are no images yet")).to_be_visible()
    assert violations(admin, "main") == []

    # Creating New Image
    admin.get_by_role("link", name="Add", exact=True).click()
    admin.get_by_label("Name", exact=True).fill("torch")
    admin.get_by_label("Display name").fill("PyTorch")
    admin.get_by_label("Description").fill("For learning machines")
    admin.get_by_role("radio", name="universal").check()
    admin.get_by_label("Container image URL", exact=True).fill("quay.io/jupyter/torch:1")
    gpu_url = admin.get_by_label("URL for GPU", exact=True)
    expect(gpu_url).to_be_hidden()
    admin.get_by_label("Specific container image URL for GPU").check()
    gpu_url.fill("quay.io/jupyter/torch:cuda")
    admin.get_by_label("Use Image Pull Secret").check()
    admin.get_by_role("combobox").select_option("lab-registry")
    expect(group_input(admin)).to_be_hidden()
    admin.get_by_label("Global").uncheck()
    add_group(admin, "data-science")
    admin.get_by_role("button", name="Confirm").click()
    expect(admin.get_by_role("status").filter(has_text="PyTorch")).to_be_visible()
    stored = hub.images("GET", "images/torch").json()
    assert stored["gpu_url"] == "quay.io/jupyter/torch:cuda"
    assert stored["pull_secret"] == "lab-registry"
    assert stored["groups"] == ["data-science"]
    assert stored["global"] is False

    # A second one for everyone
    admin.get_by_role("link", name="Add", exact=True).click()
    admin.get_by_label("Name", exact=True).fill("minimal")
    admin.get_by_label("Container image URL", exact=True).fill("quay.io/jupyter/minimal:1")
    admin.get_by_role("button", name="Confirm").click()
    expect(admin.get_by_role("row", name="minimal")).to_contain_text("Everyone")

    # Editing Image
    admin.get_by_role("row", name="minimal").get_by_role("link", name="Edit").click()
    admin.get_by_label("Display name").fill("Minimal notebook")
    admin.get_by_role("button", name="Confirm").click()
    expect(admin.get_by_role("row", name="minimal")).to_contain_text("Minimal notebook")

    # What people see and start
    student = sign_in(browser, hub, "student")
    student.goto(f"{hub.url}hub/spawn")
    expect(student.get_by_text("The image is Minimal notebook 1.")).to_be_visible()
    expect(student.get_by_text("PyTorch")).to_have_count(0)
    _start(student, hub)
    _expect_image(student, "quay.io/jupyter/minimal:1")
    scientist = sign_in(browser, hub, "scientist")
    _start(scientist, hub, "One GPU", "PyTorch")
    _expect_image(scientist, "quay.io/jupyter/torch:cuda")

    # Deleting Image
    admin.goto(hub.images_url)
    torch = admin.get_by_role("row", name="torch")
    torch.get_by_label("More actions").click()
    torch.get_by_role("button", name="Delete").click()
    dialog = admin.get_by_role("dialog")
    expect(dialog).to_contain_text("PyTorch")
    expect(dialog).to_contain_text("1 running server uses it now")
    dialog.get_by_role("button", name="Delete").click()
    expect(admin.get_by_role("row", name="torch")).to_have_count(0)
    assert hub.images("GET", "images/torch").status_code == 404
    assert hub.api("GET", "users/scientist").json()["servers"][""]["ready"]
