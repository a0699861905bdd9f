"""Documented import path, kept for users. Names of `pyview.routing.application_name`."""

from pyview.routing.application_name import application_name

__all__ = ["application_name"]
