"""The file in which the hub hands its settings to the service.

An environment variable cannot hold them: Linux takes at most 128 KiB in one, and JupyterHub
stores a service's environment in its own database. So the hub writes a file each time it
starts the service, and the variable holds only the file's path.

Guarantees: only the hub's own account can read the file. The service removes it as it reads
it; if a service dies before it reads the file, the next start
removes it, or the end of the hub.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any

SETTINGS_VARIABLE = "HUB_IMAGES_SETTINGS_FILE"


class SettingsFile(str):
    """The value of `SETTINGS_VARIABLE`: what JupyterHub calls whenever it starts the service.

    As text it says what it is. JupyterHub stores that text in its database, and would complain
    there about a plain function.
    """

    _message: str
    _last: str | None

    def __new__(cls, message: str) -> SettingsFile:
        """Keep `message` in memory."""
        made = super().__new__(cls, "a private file, written at each start of the service")
        made._message = message
        made._last = None
        return made

    def __deepcopy__(self, _memo: dict[int, Any]) -> SettingsFile:
        """Return one with the same message: traitlets copies configuration."""
        return type(self)(self._message)

    def __call__(self, spawner: Any) -> str:
        """Write the file and return its path.

        Blank if that fails. The service then ends, and the hub starts it again half a minute
        later; it would not if this raised an error.
        """
        self._remove_last()
        try:
            descriptor, path = tempfile.mkstemp(prefix="hub-images-", suffix=".json")
            if self._last is None:
                atexit.register(self._remove_last)
            self._last = path
            with os.fdopen(descriptor, "w", encoding="utf8") as file:
                file.write(self._message)
        except OSError as error:
            spawner.log.error("Could not write the settings of the service to a file: %s", error)
            return ""
        return path

    def _remove_last(self) -> None:
        if self._last is not None:
            with contextlib.suppress(OSError):
                os.unlink(self._last)


def take_message() -> str:
    """Return what the hub tells its service, blank without a hub; remove the file.

    Raises ValueError if the hub named a file that is not there.
    """
    path = os.environ.pop(SETTINGS_VARIABLE, None)
    if path is None:
        return ""
    try:
        message = Path(path).read_text(encoding="utf8")
        os.unlink(path)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"${SETTINGS_VARIABLE} names no file that can be read ({type(error).__name__}). "
            "JupyterHub writes one each time it starts the service; its log says if it could not."
        ) from None
    return message
