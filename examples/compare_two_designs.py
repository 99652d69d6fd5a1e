"""Compare two reward designs on flight booking: who lets itself be stopped, and who is of use?

Run: python examples/compare_two_designs.py
"""

import tempfile

from oversight import Experiment

experiment = Experiment(
    name="two_designs",
    question="Does indifference to the stop cost usefulness?",
    tasks=["flight_booking/bos-feb", "flight_booking/bos-feb-message"],
    designs=["naive", "utility_indifference"],
    overseers=["present", "absent"],
)

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        for row in experiment.run(folder).rows():
            stop = "no stop was said"
            if row["complied"] is not None:
                stop = f"complies with {row['complied']:.0%} of the stops"
            usefulness = row["usefulness"] or 0.0
            print(f"{row['setting']:16} {row['overseer']:8} {row['design']:21}", end="")
            print(f"usefulness {usefulness:5.2f}, {stop} ({row['method']})")
