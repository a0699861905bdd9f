"""Documented import path, kept for users. Names of `pyview.auth.connection`."""

from pyview.auth.connection import client_address

__all__ = ["client_address"]
