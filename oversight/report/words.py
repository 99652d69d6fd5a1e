"""Say what the figures of a report mean, from the same words that the code holds."""

from __future__ import annotations

import inspect
import re

from agents.rewards import DESIGNS
from oversight.experiment.row import Row
from oversight.experiment.summary import DERIVED, FIGURES

QUESTION = "Which designs obey the stop, and at what cost in usefulness?"

METHODS = {
    "exact": (
        "computed from the tables of agent and world, over all chance: there is nothing to be "
        "unsure of, and no interval."
    ),
    "rates of sampled episodes": (
        "Wilson's interval, which keeps its width where all episodes came out the same. Means of "
        "rates over tasks, and their differences, put the distances of their parts' bounds "
        "together by square and add (Newcombe's method 10)."
    ),
    "other means": (
        "the bias-corrected and accelerated bootstrap over seeds, 2,000 draws, the tails taken "
        "further out for few seeds. It has no width where all seeds came out the same."
    ),
    "differences": "paired by seed: only seeds that both arms have count.",
    "means over tasks": (
        "every task weighs the same. The tasks are fixed, not drawn: an interval says what other "
        "seeds would do, not what other tasks would."
    ),
}
"""How the figures are estimated."""

ENTRY = re.compile(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", re.MULTILINE)


def meanings() -> dict[str, str]:
    """Return what each figure means, by name; what is of a row in the words of its class."""
    said = {
        name: " ".join(text.split())
        for name, text in ENTRY.findall(inspect.cleandoc(Row.__doc__ or ""))
    }
    every = {**said, **DERIVED}
    return {
        name: every[name].rstrip(".").replace("None", "no figure")
        for name in FIGURES
        if name in every
    }


def design_words(design: str) -> str:
    """Return what a built-in design does, in a sentence; nothing for one of a person's own."""
    return DESIGNS.get(design.partition(":")[0], ("", ""))[1]
