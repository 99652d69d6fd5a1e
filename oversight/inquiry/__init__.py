"""Ask afterwards what an agent is after: by twin worlds, and by exact values."""
