"""The same numbers as independent libraries."""
