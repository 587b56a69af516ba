"""Adding an image that starts as a copy of another, on a real hub."""

from __future__ import annotations

import pytest

from tests.support.hub import Hub
from tests.support.markup import element
from tests.support.visitor import Visitor, form_fields, text

pytestmark = pytest.mark.hub


def test_a_copy_is_all_but_the_name(hub: Hub, admin: Visitor) -> None:
    """The name is blank; after a mistake, what was typed counts and not the original."""
    original = hub.add_image(
        "scipy", display_name="SciPy", **{"global": False}, groups=["gone", "students"],
        gpu_url="a/b:gpu", pull_secret="lab-registry", environment={"A": "1"}, order=3,
    )  # fmt: skip
    page = admin.get("new?from=scipy&search=sci")
    assert text(page, ".hub-images-original") == "A copy of SciPy . Give it a name of its own."
    link = element(page, ".hub-images-original a")
    assert link["href"] == "/services/images/image/scipy?search=sci"
    assert element(page, "#name").has_attr("autofocus")
    fields = form_fields(page)
    assert (fields["name"], fields["version"], fields["base"]) == ("", "", "")
    action = str(element(page, "#image-form")["action"]).removeprefix("/services/images/")
    page = admin.post(action, 422, **{**fields, "order": "x", "display_name": "Mine"})
    again = form_fields(page)
    assert (again["order"], again["display_name"]) == ("x", "Mine")
    assert "A copy of scipy" in text(page, ".hub-images-original")
    assert not element(page, "#name").has_attr("autofocus")  # the summary has the focus
    admin.post(action, 303, **{**again, "order": "3", "name": "scipy-2"})
    copy = hub.images("GET", "images/scipy-2").json()
    of_its_own = {"name", "display_name", "version", "created_at", "updated_at", "created_by",
                  "updated_by"}  # fmt: skip
    assert {k: v for k, v in copy.items() if k not in of_its_own} == {
        k: v for k, v in original.items() if k not in of_its_own
    }
    assert (copy["display_name"], copy["version"]) == ("Mine", 1)


def test_a_copy_without_a_display_name_has_none(hub: Hub, admin: Visitor) -> None:
    """What was made of the original's name does not become the copy's."""
    hub.add_image("a")
    assert form_fields(admin.get("new?from=a"))["display_name"] == ""


@pytest.mark.parametrize("name", ["nope", "<b>"])
def test_a_copy_of_nothing_is_a_sentence(hub: Hub, admin: Visitor, name: str) -> None:
    """404 when it opens; what is typed by then can be sent all the same."""
    assert "There is no image named" in text(admin.get(f"new?from={name}", 404), "main")
    fields = {**form_fields(admin.get("new")), "name": "Bad"}
    page = admin.post(f"new?from={name}", 422, **fields)
    assert ("A copy of" in page.get_text()) == (name == "nope")


def test_a_reader_copies_nothing(hub: Hub, admin: Visitor, reader: Visitor) -> None:
    """403, as for the empty form."""
    hub.add_image("a")
    reader.get("new?from=a", 403)
