"""Generated `user_options`, and what may come of them.

Half of the values are real names, or hardly anything would start.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.support.hub_config import REG
from tests.support.starts import IMAGES

_COMMON = {("minimal", f"{REG}minimal:1"), ("scipy", f"{REG}scipy:1")}
_CPU = {*_COMMON, ("torch", f"{REG}torch:1")}
_GPU = {("minimal", f"{REG}minimal:1"), ("cuda", f"{REG}cuda:1"), ("torch", f"{REG}torch:gpu")}
#: Instance type, image and reference that each may start; nothing else is ever started.
MAY_START: dict[str, set[tuple[str, str, str]]] = {
    "nobody": {("small", *image) for image in _COMMON},
    "student": {("small", *image) for image in {*_COMMON, ("course", f"{REG}course:1")}},
    "scientist": {
        *((name, *image) for name in ("small", "large") for image in _CPU),
        *(("gpu-1", *image) for image in _GPU),
    },
}

_REAL_IMAGES = st.sampled_from([*IMAGES, "absent"])
_REAL_TYPES = st.sampled_from(["small", "large", "gpu-1", "default"])
_ODD = st.sampled_from(
    ["", " ", "minimal ", "MINIMAL", "mini\0mal", f"{REG}evil:1", f"{REG}default:never",
     "../secret", "torch:gpu", "{username}", "%s", "secret\n", "\ud800", "ｓecret", "*", "x" * 3000]
)  # fmt: skip
_TEXT = st.one_of(_ODD, st.text(max_size=20))
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | _TEXT | _REAL_IMAGES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=5,
)
_EXTRA_KEYS = [
    "hub_images_filled_in", "profile", "image_spec", "kubespawner_override", "image_pull_secrets",
    "unlisted_choice", "reference", "url", "Image", "image ", "opt-image", "spawner", "groups",
]  # fmt: skip
_FILLED_IN = st.lists(st.sampled_from(["image", "instance_type", "x"]), max_size=3)


def _options(values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    named = {"instance_type": _REAL_TYPES | values, "image": _REAL_IMAGES | values}
    ours = st.fixed_dictionaries(named) | st.fixed_dictionaries({}, optional=named)
    others = st.dictionaries(
        st.sampled_from(_EXTRA_KEYS) | _TEXT, values | _REAL_IMAGES, max_size=3
    )
    filled = st.fixed_dictionaries({}, optional={"hub_images_filled_in": _FILLED_IN | values})
    return st.tuples(others, filled, ours).map(lambda parts: {**parts[0], **parts[1], **parts[2]})


JSON_OPTIONS = _options(_JSON)
# what forms and links can carry: lists of text, and our fields not always once
_FIELD = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["", " ", "minimal ", f"{REG}evil:1", "../secret", "mini\0mal", "x" * 3000]
)
FIELDS = st.dictionaries(
    st.sampled_from([*_EXTRA_KEYS, "opt-instance_type", "_x"]),
    st.lists(_FIELD, max_size=2),
    max_size=2,
).flatmap(
    lambda others: st.fixed_dictionaries(
        {},
        optional={
            "instance_type": st.lists(_REAL_TYPES | _FIELD, min_size=1, max_size=2),
            "image": st.lists(_REAL_IMAGES | _FIELD, min_size=1, max_size=2),
        },
    ).map(lambda ours: {**others, **ours})
)
USERS = st.sampled_from(sorted(MAY_START))


def asked_for(options: dict[str, Any]) -> dict[str, Any]:
    """Return what is asked for; a key said to be filled in last time is not."""
    filled = options.get("hub_images_filled_in")
    filled = filled if isinstance(filled, list) else []
    return {key: value for key, value in options.items() if key not in filled}
