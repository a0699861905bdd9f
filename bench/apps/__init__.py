"""The applications to compare."""
