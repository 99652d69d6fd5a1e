"""Hold the bug-fix task: three repositories, what can be done to each, and what tests say of it."""
