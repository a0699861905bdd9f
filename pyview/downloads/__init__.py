"""Files for the browser: what `socket.download` takes, and helpers that make CSV and Excel files."""

from pyview.downloads.spreadsheets import csv_file, xlsx_file

__all__ = ["csv_file", "xlsx_file"]
