"""The native engine's own tests; what every engine must keep is in ``conformance``."""
