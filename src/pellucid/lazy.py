"""The one place through which heavy packages are imported, when they are first used."""

from __future__ import annotations

import importlib
from typing import Any

from pellucid.errors import MissingPackageError

__all__ = ["load"]

CALLED = {"PIL": "pillow", "sklearn": "scikit-learn"}  # what is installed, by what is imported


def load(module: str, *, extra: str | None = None) -> Any:
    """Import `module` now; if it is missing, say how to install it.

    Parameters
    ----------
    module : dotted name, such as ``"matplotlib.pyplot"``
    extra : the optional group of pellucid that brings the package, if it is not a core dependency

    Examples
    --------
    >>> load("json").dumps([1])
    '[1]'
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        wanted = f"'pellucid[{extra}]'" if extra else CALLED.get(package, package)
        raise MissingPackageError(
            f"the package {package!r} cannot be imported", got=str(error),
            mend=f"run pip install {wanted}",
        ) from error  # fmt: skip
