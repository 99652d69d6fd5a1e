# `just` runs what CI runs, without the install.
default: lint types contracts test

lint:
    .venv/bin/ruff check .
    .venv/bin/ruff format --check .
    .venv/bin/codespell

types:
    .venv/bin/mypy

contracts:
    .venv/bin/lint-imports

test *args:
    .venv/bin/pytest {{args}}

# take the console's snapshots anew; look at them before committing
snap:
    .venv/bin/pytest tests/oversight/test_snapshots.py --snapshot-update

# the pictures in README and docs, from the console itself; a test compares them
picture:
    .venv/bin/python -m oversight.dashboard.picture docs

# the sizes that `offswitch tasks` lists, and the tasks' pages; tests compare both
sizes *tasks:
    .venv/bin/python -m tasks.sizes {{tasks}}

pages *tasks:
    .venv/bin/python -m oversight.task_pages docs/tasks {{tasks}}

# the golden store of a released format, which later versions must read; never made anew
golden:
    .venv/bin/python -m tests.sandbox.golden.make

demo:
    .venv/bin/offswitch demo

# every published figure, with more seeds: about a quarter of an hour
full:
    .venv/bin/offswitch reproduce --all --full

bench:
    .venv/bin/python benchmarks/bench_step.py
    .venv/bin/python benchmarks/bench_batch.py
    .venv/bin/python benchmarks/bench_compile.py
    .venv/bin/python benchmarks/bench_replay.py
    .venv/bin/python benchmarks/bench_start.py
    .venv/bin/python benchmarks/bench_console.py
    .venv/bin/python benchmarks/bench_box.py
    .venv/bin/python benchmarks/bench_confine.py
    .venv/bin/python benchmarks/bench_solve.py
    .venv/bin/python benchmarks/bench_learners.py
    .venv/bin/python benchmarks/bench_sweep.py
    .venv/bin/python benchmarks/bench_store.py
