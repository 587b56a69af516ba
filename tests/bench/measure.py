"""Series of measurements, taken in turns, and what is made of them.

Guarantees: subjects that are compared run one after the other in every round, never all
of one before all of the other; the first rounds, which warm caches up, are not counted.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Unit = Literal["ms", "MB", "bytes"]


@dataclass(frozen=True)
class Series:
    """What was measured of one subject, round by round, in `unit`."""

    values: Sequence[float]
    unit: Unit = "ms"

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The quartiles; the extremes where there are fewer than five values."""
        if len(self.values) < 5:
            return min(self.values), max(self.values)
        low, _middle, high = statistics.quantiles(self.values, n=4, method="inclusive")
        return low, high

    def __str__(self) -> str:
        low, high = self.spread
        if low == high:
            return f"{number(self.median)} {self.unit}"
        return f"{number(self.median)} {self.unit} ({number(low)} to {number(high)})"


def number(value: float) -> str:
    """Write `value` with three figures that count."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


async def in_turns(
    subjects: Mapping[str, Callable[[], Awaitable[object]]],
    *,
    rounds: int,
    warm_up: int = 2,
    repeat: int = 1,
) -> dict[str, Series]:
    """Time each subject once a round, in milliseconds for one call out of `repeat`.

    The order is reversed every second round, so that nobody always comes after the same.
    """
    found: dict[str, list[float]] = {name: [] for name in subjects}
    gc.collect()
    gc.freeze()  # what stands already, thousands of images, is not looked through again
    for turn in range(warm_up + rounds):
        names = list(subjects) if turn % 2 else list(subjects)[::-1]
        gc.collect()
        for name in names:
            began = time.perf_counter()
            for _ in range(repeat):
                await subjects[name]()
            if turn >= warm_up:
                found[name].append((time.perf_counter() - began) * 1000 / repeat)
    gc.unfreeze()
    return {name: Series(values) for name, values in found.items()}


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of the sorted values do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, max(0, round(share * len(ranked)) - 1))]
