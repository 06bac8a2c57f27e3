"""Networks to PyTorch and back: source code, and weights in files of safetensors."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import FileError, ShapeError
from pellucid.files import read_bytes, write_atomically
from pellucid.interop.torch.source import translated
from pellucid.lazy import load
from pellucid.models import Network
from pellucid.version import VERSION

__all__ = ["export", "load_state", "save_state", "source", "state"]


def source(model: Network, *, name: str = "model") -> str:
    """Write a network as plain source code of PyTorch, which makes a ``torch.nn`` module.

    A chain of layers becomes an ``nn.Sequential``, everything else a class. The module computes
    what ``predict`` does, scaling included, once it has the weights of :func:`save_state`.

    Parameters
    ----------
    name : of the module that the code makes

    Raises
    ------
    GraphError : when the network has not met any data yet
    EngineError : naming an operation that PyTorch does not have

    Examples
    --------
    >>> from pellucid import interop, nn
    >>> model = nn.Sequential([nn.Linear(3, activation="relu"), nn.Linear(1)])
    >>> _ = model([[1.0, 2.0]])
    >>> print(interop.torch.source(model))
    import torch
    from torch import nn
    <BLANKLINE>
    model = nn.Sequential(
        nn.Linear(2, 3),
        nn.ReLU(),
        nn.Linear(3, 1),
    )
    <BLANKLINE>
    """
    lines = translated(model, name).lines
    functional = ["import torch.nn.functional as F"] * any("F." in line for line in lines)
    gap = ["", ""] if lines[0].startswith("class") else [""]
    return "\n".join(["import torch", *functional, "from torch import nn", *gap, *lines, ""])


def state(model: Network) -> dict[str, NDArray[Any]]:
    """Give the weights under the names of the ``state_dict`` of what :func:`source` makes.

    >>> from pellucid import interop, nn
    >>> model = nn.Sequential([nn.Linear(3, activation="relu"), nn.Linear(1)])
    >>> _ = model([[1.0, 2.0]])
    >>> [(name, array.shape) for name, array in interop.torch.state(model).items()]
    [('0.weight', (3, 2)), ('0.bias', (3,)), ('2.weight', (1, 3)), ('2.bias', (1,))]
    """
    found = translated(model, "model")
    weights = {name: variable.numpy() for name, variable in found.weights.items()}
    return weights | {name: np.zeros((), np.int64) for name in found.counters}


def save_state(model: Network, path: str | Path) -> None:
    """Write the weights as a file of safetensors, for ``load_state_dict`` of PyTorch.

    In PyTorch: ``model.load_state_dict(safetensors.torch.load_file(path))``.

    Raises
    ------
    FileError : when it cannot be written

    Examples
    --------
    >>> import tempfile
    >>> from pellucid import interop, nn
    >>> model = nn.Sequential([nn.Linear(1)])
    >>> _ = model([[1.0, 2.0]])
    >>> path = Path(tempfile.mkdtemp()) / "weights.safetensors"
    >>> interop.torch.save_state(model, path)
    >>> model.reset(1)
    >>> interop.torch.load_state(model, path)
    """
    arrays = {name: np.ascontiguousarray(array) for name, array in state(model).items()}
    write_atomically(path, load("safetensors.numpy").save(arrays))


def load_state(model: Network, path: str | Path, *, names: Mapping[str, str] | None = None) -> None:
    """Read the weights of a PyTorch module, saved by ``safetensors.torch.save_file``, into a model.

    Parameters
    ----------
    path : of the file; nothing in it is ever executed, which a file of ``torch.save`` would be
    names : for a module whose attributes are called otherwise: the name in the file for each
        name of :func:`state`, or for its beginning, as in ``{"0": "encoder.first"}``

    Raises
    ------
    FileError : when the file is missing, damaged, or no safetensors file
    ShapeError : when a weight is absent, left over, or has another shape
    """
    data = read_bytes(path)
    try:
        arrays: dict[str, NDArray[Any]] = load("safetensors.numpy").load(data)
    except Exception as error:  # its own errors have no common class
        raise FileError(
            "this is no whole file of safetensors", where=str(path), got=str(error),
            mend='write it with safetensors.torch.save_file(model.state_dict(), "…")',
        ) from None  # fmt: skip
    found = translated(model, "model")
    wanted = {_renamed(name, names or {}): variable for name, variable in found.weights.items()}
    extra = [name for name in arrays if name not in wanted and "num_batches_tracked" not in name]
    absent = [name for name in wanted if name not in arrays]
    if absent or extra:
        raise ShapeError(
            "the file holds the weights of another module, or under other names",
            where=str(path), got=", ".join(extra[:8]) or "nothing else",
            wanted=", ".join(absent[:8]) or "no more",
            mend='say what they are called: names={"0": "encoder.first", …}',
        )  # fmt: skip
    for name, variable in wanted.items():
        if arrays[name].shape != variable.shape:
            raise ShapeError(
                f"the weight {name} has another shape", where=str(path),
                got=str(arrays[name].shape), wanted=f"{variable.shape}, of {variable.name}",
                mend="make the model with the extents of the module",
            )  # fmt: skip
    for name, variable in wanted.items():
        variable.assign(arrays[name])


def _renamed(name: str, names: Mapping[str, str]) -> str:
    """Find what a file calls a weight: by its whole name, or by the longest beginning."""
    for length in range(len(parts := name.split(".")), 0, -1):
        start = ".".join(parts[:length])
        if start in names:
            return ".".join([names[start], *parts[length:]])
    return name


def export(model: Network, path: str | Path) -> None:
    """Write the source code to a file, and the weights beside it, ending in ``.safetensors``.

    Raises
    ------
    FileError : when they cannot be written

    Examples
    --------
    >>> import tempfile
    >>> from pellucid import interop, nn
    >>> model = nn.Sequential([nn.Linear(1)])
    >>> _ = model([[1.0, 2.0]])
    >>> folder = Path(tempfile.mkdtemp())
    >>> interop.torch.export(model, folder / "net.py")
    >>> sorted(path.name for path in folder.iterdir())
    ['net.py', 'net.safetensors']
    """
    target = Path(path)
    weights = target.with_suffix(".safetensors")
    usage = [
        f'"""A neural network, written by pellucid {VERSION}; its weights are in {weights.name}.',
        "", "from pathlib import Path", "from safetensors.torch import load_file",
        f"from {target.stem} import model",
        f'model.load_state_dict(load_file("{weights.name}"))', "model.eval()", '"""', "", "",
    ]  # fmt: skip
    usage[2:3] = []
    write_atomically(target, "\n".join(usage), source(model))
    save_state(model, weights)
