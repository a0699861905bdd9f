"""The two applications that are compared."""
