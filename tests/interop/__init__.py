"""Networks meet other libraries and languages."""
