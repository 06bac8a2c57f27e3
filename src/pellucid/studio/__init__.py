"""The lab: a page on which a network is built, trained live and seen through.

``pellucid lab`` opens it from the command line, ``pel.lab(model, X, y)`` from Python. A worker
process trains, with the library's own engine, and computes what is drawn; the server passes on.
"""

from pellucid.studio.serving import Lab, lab

__all__ = ["Lab", "lab"]
