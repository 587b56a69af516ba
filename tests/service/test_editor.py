"""Adding and editing, on a real hub."""

from __future__ import annotations

import json
import sqlite3

import pytest

from tests.support.hub import Hub
from tests.support.markup import element
from tests.support.visitor import Visitor, cell, form_fields, text

pytestmark = pytest.mark.hub


def test_add(hub: Hub, admin: Visitor) -> None:
    """The form's fields reach the catalogue; the list says so once, filtered as it was."""
    fields = form_fields(admin.get("new"))
    assert fields["global"] == fields["enabled"] == "on"
    assert fields["type"] == "universal"
    fields.update(
        name="scipy", display_name=" SciPy ", description="a\r\nb", url="quay.io/a/b:1",
        gpu_url_differs="on", gpu_url="quay.io/a/b:gpu", use_pull_secret="on",
        pull_secret="nvidia-ngc", groups=["students"],
    )  # fmt: skip
    page = admin.post("new?type=universal", 303, **fields)
    assert text(page, "#flash").startswith("Added SciPy.")
    assert text(admin.get(), "#flash") == ""
    stored = hub.images("GET", "images/scipy").json()
    assert stored["description"] == "a\nb"
    assert stored["gpu_url"] == "quay.io/a/b:gpu"
    assert stored["pull_secret"] == "nvidia-ngc"
    assert stored["global"] is True
    assert stored["groups"] == ["students"]
    assert stored["created_by"] == "admin"


def test_what_is_not_right_comes_back_with_its_reasons(hub: Hub, admin: Visitor) -> None:
    """Each error stands at its field and in the summary; what was typed is kept."""
    fields = {**form_fields(admin.get("new")), "name": "Big", "description": "\nkept",
              "url": "http://x", "use_pull_secret": "on", "pull_secret": "other"}  # fmt: skip
    page = admin.post("new", 422, **fields)
    again = form_fields(page)
    assert {k: v for k, v in again.items() if k != "_xsrf"} == {
        k: v for k, v in fields.items() if k != "_xsrf"
    }
    for name in ("name", "url"):
        control = element(page, f"#{name}")
        assert control["aria-invalid"] == "true"
        described = str(control["aria-describedby"]).split()
        assert f"error-{name}" in described
        assert text(page, f"#error-{name}") in text(page, "#problem")
        assert page.select_one(f"#problem a[href='#{name}']")
    page = admin.post("new", 422, **{**fields, "name": "ok", "url": "a:1"})
    assert text(page, "#error-pull_secret") == "other is not in the list of pull secrets."
    assert hub.images("GET").json()["items"] == []


def test_a_taken_name_is_an_error_at_the_name(hub: Hub, admin: Visitor) -> None:
    """409, with what was typed."""
    hub.add_image("taken")
    page = admin.post("new", 409, **{**form_fields(admin.get("new")), "name": "taken"})
    assert text(page, "#error-name") == "There is already an image named taken."
    assert form_fields(page)["name"] == "taken"


def test_a_taken_name_comes_with_all_other_errors(hub: Hub, admin: Visitor) -> None:
    """422 then; the summary leads to the image that has the name."""
    hub.add_image("taken")
    fields = {**form_fields(admin.get("new")), "name": " taken ", "url": "a b", "order": "x"}
    page = admin.post("new?search=t", 422, **fields)
    assert text(page, "#error-name") == "There is already an image named taken."
    shown = [link.get_text() for link in page.select("#problem a[href^='#']")]
    assert shown == ["Name", "Container image URL", "Order"]
    link = element(page, "#problem li:first-child a:not([href^='#'])")
    assert (link.get_text(), link["href"]) == (
        "Edit the existing image", "/services/images/edit/taken?search=t",
    )  # fmt: skip
    page = admin.post("new", 422, **{**fields, "name": "free"})
    assert not page.select("#error-name")
    assert "Edit the existing image" not in text(page, "#problem")


