"""Nested views: each sensor is a live view, and the timer is a sticky view."""
