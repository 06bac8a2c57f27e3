"""Faults: what a user may do wrong, and what the library says to it."""
