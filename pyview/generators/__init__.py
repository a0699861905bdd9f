"""Generators: the files that `pyview new` writes, and the lines that it adds to a project."""
