"""Every operation, held to its declaration on every engine."""
