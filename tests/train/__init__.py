"""Training: fit, its history, what hangs into it, and the verbs that ask a network."""
