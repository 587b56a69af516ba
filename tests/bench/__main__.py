"""Runs the benchmarks: `python -m tests.bench`, or `python -m tests.bench form search` for some.

The page is written only where all ran; the figures are printed as they come.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench import (
    browser,
    check,
    crowd,
    form,
    keys,
    memory,
    pages,
    report,
    rest_api,
    search,
    size,
    start,
)
from tests.bench.findings import Part

BENCHMARKS: dict[str, Callable[[Path], Part]] = {
    "form": form.run,
    "check": check.run,
    "start": start.run,
    "rest_api": rest_api.run,
    "search": search.run,
    "pages": pages.run,
    "crowd": crowd.run,
    "memory": memory.run,
    "size": size.run,
    "browser": browser.run,
    "keys": keys.run,
}


def main() -> None:
    """Measure, print, and write the page."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    names = parser.parse_args().names or list(BENCHMARKS)
    if unknown := set(names) - BENCHMARKS.keys():
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    began, load = time.monotonic(), os.getloadavg()[0]
    parts = []
    for name in names:
        print(f"[bench] {name}", flush=True)
        with tempfile.TemporaryDirectory(prefix="hub-images-bench-") as folder:
            parts.append(BENCHMARKS[name](Path(folder)))
        for finding in parts[-1].findings:
            verdict = "met   " if finding.met else "MISSED"
            print(f"  {verdict} {finding.what}: {finding.goal.text}: {finding.measured}")
        for line in parts[-1].also:
            print(f"         {line}")
    seconds = time.monotonic() - began
    print(f"[bench] {seconds:.0f} s in all")
    if names == list(BENCHMARKS):
        report.write_page(parts, seconds, (load, os.getloadavg()[0]))
        print(f"[bench] wrote {report.PAGE.name}")


if __name__ == "__main__":
    main()
