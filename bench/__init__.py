"""`python -m bench`: compare PyView with a bare Starlette server, on one core, in the same run."""
