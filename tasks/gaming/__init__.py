"""Hold stories of specification gaming: what was paid for, and what was really wanted."""
