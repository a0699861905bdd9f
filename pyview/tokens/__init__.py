"""Secrets, encryption, and the tokens of pages, nested views, uploads and session changes."""