def test_the_row_is_in_sight_afterwards(hub: Hub, admin: Visitor) -> None:
    """Both lead back to the list as it was, which is told the image's name."""
    fields = {**form_fields(admin.get("new")), "name": "a"}
    for path, shown in (("new?search=x", "?shown=a&search=x"), ("edit/a", "?shown=a")):
        answer = admin.client.post(
            f"services/images/{path}",
            data={**fields, "_xsrf": admin.xsrf, "version": "1"},
            follow_redirects=False,
        )
        assert answer.headers["Location"] == f"/services/images/{shown}#image-a"


@pytest.mark.parametrize("scheme", ["https://", "docker://"])
def test_a_copied_scheme_is_taken_off_and_said_so(hub: Hub, admin: Visitor, scheme: str) -> None:
    """Saved without it, or shown again without it; REST refuses it as ever."""
    fields = {**form_fields(admin.get("new")), "name": "a", "url": f" {scheme}quay.io/a/b:1 "}
    page = admin.post("new", 422, **{**fields, "order": "x"})
    assert form_fields(page)["url"] == "quay.io/a/b:1"
    note = f"We removed {scheme}: a container image URL begins with the registry."
    assert text(page, "#note-url") == note
    assert "note-url" in str(element(page, "#url")["aria-describedby"])
    page = admin.post("new", 303, **fields)
    assert f"Added a. We removed {scheme} from its URL." in text(page, "#flash")
    assert hub.images("GET", "images/a").json()["url"] == "quay.io/a/b:1"
    over_rest = {"name": "b", "url": f"{scheme}quay.io/a/b:1"}
    assert hub.images("POST", json=over_rest).status_code == 422


def test_a_tag_that_may_change_is_a_note(hub: Hub, admin: Visitor) -> None:
    """No tag and latest are noted when the form opens, and saved all the same."""
    hub.add_image("a", url="quay.io/a/b", gpu_url="quay.io/a/b:latest")
    page = admin.get("edit/a")
    assert text(page, "#note-url").startswith("Without a tag, latest is pulled")
    assert text(page, "#note-gpu_url").startswith("The tag latest may change")
    admin.post("edit/a", 303, **form_fields(page))


def test_groups_stay_where_the_pages_script_did_not_load(hub: Hub, admin: Visitor) -> None:
    """Such a browser shows neither boxes nor the field, so nobody has taken one away."""
    hub.add_image("a", **{"global": False}, groups=["students", "gone"])
    fields = form_fields(admin.get("edit/a"))
    without = {**fields, "groups": [], "display_name": "New"}
    del without["groups_boxes"]
    admin.post("edit/a", 303, **without)
    stored = hub.images("GET", "images/a").json()
    assert (stored["display_name"], stored["groups"]) == ("New", ["students", "gone"])
    # with boxes, or with the script, none means none
    fields = form_fields(admin.get("edit/a"))
    admin.post("edit/a", 303, **{**fields, "groups": []})
    assert hub.images("GET", "images/a").json()["groups"] == []
    hub.images("PATCH", "images/a", json={"groups": ["students"]})
    fields = {**form_fields(admin.get("edit/a")), "groups": [], "groups_json": "[]"}
    del fields["groups_boxes"]
    admin.post("edit/a", 303, **fields)
    assert hub.images("GET", "images/a").json()["groups"] == []


def test_an_answer_carries_the_number_of_what_was_sent(hub: Hub, admin: Visitor) -> None:
    """By it the page's script knows that it came; of another form than a number, none is set."""

    def answered(sending: str, **changes: str) -> list[str]:
        answer = admin.client.post(
            "services/images/new",
            data={**fields, "_xsrf": admin.xsrf, "sending": sending, **changes},
            follow_redirects=False,
        )
        return [name for name in answer.cookies if name.startswith("hub-images-answered")]

    fields = {**form_fields(admin.get("new")), "name": "a"}
    assert answered("0a1", order="x") == ["hub-images-answered-0a1"]
    assert answered("0a2") == ["hub-images-answered-0a2"]
    for odd in ("", "A", "a;b", "a b", "a" * 41, "\r\nX: y"):
        assert answered(odd) == []
    assert not admin.client.get("services/images/new").cookies


