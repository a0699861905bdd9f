"""`python -m bench`: PyView beside a bare Starlette server, on one core, in the same run."""
