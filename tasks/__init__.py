"""Hold what is to be done, and what was really wanted: one task, written once, a file or folder."""

from tasks.registry import load, names
from tasks.spec import Task, TaskSpec

__all__ = ["Task", "TaskSpec", "load", "names"]
