"""The command *export*: a run's network for other programs."""

from __future__ import annotations

from pathlib import Path

from pellucid import interop
from pellucid.cli.runs import Run
from pellucid.errors import ArgumentError

__all__ = ["export"]


def export(
    run: Run, *, c: Path | None = None, torch: Path | None = None, onnx: Path | None = None
) -> dict[str, Path]:
    """Write the files that are wished, and list them by what they hold."""
    if c is None and torch is None and onnx is None:
        raise ArgumentError(
            "export was not told what to write", wanted="--c, --torch or --onnx",
            mend=f"write pellucid export {run.folder} --c network.c",
        )  # fmt: skip
    files: dict[str, Path] = {}
    if c is not None:
        interop.c.export(run.network, c)
        files["C"] = c
    if torch is not None:
        interop.torch.export(run.network, torch)
        files |= {"PyTorch": torch, "weights": torch.with_suffix(".safetensors")}
    if onnx is not None:
        interop.onnx.export(run.network, onnx)
        files["ONNX"] = onnx
    return files
