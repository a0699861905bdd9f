"""PyView: live, server-rendered web pages in Python, on Starlette."""
