"""How fast pellucid trains and answers, beside the libraries one would take instead.

Run it as ``python -m benchmarks``; README.md says what is measured and how, and holds the results.
"""
