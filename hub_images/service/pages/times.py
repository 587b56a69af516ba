"""Times as people say them."""

from __future__ import annotations

from datetime import datetime


def time_since(then: datetime, now: datetime) -> str:
    """Say how long ago `then` was, as people would; after 30 days, its date."""
    seconds = (now - then).total_seconds()
    for name, length, below in (("minute", 60, 3600), ("hour", 3600, 86400)):
        if seconds < length:
            break
        if seconds < below:
            return _ago(int(seconds // length), name)
    if seconds < 60:
        return "just now"
    days = int(seconds // 86400)
    return _ago(days, "day") if days < 30 else then.date().isoformat()


def _ago(count: int, unit: str) -> str:
    return f"{count} {unit} ago" if count == 1 else f"{count} {unit}s ago"
