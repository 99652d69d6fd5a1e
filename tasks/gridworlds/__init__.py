"""The AI Safety Gridworlds, move for move as they were published."""
