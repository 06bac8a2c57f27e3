"""Data: intake, labels, preparation, tables, splits, batches, toys and sets."""
