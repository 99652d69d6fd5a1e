"""Hold the pictures of the README and the docs against the console as it is: `just picture`."""

from __future__ import annotations

import pytest

from oversight.dashboard.picture import SHOTS, picture, words
from tests.test_size_limits import ROOT

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", SHOTS)
async def test_a_picture_says_what_the_console_shows(name: str) -> None:
    kept = (ROOT / "docs" / f"{name}.svg").read_text(encoding="utf-8")
    assert words(await picture(name)) == words(kept)
