"""How long a person waits for the options form in a browser, and for each key in its search."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

from tests.bench.catalogue import fill
from tests.bench.findings import Finding, Goal, Part, ratio
from tests.bench.hubs import make_hub
from tests.bench.measure import Series, number, percentile
from tests.support.browser import chromium_browser, sign_in
from tests.support.catalogue import open_engine
from tests.support.requirements import chromium_missing

USABLE = Goal("under 5 times", 5)
KEY = Goal("never longer than 50 ms", 50)
FEW, MANY = 50, 5_000
ROUNDS = 20
TYPED = ("physics", "2024 numpy", "ask zhang", "a", "xyz", "the")

METHOD = f"""
**Browser.** Headless Chromium opens the spawn page of a real hub, through its proxy, for two
users of one catalogue. One sees {FEW} images, the other {MANY:,}. They take turns, with the
hub's own scripts and styles in the browser's cache. The form is usable once the search box is
there, the list is narrowed to what fits, and a frame with them is painted; the time begins with
the navigation. A key takes from the keyboard event until the frame after it. The wait for that
frame alone takes up to 17 ms. At {MANY:,} images the test types
{", ".join(f"`{text}`" for text in TYPED)}, and deletes each again.
"""

# Both run before the page's own scripts.
WATCH = """
performance.mark("start");
const usable = () => {
  const search = document.getElementById("hi-search");
  if (search && !search.hidden) {
    requestAnimationFrame(() => setTimeout(() => { window.usableAt = performance.now(); }));
  } else requestAnimationFrame(usable);
};
usable();
window.keys = [];
addEventListener("keydown", (event) => {
  const began = event.timeStamp;
  requestAnimationFrame(() => setTimeout(() => { keys.push(performance.now() - began); }));
}, true);
"""


def run(folder: Path) -> Part:
    """Open the page for both users in turns, then type."""
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
        keys = _type(pages["many"])
    names = (f"at {MANY:,}", f"at {FEW}")
    what = f"time to a usable spawn form in Chromium at {MANY:,} visible images, against {FEW}"
    longest = Finding(
        f"typing in the form's search at {MANY:,} images, slowest key", KEY, max(keys),
        f"**{number(max(keys))} ms**; of {len(keys)} keys, 99 of 100 within "
        f"{number(percentile(keys, 0.99))} ms, median {Series(keys)}",
    )  # fmt: skip
    return Part(
        [ratio(what, USABLE, Series(taken["many"]), Series(taken["few"]), names), longest], METHOD
    )


def _open(page: Page, url: str) -> float:
    page.goto(url)
    return float(page.wait_for_function("window.usableAt").json_value())


def _type(page: Page) -> list[float]:
    search = page.get_by_role("searchbox", name="Search images")
    search.focus()
    for text in TYPED:
        page.keyboard.type(text, delay=60)
        for _ in text:
            page.keyboard.press("Backspace", delay=60)
    page.wait_for_timeout(300)
    return [float(taken) for taken in page.evaluate("window.keys")]
