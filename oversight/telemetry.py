"""Say what the *program* does, one JSON line an event, in `offswitch.log` beside the store.

The episode log says what agents did and who decided; this says when episodes began and ended, and
what broke. A line that cannot be written is dropped: nothing depends on it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import structlog

FILE = "offswitch.log"


class _Lines:
    """Append lines to a file, and never raise."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def msg(self, message: str) -> None:
        """Append one line."""
        try:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(message + "\n")
        except OSError:
            return

    info = error = msg


def telemetry(logs: Path) -> Any:
    """Return the operational log of the folder `logs`."""
    return structlog.wrap_logger(
        _Lines(logs / FILE),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(serializer=json.dumps, default=str),
        ],
        cache_logger_on_first_use=True,
    )
