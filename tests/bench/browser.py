"""How long a person waits for the options form in a browser."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.bench.catalogue import fill
from tests.bench.findings import Goal, Part, ratio
from tests.bench.hubs import make_hub
from tests.bench.measure import Series
from tests.support.browser import chromium_browser, sign_in
from tests.support.catalogue import open_engine
from tests.support.requirements import chromium_missing

USABLE = Goal("under 5 times", 5)
FEW, MANY = 50, 5_000
ROUNDS = 20

METHOD = f"""
**Browser.** Headless Chromium opens the spawn page of a real hub, through its proxy, for two
users of one catalogue. One sees {FEW} images, the other {MANY:,}. They take turns, with the
hub's own scripts and styles in the browser's cache. The form is usable once the search box is
there, the list is narrowed to what fits, and a frame with them is painted; the time begins with
the navigation.
"""

# Runs before the page's own scripts.
WATCH = """
performance.mark("start");
const usable = () => {
  const search = document.getElementById("hi-search");
  if (search && !search.hidden) {
    requestAnimationFrame(() => setTimeout(() => { window.usableAt = performance.now(); }));
  } else requestAnimationFrame(usable);
};
usable();
"""


def run(folder: Path) -> Part:
    """Open the page for both users in turns."""
    if reason := chromium_missing():
        return Part([], METHOD, [f"Not measured: {reason}"])
    url = f"sqlite:///{folder / 'images.sqlite'}"
    engine = open_engine(url)
    fill(engine, MANY, lambda index: None if index < FEW else "many")
    engine.dispose()
    extra = 'c.JupyterHub.load_groups = {"many": {"users": ["many"]}}\n'
    with make_hub(folder / "hub", db_url=url, extra=extra) as hub, chromium_browser() as browser:
        pages = {user: sign_in(browser, hub, user) for user in ("few", "many")}
        taken: dict[str, list[float]] = {user: [] for user in pages}
        for page in pages.values():
            page.add_init_script(WATCH)
        for turn in range(ROUNDS + 2):
            for user, page in pages.items():
                usable = _open(page, f"{hub.url}hub/spawn")
                if turn >= 2:
                    taken[user].append(usable)
        assert "images fit" in (pages["few"].text_content("#hi-count") or "")
    names = (f"at {MANY:,}", f"at {FEW}")
    what = f"time to a usable spawn form in Chromium at {MANY:,} visible images, against {FEW}"
    return Part([ratio(what, USABLE, Series(taken["many"]), Series(taken["few"]), names)], METHOD)


def _open(page: Page, url: str) -> float:
    page.goto(url)
    return float(page.wait_for_function("window.usableAt").json_value())
