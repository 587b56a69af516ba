"""What the service makes of the hub's message, and where a wrong setting comes from."""

from __future__ import annotations

import pytest
from traitlets.config import Config

from hub_images.settings import load_settings


@pytest.mark.parametrize("message", ["[1]", "{bad", "5"])
def test_a_message_that_is_none_is_named(message: str) -> None:
    """What the hub tells its service comes by a file, which somebody may write by hand."""
    told = r"The file that \$HUB_IMAGES_SETTINGS_FILE names does not hold the settings"
    with pytest.raises(ValueError, match=told):
        load_settings(Config(), message)


def test_a_wrong_url_is_named_by_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message, the variable or the setting."""
    monkeypatch.setenv("HUB_IMAGES_DB_URL", "nonsense")
    with pytest.raises(ValueError, match=r"from \$HUB_IMAGES_DB_URL"):
        load_settings(Config())
    with pytest.raises(ValueError, match=r"from \$HUB_IMAGES_SETTINGS_FILE"):
        load_settings(Config(), '{"db_url": "nonsense"}')
    with pytest.raises(ValueError, match="db_url: This is not"):
        load_settings(Config({"HubImages": {"db_url": "nonsense"}}))
