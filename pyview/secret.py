"""Documented import path, kept for users. Names of `pyview.tokens.secrets`."""

from pyview.tokens.secrets import SecretError, get_secret

__all__ = ["SecretError", "get_secret"]
