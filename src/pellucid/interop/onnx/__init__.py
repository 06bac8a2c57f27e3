"""Networks to ONNX and from it."""

from __future__ import annotations

from pathlib import Path

from pellucid.files import write_atomically
from pellucid.interop.onnx.reading import Imported, from_onnx, load
from pellucid.interop.onnx.writing import to_onnx
from pellucid.models import Network

__all__ = ["Imported", "export", "from_onnx", "load", "to_onnx"]


def export(model: Network, path: str | Path) -> None:
    """Write a network as an ONNX file (opset 21, IR 10), for any number of rows.

    It computes what ``model.predict`` does, scaling included.

    Raises
    ------
    GraphError : when the network has not met any data yet
    EngineError : naming an operation that ONNX does not have
    FileError : when the file cannot be written
    MissingPackageError : when onnx is not installed: ``pip install 'pellucid[onnx]'``

    Examples
    --------
    >>> import tempfile
    >>> from pellucid import interop, nn
    >>> model = nn.Sequential([nn.Linear(1)])
    >>> _ = model([[1.0, 2.0]])
    >>> interop.onnx.export(model, Path(tempfile.mkdtemp()) / "sum.onnx")
    """
    write_atomically(path, to_onnx(model, Path(path).stem).SerializeToString())
