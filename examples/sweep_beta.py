"""Sweep how noisily a person judges in the off-switch game: from which beta on does nobody defer?

A robot that is unsure of its act's worth, U ~ N(mu, s^2), gains by deferring to a person who errs
with beta, by the exact threshold |mu| <= s^2 / (2 beta).

Run: python examples/sweep_beta.py
"""

import numpy as np

from oversight.published.off_switch_game import Doubt, incentive

MEAN, DEVIATION = 0.25, 0.5

if __name__ == "__main__":
    threshold = DEVIATION**2 / (2.0 * MEAN)
    print(f"deferring should stop paying at beta = {threshold:.3f}")
    for beta in np.linspace(0.1, 1.0, 10):
        gain = incentive(Doubt(MEAN, DEVIATION), float(beta))
        print(f"beta {beta:4.2f}  gain of deferring {gain:+.4f}  {'defer' if gain > 0 else 'act'}")
