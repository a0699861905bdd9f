"""Serving an application: finding it, `pyview dev` and `pyview run`."""
