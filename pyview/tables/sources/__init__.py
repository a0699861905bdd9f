"""Sources of tables: rows in memory, SQL, data frames."""