def test_as_many_groups_as_an_image_may_list(hub: Hub, admin: Visitor) -> None:
    """A thousand groups in one field; the proxy alone would not let as many fields through."""
    groups = [f"g-{number:04}" for number in range(1000)]
    hub.add_image("many", **{"global": False}, groups=groups)
    fields = form_fields(admin.get("edit/many"))
    assert fields["groups"] == groups
    together = {**fields, "groups": [], "groups_json": json.dumps(fields["groups"][:-1])}
    admin.post("edit/many", 303, **together)
    assert hub.images("GET", "images/many").json()["groups"] == groups[:-1]
    for wrong in ("nonsense", "[" * 100_000, "5", '"abc"', '{"x": 1}', '[["a"]]', "[null]",
                  '["\\ud800"]', json.dumps(["g"] * 3000)):  # fmt: skip
        admin.post("edit/many", 400, **{**together, "groups_json": wrong})
    assert hub.images("GET", "images/many").json()["groups"] == groups[:-1]


def test_saving_without_a_change_changes_nothing(hub: Hub, admin: Visitor) -> None:
    """Groups in an order of their own, unknown ones, an old secret: all stay as they are."""
    hub.add_image("a", **{"global": False}, groups=["students", "gone", "data-science"],
                  description="\n x", gpu_url="a/b:gpu", tags=["b, c", "a"], order=-3,
                  documentation_url="https://wiki.example.org/", default_url="/lab",
                  environment={"B": ' "x"\r\n', "A": ""}, command=["sh", "-c", "a\n b"],
                  working_dir="/work", image_pull_policy="Never")  # fmt: skip
    before = hub.images("GET", "images/a").json()
    page = admin.post("edit/a", 303, **form_fields(admin.get("edit/a")))
    assert text(page, "#flash") == "a is unchanged."
    assert hub.images("GET", "images/a").json() == before


def test_what_a_start_sets_is_typed_and_folded(hub: Hub, admin: Visitor) -> None:
    """Without scripts too: folded while nothing is set, open with what is wrong in it."""
    page = admin.get("new")
    assert not element(page, "#at-start").has_attr("open")
    assert "no place for secrets" in text(page, "#help-environment")
    fields = {
        **form_fields(page), "name": "a", "tags": "R, Python", "order": "7",
        "environment": "A=1\r\nB", "command": "start.sh\r\n--x", "image_pull_policy": "Always",
    }  # fmt: skip
    page = admin.post("new", 422, **fields)
    assert element(page, "#at-start").has_attr("open")
    assert text(page, "#error-environment") == "Line 2: Write NAME=value."
    again = form_fields(page)
    assert again["environment"] == "A=1\nB"
    assert (again["command"], again["image_pull_policy"]) == ("start.sh\n--x", "Always")
    admin.post("new", 303, **{**again, "environment": "A=1"})
    stored = hub.images("GET", "images/a").json()
    assert (stored["tags"], stored["order"], stored["environment"]) == (
        ["R", "Python"], 7, {"A": "1"},
    )  # fmt: skip
    assert (stored["command"], stored["image_pull_policy"]) == (["start.sh", "--x"], "Always")
    assert element(admin.get("edit/a"), "#at-start").has_attr("open")


def test_two_admins_at_once_with_variables_and_arguments(hub: Hub, admin: Visitor) -> None:
    """Lists and mappings are shown and merged as a whole, like any other field."""
    hub.add_image("a", environment={"A": "1"}, command=["x"])
    fields = {**form_fields(admin.get("edit/a")), "environment": "A=2\nB=", "order": "1"}
    hub.images("PATCH", "images/a", json={"command": ["y", "z"], "environment": {"A": "3"}})
    page = admin.post("edit/a", 412, **fields)
    assert "Environment A=1 A=3 A=2 B=" in text(page, "#problem")
    assert "Command x y, z unchanged" in text(page, "#problem")
    admin.post("edit/a", 303, **form_fields(page))
    stored = hub.images("GET", "images/a").json()
    assert (stored["environment"], stored["command"], stored["order"]) == (
        {"A": "2", "B": ""}, ["y", "z"], 1,
    )  # fmt: skip


