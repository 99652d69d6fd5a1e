"""Load what a person names as `path/to/file.py:Name`."""

from __future__ import annotations

import hashlib
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from sandbox.errors import InputError


def file_of(reference: str) -> str:
    """Return the file of a reference that begins `path/to/file.py:`; empty for another name."""
    path, found, _ = reference.partition(".py:")
    return f"{path}.py" if found else ""


def absolute(reference: str) -> str:
    """Return `path/to/file.py:Name` as any process can load it; another name as it is."""
    path = file_of(reference)
    return f"{Path(path).resolve()}{reference[len(path) :]}" if path else reference


def from_file(reference: str, needs: tuple[str, ...] = ()) -> Any:
    """Return the object `Name` of `path/to/file.py:Name`.

    Raises:
        InputError: if the file, the name, or one of the attributes `needs` is not there, or the
            file does not load.
    """
    path_text, _, name = reference.rpartition(":")
    path = Path(path_text)
    if not path.is_file():
        raise InputError(f"{reference}: there is no file {path_text!r}")
    module_name = (
        f"offswitch_plugin_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    )
    spec = spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise InputError(f"{reference}: {path_text!r} is not a Python file")
    module = module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        line = str(error).splitlines()[0] if str(error) else ""
        raise InputError(f"{reference}: does not load: {type(error).__name__}: {line}") from error
    if not hasattr(module, name):
        public = ", ".join(sorted(key for key in vars(module) if not key.startswith("_")))
        raise InputError(f"{reference}: the file has no {name!r}; it has: {public}")
    found = getattr(module, name)
    missing = [need for need in needs if not hasattr(found, need)]
    if missing:
        raise InputError(f"{reference}: {name} lacks {', '.join(missing)}")
    return found
