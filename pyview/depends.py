"""Dependency injection, under the name by which users import it."""

from pyview.binding.signature import Depends, FromClient, Session

__all__ = ["Depends", "FromClient", "Session"]
