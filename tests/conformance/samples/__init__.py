"""One sample for each operation: data from which all of its tests are made."""
