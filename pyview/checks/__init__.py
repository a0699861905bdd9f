"""Checks at start-up: authentication, redirects, the server, and templates."""
