"""Measures hub-images against named peers and writes `docs/performance.md`.

`python -m tests.bench` runs everything, `python -m tests.bench form search` some of it. Figures are
ratios within one run: subject and peer take turns, so that what else the machine does
falls on both.
"""
