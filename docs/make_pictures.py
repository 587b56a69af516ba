"""Takes the pictures in docs/pictures again: `make docs-shots`.

Runs the demo hub in a temporary folder and drives Chromium through it as a person would.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
PICTURES = Path(__file__).parent / "pictures"
sys.path.insert(0, str(ROOT))

from tests.support.processes import free_port  # noqa: E402 (the path is set above)
from tests.support.requirements import chromium  # noqa: E402

PASSWORD = "hub-images"


def sign_in(browser: Browser, url: str, user: str, theme: str, width: int) -> Page:
    """Open a signed-in page of `width` pixels in the light or dark theme."""
    context = browser.new_context(
        viewport={"width": width, "height": 860},
        color_scheme="dark" if theme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(f"{url}/hub/login")
    page.get_by_label("Username").fill(user)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_load_state("networkidle")
    return page


def take(page: Page, name: str, *, full: bool = True) -> None:
    """Write one picture."""
    page.wait_for_timeout(400)
    page.screenshot(path=PICTURES / f"{name}.png", full_page=full)
    print(f"docs/pictures/{name}.png")


def admin_pictures(browser: Browser, url: str, theme: str, width: int, suffix: str) -> None:
    """Take list, form, delete dialog, and who runs an image."""
    page = sign_in(browser, url, "admin", theme, width)
    page.goto(f"{url}/services/images/")
    take(page, f"list-{suffix}")
    page.goto(f"{url}/services/images/edit/pytorch")
    take(page, f"form-{suffix}")
    page.goto(f"{url}/services/images/")
    row = page.get_by_role("row", name="pytorch")
    row.get_by_label("More actions").click()
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").wait_for()
    take(page, f"delete-{suffix}", full=False)
    page.goto(f"{url}/services/images/running/scipy")
    take(page, f"running-{suffix}")
    page.context.close()


def start_servers(browser: Browser, url: str) -> None:
    """Let two people start a server with SciPy."""
    for user in ("admin", "student"):
        page = sign_in(browser, url, user, "light", 1280)
        page.goto(f"{url}/hub/spawn?opt-instance_type=small&opt-image=scipy")
        page.wait_for_url(f"**/user/{user}/**", timeout=120_000, wait_until="commit")
        page.context.close()


def spawn_pictures(browser: Browser, url: str, theme: str, width: int, suffix: str) -> None:
    """Take the options form, with a GPU chosen."""
    page = sign_in(browser, url, "scientist", theme, width)
    page.goto(f"{url}/hub/spawn#instance_type=gpu-1&image=pytorch")
    take(page, f"spawn-{suffix}", full=False)  # the bar is at the window's end
    page.context.close()


def main() -> None:
    """Run the demo, take the pictures, end the demo."""
    program = chromium()
    if program is None:
        sys.exit("Chromium is not on this machine: install it with `apt-get install chromium`.")
    PICTURES.mkdir(exist_ok=True)
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "HUB_IMAGES_DEMO_DIR": folder,
            "HUB_IMAGES_DEMO_PORT": str(port),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        hub = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", str(ROOT / "jupyterhub_config.py")],
            cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            wait_for(f"{url}/services/images/health")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
                start_servers(browser, url)
                for theme in ("light", "dark"):
                    admin_pictures(browser, url, theme, 1280, theme)
                    spawn_pictures(browser, url, theme, 1280, theme)
                admin_pictures(browser, url, "light", 390, "narrow")
                spawn_pictures(browser, url, "dark", 390, "narrow")
                browser.close()
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


if __name__ == "__main__":
    main()
