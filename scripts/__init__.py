"""What the Makefile and CI call: a few lines each."""
