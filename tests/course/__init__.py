"""The curriculum: its systems through the public face, with its numbers."""
