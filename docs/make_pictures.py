"""Takes the pictures in docs/pictures again: `make docs-shots`.

Runs the demo hub in a temporary folder, with a university's catalogue of 74 images, and drives
Chromium through it as a person would.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
PICTURES = Path(__file__).parent / "pictures"
sys.path.insert(0, str(ROOT))

from tests.support.browser import fill_in_login  # noqa: E402 (the path is set above)
from tests.support.catalogue import Images, fill  # noqa: E402
from tests.support.processes import free_port  # noqa: E402
from tests.support.requirements import chromium  # noqa: E402
from tests.support.university import GROUPS, UNIVERSITY  # noqa: E402

PASSWORD = "hub-images"

#: The demo's hub with a university's groups, and a professor who is in all of them.
CONFIGURATION = f"""
load_subconfig({str(ROOT / "jupyterhub_config.py")!r})
people = [f"person-{{number}}" for number in range(240)]
c.Authenticator.allowed_users |= {{"professor", *people}}
c.JupyterHub.load_groups = {{
    group: {{"users": ["professor", *people[at * 9 : at * 16 + 7]]}}
    for at, group in enumerate({GROUPS!r})
}}
c.HubImages.pull_secrets = ["lab-registry", "nvidia-ngc"]
"""

#: As many as a small hub has, for whoever is in all groups.
FIVE = {
    name: UNIVERSITY[name] for name in ("minimal", "scipy", "pytorch", "tensorflow", "datascience")
}
#: All of them, on offer.
ON_OFFER = {
    name: {**fields, "url": fields["url"] or "python:3.13", "global": True, "enabled": True}
    for name, fields in UNIVERSITY.items()
}

#: What a picture's name ends in: theme and width.
LOOKS = {"light": ("light", 1280), "dark": ("dark", 1280), "narrow": ("light", 390)}

Scene = Callable[[Page, str], None]


class Studio:
    """A hub, a browser, and the catalogue that the next pictures show."""

    def __init__(self, browser: Browser, url: str, database: str) -> None:
        self.browser = browser
        self.url = url
        self._database = database

    def show(self, images: Images) -> None:
        """Make `images` the catalogue."""
        fill(self._database, images)

    def take(
        self,
        name: str,
        user: str,
        address: str,
        scene: Scene = lambda _page, _suffix: None,
        *,
        looks: tuple[str, ...] = tuple(LOOKS),
        width: int | None = None,
        full: bool = False,
    ) -> None:
        """Take the picture `name` of a page in several looks, after `scene` did something there."""
        for look in looks:
            theme, of_look = LOOKS[look]
            page = self.sign_in(user, theme, width or of_look)
            page.goto(self.url + address)
            scene(page, look)
            page.wait_for_load_state("networkidle")
            suffix = look if width is None else str(width)
            if full:  # a window as high as the page, so that what sticks to its end is there
                height = page.evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": width or of_look, "height": height})
            page.screenshot(path=PICTURES / f"{name}-{suffix}.png")
            print(f"docs/pictures/{name}-{suffix}.png")
            page.context.close()

    def sign_in(self, user: str, theme: str = "light", width: int = 1280) -> Page:
        """Open a signed-in page."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 860},
            color_scheme="dark" if theme == "dark" else "light",
        )
        page = context.new_page()
        fill_in_login(page, f"{self.url}/", user, PASSWORD)
        return page

    def start_servers(self) -> None:
        """Let three people start a server with SciPy."""
        for user in ("admin", "student", "person-7"):
            page = self.sign_in(user)
            page.goto(f"{self.url}/hub/spawn?opt-instance_type=small&opt-image=scipy")
            page.wait_for_url(f"**/user/{user}/**", timeout=120_000, wait_until="commit")
            page.context.close()


def tick_three(page: Page, _look: str) -> None:
    """Choose some images, so that the bar is there."""
    for name in ("Astronomy, lab", "Bioinformatics, course", "Climate", "Data"):
        page.get_by_label(f"Choose {name}").first.check()
    page.mouse.move(0, 0)
    page.evaluate("scrollTo(0, 0)")


def ask_to_delete(page: Page, _look: str) -> None:
    """Open the dialog that asks before an image is deleted."""
    row = page.get_by_role("row", name="PyTorch")
    row.get_by_label("More actions").click()
    row.get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    dialog.get_by_text("Asking the hub").wait_for(state="hidden")


