"""Networks: their parts, names, seeds, summaries and files."""
