"""Async tasks of a view, their results, async streams, and timers."""
