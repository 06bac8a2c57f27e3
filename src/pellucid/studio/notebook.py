"""Whether this is a notebook, and when the cell that runs now is run again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from pellucid.lazy import load

__all__ = ["at_next_run", "is_notebook"]

BETWEEN_LOOKS = 0.2  # seconds


def is_notebook() -> bool:
    """Tell whether cells are run here: by marimo, or by a kernel, as Jupyter and VS Code have it.

    Examples
    --------
    >>> is_notebook()
    False
    """
    return _shell() is not None or _marimo() is not None


def at_next_run(end: Callable[[], None]) -> None:
    """Let something that a cell has begun end when that cell is run again."""
    shell, marimo = _shell(), _marimo()
    if shell is not None:
        _before_cell(shell, end)
    elif marimo is not None:
        marimo.Thread(target=_when_invalid, args=(marimo, end), daemon=True).start()


def _shell() -> Any:
    """Give the shell of a kernel; IPython in a terminal has no kernel."""
    python = sys.modules.get("IPython")
    shell = python.get_ipython() if python is not None else None
    return shell if getattr(shell, "kernel", None) is not None else None


def _marimo() -> Any:
    marimo = sys.modules.get("marimo")
    return marimo if marimo is not None and marimo.running_in_notebook() else None


def _before_cell(shell: Any, end: Callable[[], None]) -> None:
    cell = shell.get_parent().get("metadata", {}).get("cellId")

    def look(info: Any) -> None:
        if cell is not None and info.cell_id == cell:
            shell.events.unregister("pre_run_cell", look)
            end()

    shell.events.register("pre_run_cell", look)


def _when_invalid(marimo: Any, end: Callable[[], None]) -> None:
    while not marimo.current_thread().should_exit:
        load("time").sleep(BETWEEN_LOOKS)
    end()
