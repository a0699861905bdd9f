"""Commands that the Makefile and CI call."""
