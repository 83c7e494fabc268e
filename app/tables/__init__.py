"""Row files of any script: CSV, XLSX and Parquet, read by chunks and written whole or not at all.

What comes in goes out again: cells of a CSV are the exact text that stood there, numbers and
dates of an XLSX stay numbers and dates, columns of a Parquet file keep their type. Columns are
known by their place, so duplicate header names do no harm until one is asked for by name.
"""

from app.tables.cells import text_of
from app.tables.encoding import Encoder
from app.tables.reading import open_table
from app.tables.table import Batch, Column, Part, Table, with_own_columns
from app.tables.writing import TableWriter, check_output

__all__ = [
    "Batch",
    "Column",
    "Encoder",
    "Part",
    "Table",
    "TableWriter",
    "check_output",
    "open_table",
    "text_of",
    "with_own_columns",
]
