"""Tests of the native engine's own parts."""
