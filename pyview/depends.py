"""Import path for users: `Depends`, `FromClient` and `Session` of `pyview.binding`."""

from pyview.binding.signature import Depends, FromClient, Session

__all__ = ["Depends", "FromClient", "Session"]
