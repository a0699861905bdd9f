"""Telemetry, error ids, rate-limited warnings, and watches of the event loop and of file descriptors."""
