"""How long a person waits for each key: in the group field, and in the search of the options form.

Guarantees: the same keys are pressed in every run, and each key's time is the median of its runs,
so that an interruption by the machine is no slow key. The slowest key is the one whose median is
the longest.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page

from tests.bench.catalogue import fill
from tests.bench.findings import Finding, Goal, Part, ratio
from tests.bench.hubs import make_hub
from tests.bench.measure import Series, number, percentile
from tests.support.browser import chromium_browser, sign_in
from tests.support.catalogue import open_engine
from tests.support.requirements import chromium_missing

GROWTH = Goal("at most 1.5 times", 1.5)
LIMIT = Goal("within 50 ms", 50)
FEW, MANY = 50, 5_000
RUNS = 9
READING_MILLISECONDS = 500
SEARCHES = ("physics", "2024 numpy", "ask zhang", "a", "xyz", "the")
GROUP_SEARCHES = ("course", "e-1", "2", "SEMINAR", "xyz")

METHOD = f"""
**Keys.** Chromium types into the group field of the form that adds an image, where one hub has
{FEW} groups and another {MANY:,}, and into the search of the options form of one hub, where one
user sees {FEW} images and another {MANY:,}. The few and the many take turns, {RUNS} times. A run
opens the page anew, and types half a second later, as quickly as people do at best:
{", ".join(f"`{text}`" for text in GROUP_SEARCHES)} for groups,
{", ".join(f"`{text}`" for text in SEARCHES)} for images, and deletes each again. A key takes from
the keyboard event until the frame after it; the wait for that frame alone takes up to 17 ms. A key
counts with the median of its {RUNS} times, and the slowest one is in the table. The limit of 50 ms
says what a person feels, the ratio what many images cost on this machine; of single keys, others'
work on the machine makes some slow at {FEW} images as well.
"""

# Runs before the page's own scripts.
_WATCH = """
window.keys = [];
addEventListener("keydown", (event) => {
  const began = event.timeStamp;
  requestAnimationFrame(() => setTimeout(() => { keys.push(performance.now() - began); }));
}, true);
"""


@dataclass
class Typist:
    """Someone who types into a field of a page, again and again."""

    page: Page
    url: str
    find: Callable[[Page], Locator]
    keys: list[list[float]] = field(default_factory=list)

    @property
    def slowest(self) -> Series:
        """The times of the slowest key, run by run."""
        return max((Series(times) for times in zip(*self.keys, strict=True)), key=_median)

    def type(self, texts: Sequence[str]) -> None:
        """Open the page, type each text and delete it again."""
        self.page.goto(self.url)
        self.find(self.page).focus()
        self.page.wait_for_timeout(READING_MILLISECONDS)
        for text in texts:
            self.page.keyboard.type(text, delay=30)
            for _ in text:
                self.page.keyboard.press("Backspace", delay=30)
        typed = 2 * sum(map(len, texts))
        found = self.page.wait_for_function("(typed) => keys.length >= typed && keys", arg=typed)
        self.keys.append(list(map(float, found.json_value())))


def run(folder: Path) -> Part:
    """Type into both fields."""
    if reason := chromium_missing():
        return Part([], METHOD, [f"Not measured: {reason}"])
    with chromium_browser() as browser:
        groups = _in_group_field(browser, folder / "groups")
        search = _in_search(browser, folder / "search")
    typed = [key for run in search[MANY].keys for key in run]
    middle = search[MANY].slowest.median
    absolute = Finding(
        f"typing in the form's search at {MANY:,} images, slowest key", LIMIT, middle,
        f"**{number(middle)} ms**; of {len(typed)} keys, 99 of 100 within "
        f"{number(percentile(typed, 0.99))} ms, median {Series(typed)}",
    )  # fmt: skip
    field_ = "typing in the group field with {} groups, against {}, slowest key"
    images = "typing in the form's search with {} images, against {}, slowest key"
    return Part([_growth(field_, groups), _growth(images, search), absolute], METHOD)


def _median(series: Series) -> float:
    return series.median


def _growth(what: str, typists: Mapping[int, Typist]) -> Finding:
    many, few = typists[MANY].slowest, typists[FEW].slowest
    return ratio(what.format(f"{MANY:,}", FEW), GROWTH, many, few, (f"at {MANY:,}", f"at {FEW}"))


def _take_turns(typists: Mapping[int, Typist], texts: Sequence[str]) -> None:
    for typist in typists.values():
        typist.page.add_init_script(_WATCH)
    for _turn in range(RUNS + 1):
        for typist in typists.values():
            typist.type(texts)
    for typist in typists.values():
        del typist.keys[0]  # the first turn fills the browser's cache


def _in_group_field(browser: Browser, folder: Path) -> dict[int, Typist]:
    with ExitStack() as stack:
        typists = {}
        for count in (FEW, MANY):
            names = [f"{'course' if i % 3 else 'seminar'}-{i:04}" for i in range(count)]
            extra = f"c.JupyterHub.load_groups = {{n: {{'users': []}} for n in {names!r}}}\n"
            hub = stack.enter_context(make_hub(folder / str(count), extra=extra))
            page = sign_in(browser, hub, "admin")
            typists[count] = Typist(page, f"{hub.images_url}new", _group_field)
        _take_turns(typists, GROUP_SEARCHES)
        for count, typist in typists.items():
            known = typist.page.locator("#group-field").get_attribute("data-known") or ""
            assert known.count("course-") + known.count("seminar-") == count
            typist.page.context.close()
    return typists


def _group_field(page: Page) -> Locator:
    page.get_by_label("Global").uncheck()
    return page.locator("#groups").get_by_role("combobox")


def _in_search(browser: Browser, folder: Path) -> dict[int, Typist]:
    folder.mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{folder / 'images.sqlite'}"
    engine = open_engine(url)
    fill(engine, MANY, lambda index: None if index < FEW else "many")
    engine.dispose()
    extra = 'c.JupyterHub.load_groups = {"many": {"users": ["many"]}}\n'
    with make_hub(folder / "hub", db_url=url, extra=extra) as hub:
        typists = {
            count: Typist(sign_in(browser, hub, user), f"{hub.url}hub/spawn", _search)
            for count, user in ((FEW, "few"), (MANY, "many"))
        }
        _take_turns(typists, SEARCHES)
        for typist in typists.values():
            typist.page.context.close()
    return typists


def _search(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="Search images")
