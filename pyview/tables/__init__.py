"""Tables with sort, search, filters, pages, selection, editing and downloads."""

from pyview.tables.actions import Action, ChosenRows
from pyview.tables.columns import Column, column
from pyview.tables.create import data_table
from pyview.tables.loading import reload_rows
from pyview.tables.query import Selection, Sort, TableQuery
from pyview.tables.sources.rows import RowsSource
from pyview.tables.sources.source import Changed, Count, Criteria, Request, TableSource, Window
from pyview.tables.table import DataTable
from pyview.tables.texts import Texts

__all__ = [
    "Action",
    "Changed",
    "ChosenRows",
    "Column",
    "Count",
    "Criteria",
    "DataTable",
    "Request",
    "RowsSource",
    "Selection",
    "Sort",
    "TableQuery",
    "TableSource",
    "Texts",
    "Window",
    "column",
    "data_table",
    "reload_rows",
]
