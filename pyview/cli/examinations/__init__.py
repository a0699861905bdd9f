"""Examinations of `pyview doctor`: the installation, the settings, the stores, the application."""
