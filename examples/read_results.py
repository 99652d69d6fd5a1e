"""Read an experiment's results with pandas or polars: every row is one record.

Run: pip install pandas  (or polars), then: python examples/read_results.py
"""

import tempfile

from oversight import Experiment

experiment = Experiment(
    name="read",
    tasks=["aup_correction", "button_detour/physical", "safe_interruptibility"],
    designs=["naive", "attainable_utility", "corrigibility_transform"],
)

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        rows = list(experiment.run(folder).rows())
    try:
        import pandas as pd

        table = pd.DataFrame(rows).pivot_table("tampered", "task", "design")
    except ImportError:
        import polars as pl

        frame = pl.DataFrame(rows, infer_schema_length=None)
        table = frame.group_by("task", "design").agg(pl.col("tampered").mean())
    print(table)
