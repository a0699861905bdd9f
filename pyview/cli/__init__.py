"""The command `pyview`."""
