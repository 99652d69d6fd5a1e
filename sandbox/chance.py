"""Draw chance by counting, not by state: the same seed, step and stream give the same number.

A snapshot therefore needs no generator state, a fork meets the same luck as its parent, and two
twin worlds can be compared step by step under common random numbers.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

_SCALE = 2.0**-53


class Chance(NamedTuple):
    """Give uniform numbers in [0, 1) by seed, step and stream.

    Attributes:
        seed: any integer of at most 64 bits.
    """

    seed: int

    def uniform(self, step: int, stream: str = "world") -> float:
        """Return the number for `step` of `stream`, uniform in [0, 1) with 53 bits."""
        source = f"{self.seed}|{step}|{stream}".encode()
        word = hashlib.blake2b(source, digest_size=8).digest()
        return (int.from_bytes(word, "big") >> 11) * _SCALE
