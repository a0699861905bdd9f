"""Failures for developers: lines of their own files, links to their editor, as data, HTML and text."""
