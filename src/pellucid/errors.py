"""Every error that pellucid raises on purpose.

    PellucidError                      the root: catch this to catch them all
    ├── ArgumentError                  also ValueError: a parameter has a value outside its range
    │   └── ArgumentTypeError          also TypeError: a parameter has a type it cannot have
    ├── ShapeError                     also ValueError: shapes that do not fit each other
    ├── DTypeError                     also TypeError: a dtype that an operation cannot take
    ├── DataError                      also ValueError: the data given are not usable
    │   └── LabelError                 labels that do not fit the task, the loss or the outputs
    ├── GraphError                     also ValueError: a graph that does not say what was meant
    │   └── GradientError              no gradient can be taken where one was asked for
    ├── NonFiniteError                 also ArithmeticError: a not-a-number or an infinity appeared
    ├── EngineError                    also RuntimeError: an engine refuses what it cannot keep
    ├── FileError                      also OSError: a file is missing, damaged, foreign or too new
    └── MissingPackageError            also ImportError: an optional package is not installed

Each says *what* is wrong, *where*, what it *got*, what it *wanted*, and how to *mend* it.
"""

from __future__ import annotations

__all__ = [
    "ArgumentError",
    "ArgumentTypeError",
    "DTypeError",
    "DataError",
    "EngineError",
    "FileError",
    "GradientError",
    "GraphError",
    "LabelError",
    "MissingPackageError",
    "NonFiniteError",
    "PellucidError",
    "PellucidWarning",
    "ShapeError",
]


class PellucidError(Exception):
    """Something is wrong, and the message says how to mend it.

    Parameters
    ----------
    what : the mistake in one line, without a full stop
    where : the layer path, argument, file or column concerned
    got : what was given
    wanted : what would have been right
    mend : what to write instead

    Examples
    --------
    >>> from pellucid.errors import ShapeError
    >>> raise ShapeError("matmul: the inner sizes differ", got="(3, 4) @ (5, 2)",
    ...                  wanted="equal inner sizes", mend="write x @ w.T")
    Traceback (most recent call last):
        ...
    pellucid.errors.ShapeError: matmul: the inner sizes differ
      got     (3, 4) @ (5, 2)
      wanted  equal inner sizes
      mend    write x @ w.T
    """

    def __init__(
        self, what: str, *, where: str = "", got: str = "", wanted: str = "", mend: str = ""
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.got = got
        self.wanted = wanted
        self.mend = mend

    def __str__(self) -> str:
        parts = {"where": self.where, "got": self.got, "wanted": self.wanted, "mend": self.mend}
        return "\n".join([self.what, *(f"  {k:<7} {v}" for k, v in parts.items() if v)])

    def located(self, where: str) -> PellucidError:
        """Add where it happened, unless a place nearer to the mistake is already named."""
        self.where = self.where or where
        return self

    def in_two_lines(self) -> str:
        """The same for a command line: the mistake on one line, the mend on the next."""
        facts = [f"got {self.got}"] * bool(self.got) + [f"wanted {self.wanted}"] * bool(self.wanted)
        place = f"{self.where}: " if self.where else ""
        first = f"{place}{self.what}" + (f" ({', '.join(facts)})" if facts else "")
        return first.replace("\n", " ") + "\n" + (self.mend or "see --help").replace("\n", " ")


class ArgumentError(PellucidError, ValueError):
    """A parameter has a value outside its range."""


class ArgumentTypeError(ArgumentError, TypeError):
    """A parameter has a type it cannot have."""


class ShapeError(PellucidError, ValueError):
    """Shapes that do not fit each other."""


class DTypeError(PellucidError, TypeError):
    """A dtype that an operation cannot take."""


class DataError(PellucidError, ValueError):
    """The data given are not usable as they are."""


class LabelError(DataError):
    """Labels that do not fit the task, the loss or the outputs."""


class GraphError(PellucidError, ValueError):
    """A graph that does not say what was meant."""


class GradientError(GraphError):
    """No gradient can be taken where one was asked for."""


class NonFiniteError(PellucidError, ArithmeticError):
    """A not-a-number or an infinity appeared."""


class EngineError(PellucidError, RuntimeError):
    """An engine refuses, by name, what it cannot keep."""


class FileError(PellucidError, OSError):
    """A file is missing, damaged, foreign, or from a newer version."""


class MissingPackageError(PellucidError, ImportError):
    """An optional package is not installed."""


class PellucidWarning(UserWarning):
    """Something works, but not as one would expect."""
