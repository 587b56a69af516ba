"""What the form says beside a container image URL that is valid: notes, which hinder nobody.

The page's script says the same while somebody types, with the sentences of this module.
"""

from __future__ import annotations

from hub_images.catalogue.reference import moving_tag, reference_problem

#: By the scheme.
TAKEN_OFF = "We removed {scheme}: a container image URL begins with the registry."
MISSING_TAG = "Without a tag, latest is pulled, which may change at any time."
LATEST = "The tag latest may change at any time. A version, a date or a digest says what starts."


def reference_notes(typed: str, scheme: str = "") -> list[str]:
    """Return the notes on a reference from which we removed `scheme`, if it is not blank."""
    notes = [TAKEN_OFF.format(scheme=scheme)] if scheme else []
    reference = typed.strip()
    if reference and reference_problem(reference) is None:
        moving = moving_tag(reference)
        notes += [MISSING_TAG] if moving == "missing" else [LATEST] if moving == "latest" else []
    return notes
