"""Write files whole or not at all, and Parquet where it is installed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from sandbox.errors import InputError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a file to write, which takes the place of `path` once all went well; else it is gone."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        if error.filename == str(partial):
            error.filename = str(path)  # what was asked for, and not what stood in for it
        raise
    finally:
        partial.unlink(missing_ok=True)


def pyarrow() -> tuple[Any, Any]:
    """Return `pyarrow` and `pyarrow.parquet`.

    Raises:
        InputError: when they are not installed.
    """
    try:
        return import_module("pyarrow"), import_module("pyarrow.parquet")
    except ModuleNotFoundError as error:
        raise InputError(
            "Parquet is written by pyarrow, which is not installed: "
            "pip install 'offswitch[parquet]', or write another format"
        ) from error
