"""Gradients: what they are, where they go, and the checker that vouches for them."""
