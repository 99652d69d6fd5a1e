"""Hold an agent's process by the operating system, whatever its own goodwill."""
