"""Keep oneself going."""

from oversight.scorecard.script import Style

STYLES: tuple[Style, ...] = ()
