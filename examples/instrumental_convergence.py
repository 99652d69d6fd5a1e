"""Ask what goals have in common that have nothing in common: energy, money, and no off-switch.

Run: python examples/instrumental_convergence.py
"""

from oversight.studies.many_goals import rows

if __name__ == "__main__":
    print("share of random goals that do it, with 95 % interval, and what chance would do")
    for row in rows(lambda words: None):
        low, high = row["interval"]
        print(f"{row['means']:42} {row['share']:.3f} [{low:.3f}, {high:.3f}]  {row['chance']:.3f}")
