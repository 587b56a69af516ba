"""Rendering the options form holds up no start, however long it takes."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from hub_images.hub.options_form import OptionsForm
from hub_images.store.engine import POOL_SIZE
from tests.support.hub_app import StartHubApp

pytestmark = pytest.mark.hub

WAIT_SECONDS = 60


async def test_starts_go_on_while_forms_are_rendered(
    start_hub_app: StartHubApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More forms than the database has threads; they come once they are rendered."""
    asked = POOL_SIZE + 2
    rendering, go_on = threading.Event(), threading.Event()
    render = OptionsForm.render

    def slow_render(form: OptionsForm, *arguments: Any) -> str:
        rendering.set()
        assert go_on.wait(WAIT_SECONDS)
        return render(form, *arguments)

    monkeypatch.setattr(OptionsForm, "render", slow_render)
    hub = await start_hub_app()
    browser = await hub.browser("scientist")
    try:
        forms = [asyncio.ensure_future(browser.get("hub/spawn")) for _form in range(asked)]
        await asyncio.to_thread(rendering.wait, WAIT_SECONDS)
        assert (await hub.start("student", {"image": "minimal"})).status_code == 201
        assert not any(form.done() for form in forms)
    finally:
        go_on.set()
    for answer in await asyncio.gather(*forms):
        assert "SciPy" in answer.text
