"""Read what each built-in setting needs, computed once by `oversight.inquiry.need`.

A live episode has it for nothing: nothing is compiled while an agent waits.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

PATH = Path(__file__).with_name("needs.json")


class Need(NamedTuple):
    """Say what the best performance takes in a setting.

    Attributes:
        most: by fact, the least bound under which the best performance can be reached.
        needed: names of marked or irreversible actions without which it cannot.
    """

    most: Mapping[str, int]
    needed: frozenset[str]


@cache
def needs() -> Mapping[str, Need]:
    """Return what is kept, by `task/setting`; empty where nothing was ever computed."""
    if not PATH.exists():
        return {}
    kept = json.loads(PATH.read_text("utf-8"))
    return {full: Need(most, frozenset(needed)) for full, (most, needed) in kept.items()}