def test_the_edit_form_marks_what_is_not_known_any_more(hub: Hub, admin: Visitor) -> None:
    """A group that the hub does not know is ticked, and marked."""
    hub.add_image("a", **{"global": False}, groups=["gone"])
    page = admin.get("edit/a")
    assert "gone not known to the hub" in text(page, "#group-list")
    assert "students 1 member" in text(page, "#group-list")
    assert page.select_one("#name[readonly]")


def test_a_stored_secret_that_is_not_in_the_list_may_stay(hub: Hub, admin: Visitor) -> None:
    """It stays selected and is marked, in the form and in the list."""
    hub.add_image("a", pull_secret="lab-registry")
    with sqlite3.connect(hub.db_url.removeprefix("sqlite:///")) as database:
        database.execute("UPDATE hub_images_image SET pull_secret = 'old'")
    assert "Pull secret old is not in the list" in cell(admin.get(), "a", "Status")
    page = admin.get("edit/a")
    assert text(page, "#pull_secret option[selected]") == "old (not in the list)"
    admin.post("edit/a", 303, **{**form_fields(page), "display_name": "New"})
    assert hub.images("GET", "images/a").json()["pull_secret"] == "old"


def test_two_admins_at_once(hub: Hub, admin: Visitor) -> None:
    """The second sees what changed, keeps what was typed, and may apply it or discard it."""
    hub.add_image("a", display_name="Old")
    fields = {**form_fields(admin.get("edit/a")), "display_name": "Mine"}
    hub.images("PATCH", "images/a", json={"description": "theirs"})
    page = admin.post("edit/a", 412, **fields)
    assert "tester changed this image while you were editing" in text(page, "#problem")
    assert "Description blank theirs unchanged" in text(page, "#problem")
    assert "Display name Old Old Mine" in text(page, "#problem")
    assert page.select_one("#problem button[form=image-form]")
    assert page.select_one("#problem a[href='/services/images/edit/a']")
    assert hub.images("GET", "images/a").json()["display_name"] == "Old"
    admin.post("edit/a", 303, **form_fields(page))
    stored = hub.images("GET", "images/a").json()
    assert (stored["display_name"], stored["description"]) == ("Mine", "theirs")


def test_an_image_deleted_meanwhile_can_be_created_again(hub: Hub, admin: Visitor) -> None:
    """What was typed is kept, and goes to the page that adds."""
    hub.add_image("a")
    fields = {**form_fields(admin.get("edit/a")), "display_name": "Kept"}
    hub.images("DELETE", "images/a")
    page = admin.post("edit/a", 404, **fields)
    assert "deleted while you were editing" in text(page, "#problem")
    assert element(page, "#image-form")["action"] == "/services/images/new"
    admin.post("new", 303, **form_fields(page))
    assert hub.images("GET", "images/a").json()["display_name"] == "Kept"


@pytest.mark.parametrize("version", ["", "x", "-1", "1.0"])
def test_an_edit_without_a_version_is_refused(hub: Hub, admin: Visitor, version: str) -> None:
    """It might overwrite what another has just changed."""
    hub.add_image("a")
    admin.post("edit/a", 400, **{**form_fields(admin.get("edit/a")), "version": version})


def test_a_database_that_does_not_answer_loses_nothing(hub: Hub, admin: Visitor) -> None:
    """503 with the form as it was typed."""
    fields = {**form_fields(admin.get("new")), "name": "kept", "groups": ["students"]}
    lock = sqlite3.connect(hub.db_url.removeprefix("sqlite:///"), isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    try:
        page = admin.post("new", 503, **fields)
    finally:
        lock.close()
    assert "database" in text(page, "#problem")
    assert form_fields(page)["name"] == "kept"
    assert form_fields(page)["groups"] == ["students"]
    admin.post("new", 303, **form_fields(page))
