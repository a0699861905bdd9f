"""Claims: whoever comes first gets it, among all workers, and nobody after them.

For what may be used once only. Keys are opaque text that the caller makes, never a secret.
"""

from pyview.claims.base import Claims
from pyview.claims.environment import claims_from_environment
from pyview.claims.memory import MemoryClaims
from pyview.claims.sqlite import SQLiteClaims

__all__ = ["Claims", "MemoryClaims", "SQLiteClaims", "claims_from_environment"]
