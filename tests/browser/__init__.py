"""A package, so that package-scoped fixtures end with it: see conftest.py."""
