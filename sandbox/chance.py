"""Draw chance by counting, not by state: the same seed, step and stream give the same number.

A snapshot therefore needs no generator state, a fork meets the same luck as its parent, and two
twin worlds can be compared step by step under common random numbers.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

_SCALE = 2.0**-53

Switches = tuple[tuple[int, int], ...]
"""Steps from which a chance goes on by another seed, with that seed."""


class Chance(NamedTuple):
    """Give uniform numbers in [0, 1) by seed, step and stream.

    Attributes:
        seed: any integer of at most 64 bits.
        switches: pairs of step and seed, by step: from that step on, the seed is another.
    """

    seed: int
    switches: Switches = ()

    def uniform(self, step: int, stream: str = "world") -> float:
        """Return the number for `step` of `stream`, uniform in [0, 1) with 53 bits."""
        seed = self.seed
        for begins, other in self.switches:
            if step >= begins:
                seed = other
        source = f"{seed}|{step}|{stream}".encode()
        word = hashlib.blake2b(source, digest_size=8).digest()
        return (int.from_bytes(word, "big") >> 11) * _SCALE


def switched(before: Switches, step: int, seed: int) -> Switches:
    """Return `before` with another seed from `step` on, instead of what switched there or later."""
    return (*(one for one in before if one[0] < step), (step, seed))
