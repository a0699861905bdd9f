"""Frames, form bodies and rendered trees as they are on the wire."""