def move_a_registry(page: Page, _look: str) -> None:
    """Preview new references for the images of one registry."""
    page.get_by_label("Select all on this page").check()
    page.get_by_text("More actions", exact=True).click()
    page.get_by_role("button", name="Replace in references").click()
    page.get_by_label("Find").fill("registry.old.example.org:5000/jupyter")
    page.get_by_label("Replace with").fill("quay.io/example-university")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name="Confirm").wait_for()


def send_mistakes(page: Page, _look: str) -> None:
    """Send a form with several mistakes."""
    page.get_by_label("Name", exact=True).fill("SciPy 2026")
    page.get_by_label("Documentation URL").fill("wiki.example.org/scipy")
    page.get_by_label("Container image URL", exact=True).fill("quay.io/jupyter/SciPy:2026")
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("alert").wait_for()


def meet_another_admin(studio: Studio) -> Scene:
    """Return a scene that saves a form of which somebody else changed the image."""

    def scene(page: Page, look: str) -> None:
        other = studio.sign_in("admin")
        other.goto(f"{studio.url}/services/images/edit/pytorch")
        other.get_by_label("Display name").fill(f"PyTorch 2.9 {look}")
        other.get_by_role("button", name="Confirm").click()
        other.wait_for_url("**/images/?**")
        other.context.close()
        page.get_by_label("Display name").fill("PyTorch for everyone")
        page.get_by_role("button", name="Confirm").click()
        page.get_by_role("alert").wait_for()

    return scene


def choose_a_gpu(page: Page, _look: str) -> None:
    """Choose the instance type with a GPU."""
    page.get_by_label("One GPU").check()


def take_all(studio: Studio) -> None:
    """Take every picture."""
    images = "/services/images/"
    studio.show({})
    studio.take("list-empty", "admin", images, looks=("light",))
    studio.show(FIVE)
    studio.take("spawn-5", "professor", "/hub/spawn", choose_a_gpu)
    studio.show(UNIVERSITY)
    studio.start_servers()
    studio.take("list", "admin", images)
    studio.take("list", "admin", images, looks=("light",), width=1024)
    studio.take("list-chosen", "admin", images, tick_three)
    filtered = f"{images}?search=example&type=cpu&access=groups&registry=quay.io"
    studio.take("list-filters", "admin", f"{images}?type=cpu&access=groups&enabled=true")
    studio.take("list-nothing", "admin", filtered, looks=("light",))
    studio.take("delete", "admin", f"{images}?search=pytorch", ask_to_delete)
    old = f"{images}?registry=registry.old.example.org:5000"
    studio.take("several", "admin", old, move_a_registry)
    studio.take("image", "admin", f"{images}image/bio-lab", full=True)
    studio.take("form", "admin", f"{images}edit/bio-lab", full=True)
    studio.take("form-errors", "admin", f"{images}new", send_mistakes, full=True)
    conflict = meet_another_admin(studio)
    studio.take("form-conflict", "admin", f"{images}edit/pytorch", conflict, full=True)
    studio.take("running", "admin", f"{images}running/scipy")
    studio.show(ON_OFFER)
    studio.take("spawn-74", "professor", "/hub/spawn", choose_a_gpu)


@contextmanager
def running_hub(folder: Path) -> Iterator[str]:
    """Run the demo's hub with its data in `folder`; yield its address without the last slash."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    configuration = folder / "jupyterhub_config.py"
    configuration.write_text(CONFIGURATION)
    environment = {
        **os.environ,
        "HUB_IMAGES_DEMO_DIR": str(folder),
        "HUB_IMAGES_DEMO_PORT": str(port),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    hub = subprocess.Popen(
        [sys.executable, "-m", "jupyterhub", "-f", str(configuration)],
        cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(f"{url}/services/images/health")
        yield url
    finally:
        hub.terminate()
        hub.wait(30)


def wait_for(url: str) -> None:
    """Wait until `url` answers 200."""
    for _attempt in range(600):
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    sys.exit("The demo hub did not start.")


def main() -> None:
    """Run the hub, take the pictures, end the hub."""
    program = chromium()
    if program is None:
        sys.exit("Chromium is not on this machine: install it with `apt-get install chromium`.")
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, running_hub(Path(folder)) as url:
        database = f"sqlite:///{Path(folder) / 'hub_images.sqlite'}"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            take_all(Studio(browser, url, database))
            browser.close()


if __name__ == "__main__":
    main()
