"""How many examples hypothesis tries."""

from __future__ import annotations

from hypothesis import HealthCheck, settings


def at_most(examples: int) -> settings:
    """Bound the examples, the same in every run."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
