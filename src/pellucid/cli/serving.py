"""The command *lab*: from data, a file or a run to a page."""

from __future__ import annotations

from pathlib import Path

from pellucid.cli.runs import CONFIG, open_run
from pellucid.studio.opening import Opening, of_network
from pellucid.studio.serving import opening_of

__all__ = ["opening"]


def opening(given: str | None, target: str | None) -> Opening:
    """Say what the lab begins with.

    Parameters
    ----------
    given : a data set by name, a file, or the folder of a run, whose network is taken too
    target : the column of a file to predict

    Raises
    ------
    PellucidError : for what cannot be opened, and why
    """
    if given is not None and (Path(given) / CONFIG).is_file():
        return _of_run(Path(given))
    return opening_of(None, None, None, given, target)


def _of_run(folder: Path) -> Opening:
    """Begin with the network of a run, its weights, and the data that it was trained on."""
    found = open_run(folder)
    network, about = found.network, found.config["data"]
    change = {"data": {"name": "given"}, **of_network(network)}
    weights = {f"weight/{name}": v.numpy() for name, v in network.variables().items()}
    return Opening(
        change=change, path=about["given"], target=about["target"] if about["sha256"] else None,
        arrays=weights, flat=len(network.input_specs[0].shape) < 4,
    )  # fmt: skip
