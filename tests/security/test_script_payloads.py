"""Text that would run as a script elsewhere, through every field to every page, in a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from tests.support.attacks import MARKDOWN_PAYLOADS, RUN
from tests.support.browser import sign_in
from tests.support.hub import Hub
from tests.support.starts import recording_hub

pytestmark = pytest.mark.timeout(240)

PAYLOADS = [
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"</textarea><script>{RUN}</script>",
    f"</title></style><script>{RUN}</script>",
    f"<img src=x onerror={RUN}>",
    f"\"><svg onload='{RUN}'>",
    f"' autofocus onfocus='{RUN}",
    f'" onmouseover="{RUN}" style="position:fixed;inset:0',
    f"<details open ontoggle={RUN}>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'>",
    f"javascript:{RUN}",
    f"--><script>{RUN}</script><!--",
    f"<math><mtext></form><form><mglyph><style></math><img src=x onerror={RUN}>",
    f"{{{{7*7}}}}${{7*7}}<%= {RUN} %>{{% raw %}}",
    f"&lt;script&gt;{RUN}&lt;/script&gt;",
    f"\u2028\uff1cscript\uff1e{RUN}\uff1c/script\uff1e",
    f"</template><template><script>{RUN}</script>",
]

#: What no address may hold.
CHARACTERS = r"[\s\\]"
CONTROLS = {"\x00", "\x01"}


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Run a hub with an image for each payload, in each field that takes any text."""
    instance_type = f"""
c.HubImages.instance_types.append(
    {{"name": "odd", "display_name": {PAYLOADS[0]!r}, "description": {PAYLOADS[5]!r}}}
)
"""
    with recording_hub(tmp_path_factory.mktemp("payloads"), extra=instance_type) as running:
        for number, payload in enumerate(PAYLOADS):
            text = {"display_name": payload, "description": payload}
            as_address = re.sub(CHARACTERS, "", payload)
            text |= {"working_dir": f"/{payload.strip()}", "default_url": f"/{as_address}"}
            text |= {"documentation_url": f"https://example.org/?{as_address}"}
            lists = {"tags": [payload[:32].strip()], "command": [payload]}
            groups = {"groups": ["students", payload.strip()], "global": False}
            variables = {"X": payload}
            running.add_image(f"image-{number}", **text, **lists, **groups, environment=variables)
        for number, payload in enumerate(MARKDOWN_PAYLOADS):
            # what a description cannot hold is for the test of the renderer
            if not CONTROLS.intersection(payload):
                text = {"display_name": f"M {number}", "description": payload}
                running.add_image(f"markdown-{number}", **text)
        yield running


def _stirred(page: Page, address: str) -> int:
    """Open a page, wake what waits for pointer or focus, and return how often anything ran."""
    page.goto(address)
    for locator in page.locator("main a, main input, form label").all()[:20]:
        if locator.is_visible():
            locator.hover(force=True)
    return int(page.evaluate("window.__ran || 0"))


def test_nothing_runs_on_the_admins_pages(browser: Browser, hub: Hub) -> None:
    """List, search, filter, form and dialog; dialogs opened by scripts count as well."""
    page = sign_in(browser, hub, "admin")
    opened: list[str] = []

    def note(dialog: Dialog) -> None:
        opened.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    for address in ("", "?confirm=image-5", "new"):
        assert _stirred(page, hub.images_url + address) == 0
    for number, payload in enumerate(PAYLOADS):
        asked = quote(payload, safe="")
        for address in (
            f"edit/image-{number}",
            f"image/image-{number}?confirm={asked}",
            f"?search={asked}&group={asked}&type={asked}&sort={asked}&page={asked}&access={asked}",
        ):
            page.goto(hub.images_url + address)
            assert page.evaluate("window.__ran || 0") == 0, payload
    for number in range(len(PAYLOADS)):
        assert _stirred(page, f"{hub.images_url}image/image-{number}") == 0
        page.get_by_text("Show this image as YAML").click()
        assert page.evaluate("window.__ran || 0") == 0
    page.goto(f"{hub.images_url}?search=image-4")
    row = page.get_by_role("row", name="image-4")
    row.get_by_label("More actions").click()
    row.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_text("running server").wait_for()
    assert page.evaluate("window.__ran || 0") == 0
    assert opened == []
    page.context.close()


def test_nothing_runs_on_the_options_form(browser: Browser, hub: Hub) -> None:
    """Which the hub prints into a page that allows scripts in line."""
    page = sign_in(browser, hub, "student")
    assert _stirred(page, f"{hub.url}hub/spawn") == 0
    # it is there, as text
    shown = page.locator("#hub-images").inner_text() if page.locator("#hub-images").count() else ""
    text = shown or page.locator("form").first.inner_text()
    assert PAYLOADS[4] in text
    for payload in PAYLOADS:
        page.goto(f"{hub.url}hub/spawn#image={quote(payload)}&instance_type={quote(payload)}")
        page.reload()
        assert page.evaluate("window.__ran || 0") == 0, payload
    page.context.close()


def test_descriptions_bring_no_scripts_into_the_options_form(browser: Browser, hub: Hub) -> None:
    """No link leads to a script, as the browser reads it, and no element has a handler."""
    page = sign_in(browser, hub, "student")
    page.goto(f"{hub.url}hub/spawn")
    rows = page.locator(".hi-row")
    expect(rows.filter(has_text="M 0")).to_be_attached()
    links, handlers = page.evaluate(
        """() => {
          const all = [...document.querySelectorAll(".hi-row *")];
          const names = all.flatMap((element) => element.getAttributeNames());
          return [all.filter((element) => "protocol" in element).map((link) => link.protocol),
                  names.filter((name) => name.startsWith("on"))];
        }"""
    )
    assert set(links) == {"https:"}
    assert handlers == []
    assert page.evaluate("window.__ran || 0") == 0
    page.context.close()


def test_the_check_can_fail(browser: Browser, hub: Hub) -> None:
    """The same payload in a page that trusts it does run."""
    page = browser.new_page()
    page.set_content(f"<body>{PAYLOADS[4]}</body>")
    page.wait_for_function("window.__ran === 1")
    page.close()
