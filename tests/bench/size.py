"""How large the options form is on the wire."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

from tests.bench.catalogue import filled, images
from tests.bench.findings import Finding, Goal, Part
from tests.bench.hooks import hooks_over, make_spawner, write_kubeconfig
from tests.bench.measure import number

GOAL = Goal("at most 60 bytes an image", 60)
COUNT = 5_000

METHOD = """
**Size.** The form's HTML with its style and script, without the hub's page around it. It is
compressed by `gzip` at level 6, as proxies do it, and divided by the number of images. Names,
display names, descriptions in Markdown and tags are those of `tests/bench/catalogue.py`. "The
texts alone" are the same names, display names, descriptions and tags as tab-separated lines, by
the same gzip. No markup can be smaller than that. "Without descriptions" is without tags too.
"""


def run(folder: Path) -> Part:
    """Measure with descriptions and without."""
    write_kubeconfig(folder)
    parts = [asyncio.run(_size(folder, described)) for described in (True, False)]
    return Part([finding for finding, _also in parts], METHOD, [also for _finding, also in parts])


async def _size(folder: Path, described: bool) -> tuple[Finding, str]:
    url = f"sqlite:///{folder / f'size-{described}.sqlite'}"
    with filled(url, COUNT, described=described), hooks_over(url) as hooks:
        html = (await hooks.options_form(make_spawner())).encode()
    each = _gzipped(html) / COUNT
    kind = "with descriptions" if described else "without descriptions"
    specs = list(images(COUNT, described=described))
    texts = "\n".join(
        "\t".join((s.name, s.display_name, s.description, *s.tags)) for s in specs
    ).encode()
    finding = Finding(
        f"size of the form's HTML at {COUNT:,} visible images, gzip, {kind}", GOAL, each,
        f"**{number(each)}** bytes an image; {_gzipped(html) / 1000:,.0f} kB of "
        f"{len(html) / 1000:,.0f} kB",
    )  # fmt: skip
    return finding, (
        f"The texts alone, {kind}: {number(_gzipped(texts) / COUNT)} bytes an image by gzip, "
        f"{number(len(texts) / COUNT)} without."
    )


def _gzipped(content: bytes) -> int:
    return len(gzip.compress(content, compresslevel=6))
