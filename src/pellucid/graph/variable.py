"""Variables: the only state. A variable used in a formula is *read* there."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from numpy.typing import NDArray

from pellucid.errors import DTypeError, GraphError, ShapeError
from pellucid.graph.op import Leaf, Op, Signature, Spec, register
from pellucid.graph.tensor import (
    METHODS,
    DTypeLike,
    Operand,
    Tensor,
    border_array,
    resolve_dtype,
    shown,
)

__all__ = ["READ", "Variable", "symbolic"]

_symbolic: ContextVar[bool] = ContextVar("symbolic", default=False)


def _read_rule(*specs: Spec, **attrs: Any) -> Spec:
    return Spec(attrs["variable"].shape, attrs["variable"].dtype)


def _read_array(xp: Any, *arrays: Any, **attrs: Any) -> Any:
    return attrs["variable"].numpy()


READ = register(Op("read", _read_rule, _read_array, Leaf(), "{0}"))


class Variable(Operand):
    """A named array that training changes: a weight, a moment, a running statistic, a counter.

    Using it in an operation makes a *read* node: its value is a snapshot of the array at that
    moment, its meaning the variable, which a compiled function reads anew at every call.

    Parameters
    ----------
    value : the first value, or a callable that draws it when it is first needed
    dtype : floating values become this, else the default, float32
    shape : needed when `value` is a callable
    name : how errors, files and summaries speak of it
    trainable : whether gradients are taken with respect to it; may be changed later, to freeze it
    constraint : what an optimizer does to a new value, such as keeping its norm below a bound

    Attributes
    ----------
    is_parameter : whether it was made trainable, also when it is frozen now

    Examples
    --------
    >>> import pellucid as pel
    >>> w = pel.Variable([1.0, 2.0], name="w")
    >>> (w * w).sum().backward()
    >>> w.grad
    Tensor([2. 4.], float32)
    >>> w.assign([0.0, 0.0]); w
    Variable('w', [0. 0.], float32)
    """

    shape: tuple[int, ...]

    __slots__ = (
        "__weakref__", "_draw", "_value", "constraint", "dtype", "grad", "is_parameter", "name",
        "shape", "trainable",
    )  # fmt: skip

    def __init__(
        self,
        value: Any,
        dtype: DTypeLike | None = None,
        *,
        shape: tuple[int, ...] | None = None,
        name: str = "",
        trainable: bool = True,
        constraint: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        self.constraint = constraint
        self._value: NDArray[Any] | None = None
        self._draw: Callable[[], Any] | None = None
        if callable(value):
            if shape is None:
                raise GraphError(
                    "a variable that is drawn later needs its shape", mend="write shape=(3, 2)"
                )
            self._draw = value
            self.shape, self.dtype = tuple(shape), resolve_dtype(dtype)
        else:
            self._value = border_array(_plain(value), dtype, name or "Variable")
            self.shape, self.dtype = self._value.shape, self._value.dtype
        self.name = name
        self.trainable = self.is_parameter = trainable and self.dtype.kind == "f"
        self.grad: Tensor | None = None

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def label(self) -> str:
        """What errors call it."""
        return self.name or "an unnamed variable"

    def read(self) -> Tensor:
        """Make a read node: a snapshot now, the variable itself in a compiled function."""
        value = None if _symbolic.get() else self.numpy()
        read = Signature(READ, {"variable": self}, Spec(self.shape, self.dtype))
        return Tensor(read, (), value, self.trainable, self.name)

    def numpy(self) -> NDArray[Any]:
        """Give the present value as a read-only array, drawn now if it was not yet needed."""
        if self._value is None:
            assert self._draw is not None
            self.assign(self._draw())
        assert self._value is not None
        return self._value

    def assign(self, value: Any) -> None:
        """Put a new value of the same shape in place; floating values take the variable's dtype."""
        array = border_array(_plain(value), self.dtype, self.label)
        if array.shape != self.shape:
            raise ShapeError(
                f"{self.label}: the new value has another shape", got=str(array.shape),
                wanted=str(self.shape), mend="reshape it, or make a new variable",
            )  # fmt: skip
        self._value = array

    def adopt(self, array: NDArray[Any]) -> None:
        """Take `array` over as it is: the caller, an engine, has made it of the right kind."""
        array.setflags(write=False)
        self._value = array

    def reset(self) -> None:
        """Forget the value of a variable that is drawn; it is drawn anew when next needed."""
        if self._draw is not None:
            self._value, self.grad = None, None

    def cast(self, dtype: DTypeLike) -> None:
        """Change the dtype of the variable and of its value."""
        wanted = resolve_dtype(dtype)
        if wanted != self.dtype and self.dtype.kind != "f":
            raise DTypeError(
                f"{self.label} is not floating", got=str(self.dtype), mend="make a new variable"
            )
        self.dtype, self.grad = wanted, None
        if self._value is not None:
            self._value = border_array(self._value, wanted, self.label)

    def backward(self, *args: Any, **kwargs: Any) -> None:
        """Refuse: a variable is a leaf."""
        raise GraphError(
            "backward starts at a result, not at a variable", where=self.label,
            mend="compute a loss from it, and write loss.backward()",
        )  # fmt: skip

    def __repr__(self) -> str:
        name = f"{self.name!r}, " if self.name else ""
        if self._value is None:
            return f"Variable({name}not drawn yet, shape={self.shape}, {self.dtype})"
        return f"Variable({name}{shown(self._value)}, {self.dtype})"


def _plain(value: Any) -> Any:
    return value.numpy() if isinstance(value, (Tensor, Variable)) else value


METHODS["read"] = Variable.read


@contextlib.contextmanager
def symbolic() -> Iterator[None]:
    """Read variables as symbols inside: nothing is computed and nothing is drawn."""
    token = _symbolic.set(True)
    try:
        yield
    finally:
        _symbolic.reset(token)
