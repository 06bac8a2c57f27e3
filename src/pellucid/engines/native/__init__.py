"""The native engine: programs become machine code for the CPU they run on.

A program is cut into loops (``compile.fuse``, ``schedule``, ``memory``); ``lowering`` writes each
of them around what the bodies of operations say to a ``builder``; ``module`` puts them together,
``jit`` makes functions of the text. ``driver`` writes the loop over the steps of a run, which
``course`` calls.
"""

__all__: list[str] = []
