"""The five levels of Attainable Utility Preservation, move for move as they were published."""
