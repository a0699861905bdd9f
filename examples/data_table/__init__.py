"""Data tables: a table of a database, of a data frame, and one whose rows change while it is read."""
