"""What holds for all shapes, values and graphs."""
