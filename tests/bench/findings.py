"""What a benchmark found: one line of the table, and whether its goal is met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.bench.measure import Series, number


@dataclass(frozen=True)
class Goal:
    """At most `limit`, or at least where `at_least`; `text` is what the table says."""

    text: str
    limit: float
    at_least: bool = False

    def met(self, value: float) -> bool:
        """Say whether `value` is within the goal."""
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True)
class Finding:
    """One line of the table: `value` is what the goal is about, the rest explains it."""

    what: str
    goal: Goal
    value: float
    measured: str

    @property
    def met(self) -> bool:
        """Whether the goal is met."""
        return self.goal.met(self.value)


@dataclass(frozen=True)
class Part:
    """What one benchmark contributes to the page."""

    findings: Sequence[Finding]
    method: str
    """How it was measured, in Markdown: what stands for what, and what was left out."""
    also: Sequence[str] = field(default_factory=tuple)
    """Figures without a goal that belong beside the others."""


def ratio(what: str, goal: Goal, ours: Series, peer: Series, names: tuple[str, str]) -> Finding:
    """Compare the medians; with `at_least` the peer's by ours (how many times faster)."""
    value = peer.median / ours.median if goal.at_least else ours.median / peer.median
    return Finding(what, goal, value, f"**{number(value)}**; {names[0]} {ours}, {names[1]} {peer}")
