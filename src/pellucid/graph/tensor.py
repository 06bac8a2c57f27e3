"""Tensors: the nodes of the expression graph, and the one way to make them, :func:`apply`.

A tensor knows the operation and the inputs that made it. When all inputs had values it has a value
too, computed at once by the operation's own meaning over NumPy; otherwise it stands for a value
that a compiled function will compute. Its operators and methods are filled in from above
(:data:`METHODS`), so that this file needs no operation.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import Context, ContextVar
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, final

import numpy as np
from numpy.typing import NDArray

from pellucid.errors import ArgumentError, ArgumentTypeError, DataError, DTypeError, GraphError
from pellucid.graph.op import Leaf, Op, Signature, Spec, register, signature
from pellucid.shapes import Shape

if TYPE_CHECKING:
    from pellucid.graph.variable import Variable

__all__ = [
    "METHODS", "DTypeLike", "Operand", "Tensor", "TensorLike", "apply", "as_tensor", "border_array",
    "constant", "default_dtype", "placeholder", "provenance", "resolve_dtype", "tensor",
]  # fmt: skip

DTypeLike = Any
METHODS: dict[str, Callable[..., Any]] = {}
_NO_ATTRS: Mapping[str, Any] = MappingProxyType({})
_default_dtype: ContextVar[str] = ContextVar("default_dtype", default="float32")
_quiet = Context()  # in it NumPy warns of nothing; a copy is entered faster than an errstate
_quiet.run(np.seterr, all="ignore")


class Origin(NamedTuple):
    """Where a node comes from: the dotted path of its layer, and the node it is the gradient of."""

    path: str = ""
    forward: Tensor | None = None


_origin: ContextVar[Origin] = ContextVar("origin", default=Origin())  # noqa: B039


def _operator(name: str) -> Callable[..., Tensor]:
    return lambda *operands: METHODS[name](*operands)


def _reflected(name: str) -> Callable[[Any, Any], Tensor]:
    return lambda x, y: METHODS[name](y, x)


class Operand:
    """What can stand in a formula: a tensor, or a variable that is read there.

    Operators and methods mean what they mean in NumPy; each is also a function, as ``pel.exp``.
    """

    __slots__ = ()
    shape: Shape
    dtype: np.dtype[Any]

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def T(self) -> Tensor:  # noqa: N802
        """The transpose: all axes in reverse order."""
        return METHODS["transpose"](self)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **named: Any) -> Any:
        return METHODS["array_ufunc"](ufunc, method, inputs, named)

    def __array_function__(self, function: Any, types: Any, args: Any, named: Any) -> Any:
        return METHODS["array_function"](function, args, named)

    def __dlpack__(self, **wishes: Any) -> Any:
        return METHODS["dlpack"](self, wishes)

    def __dlpack_device__(self) -> tuple[int, int]:
        return 1, 0  # the processor's memory

    __add__, __radd__ = _operator("add"), _reflected("add")
    __sub__, __rsub__ = _operator("subtract"), _reflected("subtract")
    __mul__, __rmul__ = _operator("multiply"), _reflected("multiply")
    __truediv__, __rtruediv__ = _operator("divide"), _reflected("divide")
    __floordiv__, __rfloordiv__ = _operator("floor_divide"), _reflected("floor_divide")
    __mod__, __rmod__ = _operator("remainder"), _reflected("remainder")
    __pow__, __rpow__ = _operator("power"), _reflected("power")
    __matmul__, __rmatmul__ = _operator("matmul"), _reflected("matmul")
    __and__, __rand__ = _operator("bitwise_and"), _reflected("bitwise_and")
    __or__, __ror__ = _operator("bitwise_or"), _reflected("bitwise_or")
    __xor__, __rxor__ = _operator("bitwise_xor"), _reflected("bitwise_xor")
    __lt__, __le__ = _operator("less"), _operator("less_equal")
    __gt__, __ge__ = _operator("greater"), _operator("greater_equal")
    __eq__, __ne__ = _operator("equal"), _operator("not_equal")  # type: ignore[assignment]

    __invert__, __neg__, __abs__ = _operator("invert"), _operator("negative"), _operator("abs")
    __hash__ = object.__hash__

    def __getitem__(self, index: Any) -> Tensor:
        return METHODS["getitem"](self, index)

    def sum(self, axis: int | Sequence[int] | None = None, *, keepdims: bool = False) -> Tensor:
        """Add up the elements along `axis` (all of them by default)."""
        return METHODS["sum"](self, axis, keepdims=keepdims)

    def mean(self, axis: int | Sequence[int] | None = None, *, keepdims: bool = False) -> Tensor:
        """Average the elements along `axis` (all of them by default)."""
        return METHODS["mean"](self, axis, keepdims=keepdims)

    def max(self, axis: int | Sequence[int] | None = None, *, keepdims: bool = False) -> Tensor:
        """Take the greatest element along `axis` (of all by default)."""
        return METHODS["max"](self, axis, keepdims=keepdims)

    def min(self, axis: int | Sequence[int] | None = None, *, keepdims: bool = False) -> Tensor:
        """Take the least element along `axis` (of all by default)."""
        return METHODS["min"](self, axis, keepdims=keepdims)

    def argmax(self, axis: int = -1) -> Tensor:
        """Give the position of the greatest element along `axis`."""
        return METHODS["argmax"](self, axis)

    def reshape(self, *shape: int | Sequence[int]) -> Tensor:
        """Arrange the elements, in row-major order, in another shape; one extent may be -1."""
        return METHODS["reshape"](self, *shape)

    def transpose(self, *axes: int | Sequence[int]) -> Tensor:
        """Permute the axes; without arguments, reverse them."""
        return METHODS["transpose"](self, (axes[0] if len(axes) == 1 else axes) if axes else None)

    def astype(self, dtype: DTypeLike) -> Tensor:
        """Convert to another dtype."""
        return METHODS["cast"](self, dtype)

    def detach(self) -> Tensor:
        """Give the same values with no gradient through them, and no memory of how they were made.

        What has no value yet stays an expression, through which no gradient flows.
        """
        node = as_tensor(self)
        return METHODS["stop_gradient"](node) if node.value is None else constant(node.value)


class Tensor(Operand):
    """An immutable node of the graph: what made it, its shape and dtype, and, if known, its value.

    Made by :func:`tensor`, :func:`placeholder` and by operations, never directly.

    Attributes
    ----------
    op, attrs : the operation that made it, with which settings
    shape, dtype : the shape (``None`` for an unknown extent) and the NumPy dtype
    spec, signature : both together; and with them the operation and its settings
    value : the NumPy array, read-only, or ``None`` when it depends on a placeholder
    requires_grad : whether gradients flow into it
    grad : on a leaf, the gradient that ``backward()`` left there
    name : what a placeholder or constant is called
    origin : the layer it was made in, and the forward node it belongs to
    updates : variables and their new values that are declared with it
    call : the layer call that it is the result of, if any
    made_of : its inputs, or the composite that it is the result of

    Examples
    --------
    >>> import pellucid as pel
    >>> x = pel.tensor([1.0, 2.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y
    Tensor(5.0, float32)
    >>> y.op, y.inputs[0].op
    (<op sum>, <op multiply>)
    >>> y.backward(); x.grad
    Tensor([2. 4.], float32)
    """

    __slots__ = (
        "__weakref__", "attrs", "call", "dtype", "grad", "made_of", "name", "op", "origin",
        "requires_grad", "shape", "signature", "spec", "updates", "value",
    )  # fmt: skip

    def __init__(
        self,
        signature: Signature,
        inputs: tuple[Tensor, ...] | Whole,
        value: NDArray[Any] | None,
        requires_grad: bool = False,
        name: str = "",
    ) -> None:
        self.signature = signature
        self.op, self.attrs, self.spec = signature.op, signature.attrs, signature.spec
        self.shape, self.dtype = signature.spec
        self.made_of = inputs
        self.value = value
        self.requires_grad = requires_grad
        self.grad: Tensor | None = None
        self.name = name
        self.origin = _origin.get()
        self.updates: Mapping[Variable, Tensor] = _NO_ATTRS  # type: ignore[assignment]
        self.call: Any = None

    @property
    def inputs(self) -> tuple[Tensor, ...]:
        """From which tensors it was made, which are made themselves if a composite hides them."""
        made_of = self.made_of
        return made_of.recipe(self)[1] if type(made_of) is Whole else made_of

    @property
    def label(self) -> str:
        """What this node is in words: its own name, or its layer and operation."""
        own = self.name or ".".join(filter(None, [self.origin.path, self.op.name]))
        forward = self.origin.forward
        return f"{own} in the gradient of {forward.label}" if forward is not None else own

    def numpy(self) -> NDArray[Any]:
        """Give the value as a read-only NumPy array; an expression of placeholders has none."""
        if self.value is None:
            raise GraphError(
                f"{self.label} has no value yet: it depends on a placeholder",
                mend="compile it, f = pel.function([inputs], [outputs]), and call f with data",
            )
        return self.value

    def item(self) -> Any:
        """Give the value of a single element as a Python number."""
        value = self.numpy()
        if value.size != 1:
            raise GraphError(
                f"item: one number is asked of a tensor with {value.size} elements",
                got=f"shape {self.shape}", mend="reduce it first, x.sum(), or write x.numpy()",
            )  # fmt: skip
        return value.item()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        return bool(self.item())

    def __len__(self) -> int:
        if not self.shape or self.shape[0] is None:
            raise ArgumentTypeError(
                "len: the tensor has no first extent that is known", got=f"shape {self.shape}",
                mend="write x.item() for a scalar, pel.count(x, 0) for rows that are not yet known",
            )  # fmt: skip
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def backward(self, gradient: TensorLike | None = None, *, create_graph: bool = False) -> None:
        """Add the gradient of this scalar to ``.grad`` of every leaf that it depends on.

        Parameters
        ----------
        gradient : the gradient of the quantity of interest with respect to this tensor; needed
            when this is not a scalar
        create_graph : keep the graph of the gradients, so that they can be differentiated again
        """
        METHODS["backward"](self, gradient, create_graph=create_graph)

    def __repr__(self) -> str:
        if self.value is not None:
            return f"Tensor({shown(self.value)}, {self.dtype})"
        name = f"{self.name!r}, " if self.name else ""
        return f"Tensor({name}{self.op.name}, shape={self.shape}, {self.dtype})"


@final
class Whole(NamedTuple):
    """A composite, whose nodes are made when somebody looks inside, and not before.

    Attributes
    ----------
    recipe : gives the nodes inside but for the result, and the inputs of the result
    operands : what the composite was given
    values : of the nodes inside, of the result last
    opened : what the recipe gave, once it has
    """

    recipe: Callable[[Tensor], tuple[list[Tensor], tuple[Tensor, ...]]]
    operands: tuple[Tensor, ...]
    values: list[NDArray[Any]]
    opened: list[tuple[list[Tensor], tuple[Tensor, ...]]]


def shown(value: NDArray[Any]) -> str:
    """Write an array as briefly as a person would want to see it."""
    if not value.shape:
        return str(value[()])
    return np.array2string(value, threshold=20, precision=6, separator=" ")


TensorLike = Operand | NDArray[Any] | float | int | bool | Sequence[Any]


def _leaf(name: str, formula: str) -> Op:
    def outside(*args: Any, **attrs: Any) -> Any:
        raise GraphError(f"a {name} is given its shape and value from outside")

    return register(Op(name, outside, outside, Leaf(), formula))


PLACEHOLDER = _leaf("placeholder", "{0}")
CONSTANT = _leaf("constant", "{0}")


def apply(op: Op, *inputs: Tensor, **attrs: Any) -> Tensor:
    """Make the node of `op` on `inputs`; compute its value now if every input has one."""
    named: tuple[Any, ...] = ()
    if attrs:  # a sign tells 0.0 from −0.0
        signs = [math.copysign(1, x) for x in attrs.values() if type(x) is float]
        named = (*attrs.items(), *signs)
    made = signature(op, named, *[x.spec for x in inputs])
    arrays = [x.value for x in inputs]
    value = None
    if all([array is not None for array in arrays]):
        value = np.asarray(_quiet.copy().run(made.array, *arrays))
        value.setflags(write=False)
    return Tensor(made, inputs, value, any([inputs[k].requires_grad for k in made.routes]))


@final
class provenance:  # noqa: N801
    """Mark the nodes made inside as the layer `path`'s, or as the gradient of `forward`'s."""

    __slots__ = ("_given", "_token")

    def __init__(self, *, path: str | None = None, forward: Tensor | None = None) -> None:
        self._given = path, forward

    def __enter__(self) -> None:
        (path, forward), now = self._given, _origin.get()
        node = now.forward if forward is None else forward
        self._token = _origin.set(Origin(now.path if path is None else path, node))

    def __exit__(self, *error: object) -> None:
        _origin.reset(self._token)


@contextlib.contextmanager
def default_dtype(dtype: DTypeLike) -> Iterator[None]:
    """Set the dtype of floating data at every border within a ``with`` block (else float32).

    Examples
    --------
    >>> import pellucid as pel
    >>> with pel.default_dtype("float64"):
    ...     pel.tensor(1.0).dtype
    dtype('float64')
    """
    token = _default_dtype.set(resolve_dtype(dtype).name)
    try:
        yield
    finally:
        _default_dtype.reset(token)


def resolve_dtype(dtype: DTypeLike | None) -> np.dtype[Any]:
    """Turn a dtype argument into NumPy's, of numbers or truth values; ``None`` is the default."""
    try:
        result = np.dtype(_default_dtype.get() if dtype is None else dtype)
    except TypeError:
        result = np.dtype(object)
    if result.kind not in "fiub" or not result.isnative:
        raise DTypeError(
            "a dtype that tensors do not have", got=repr(dtype),
            wanted="float32, float64, float16, a sized integer, or bool",
            mend='write dtype="float32"',
        )  # fmt: skip
    return result


def border_array(data: Any, dtype: DTypeLike | None = None, what: str = "tensor") -> NDArray[Any]:
    """Convert what enters a graph: floating data takes `dtype`, else the default; the rest stays.

    The result is a C-contiguous, read-only array of its own. Overflow in narrowing is an error.
    """
    if isinstance(data, (list, tuple)) and any(isinstance(x, Operand) for x in data):
        raise DataError(
            f"{what}: a list of tensors would lose their gradients", got=f"{len(data)} entries",
            mend="join them: pel.concatenate([x[None], y[None]])",
        )  # fmt: skip
    try:
        raw = np.asarray(data)
    except ValueError as error:
        regular = str(error).rpartition("shape was ")[2].partition(" + ")[0]
        raise DataError(
            f"{what}: the rows differ in length", got=f"{regular} and then unequal rows",
            mend="give rows of equal length, or fill the short ones up",
        ) from error  # fmt: skip
    if raw.dtype.kind == "O":
        raw = _numbers(raw, what)
    if raw.dtype.kind not in "fiub":
        raise DTypeError(
            f"{what}: only numbers and truth values can enter a graph", got=f"dtype {raw.dtype}",
            mend="take the real part: x.real" if raw.dtype.kind == "c" else "encode it as numbers",
        )  # fmt: skip
    native = raw.dtype.newbyteorder("=")
    wanted = resolve_dtype(dtype) if dtype is not None or native.kind == "f" else native
    with np.errstate(all="ignore"):
        value = np.array(raw, dtype=wanted, order="C")
    _check_fits(raw, value, what)
    value.flags.writeable = False
    return value


def _numbers(raw: NDArray[Any], what: str) -> NDArray[Any]:
    strange = [x for x in raw.flat if x is None or isinstance(x, (str, bytes))]
    try:
        if strange:
            raise TypeError(f"{strange[0]!r} among the values")
        return np.array(raw.tolist(), dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(
            f"{what}: not an array of numbers", got=str(error),
            mend="give numbers only: encode text, fill in what is missing",
        ) from error  # fmt: skip


def _check_fits(raw: NDArray[Any], value: NDArray[Any], what: str) -> None:
    if raw.dtype is value.dtype or np.can_cast(raw.dtype, value.dtype):
        return
    if value.dtype.kind == "f":
        lost, mend = np.isinf(value) & ~np.isinf(raw), 'write dtype="float64", or scale the data'
    elif value.dtype.kind in "iu":
        with np.errstate(all="ignore"):
            lost = (value.astype(raw.dtype) != raw) | ((value < 0) != (raw < 0))
        mend = "round first, or choose a dtype that holds it"
    else:
        return
    if lost.any():
        raise DTypeError(
            f"{what}: a value does not fit the dtype", got=f"{raw[lost].flat[0]} for {value.dtype}",
            mend=mend,
        )  # fmt: skip


@lru_cache(maxsize=1024, typed=True)
def _scalar(value: int | float, dtype: DTypeLike, sign: float) -> NDArray[Any]:
    """The border for one number, of which graphs are full; `sign` tells 0.0 from −0.0."""
    return border_array(value, dtype)


def constant(value: NDArray[Any], *, requires_grad: bool = False, name: str = "") -> Tensor:
    """Make a leaf of a read-only array that is already of the right dtype."""
    return Tensor(_leaf_of(value.shape, value.dtype), (), value, requires_grad, name)


@lru_cache(maxsize=1024)
def _leaf_of(shape: Shape, dtype: np.dtype[Any]) -> Signature:
    return Signature(CONSTANT, _NO_ATTRS, Spec(shape, dtype))


def tensor(
    data: Any, dtype: DTypeLike | None = None, *, requires_grad: bool = False, name: str = ""
) -> Tensor:
    """Make a leaf tensor from numbers; floating data becomes `dtype`, else the default, float32.

    Parameters
    ----------
    data : a number, nested lists, or an array; it is copied
    dtype : the dtype wanted; integers and truth values keep theirs when it is left out
    requires_grad : whether ``backward()`` is to leave a gradient in ``.grad``

    Raises
    ------
    DTypeError : for text, complex numbers, a value too large for `dtype`, or a gradient asked of
        integers

    Examples
    --------
    >>> import pellucid as pel
    >>> pel.tensor([[1, 2], [3, 4]]) + 0.5
    Tensor([[1.5 2.5]
     [3.5 4.5]], float64)
    """
    if isinstance(data, Operand):
        data = as_tensor(data).numpy()
        dtype = data.dtype if dtype is None else dtype
    value = border_array(data, dtype, name or "tensor")
    if requires_grad and value.dtype.kind != "f":
        raise DTypeError(
            "only floating tensors have gradients", got=f"dtype {value.dtype}",
            mend='write dtype="float32"',
        )  # fmt: skip
    return constant(value, requires_grad=requires_grad, name=name)


def placeholder(
    shape: Sequence[int | None], dtype: DTypeLike | None = None, *, name: str = ""
) -> Tensor:
    """Make a leaf whose value is given later, when a compiled function is called.

    Parameters
    ----------
    shape : extents; ``None`` for one that is known only at the call
    name : how errors and named inputs speak of it

    Examples
    --------
    >>> import pellucid as pel
    >>> x = pel.placeholder((None, 2), name="x")
    >>> x * 2 + 1
    Tensor(add, shape=(None, 2), float32)
    """
    extents = tuple(shape) if isinstance(shape, Sequence) else (shape,)
    for extent in extents:
        if extent is not None and (not isinstance(extent, (int, np.integer)) or extent < 0):
            raise ArgumentError(
                "placeholder: an extent is a whole number, or None when unknown",
                got=f"shape={shape}", mend="write placeholder((None, 2))",
            )  # fmt: skip
    spec = Spec(tuple(None if e is None else int(e) for e in extents), resolve_dtype(dtype))
    return Tensor(Signature(PLACEHOLDER, _NO_ATTRS, spec), (), None, name=name)


def as_tensor(value: TensorLike, dtype: DTypeLike | None = None) -> Tensor:
    """See `value` as a node: tensors as they are, variables read, arrays and numbers as constants.

    An array keeps its dtype here: inside a graph NumPy's promotion holds.
    """
    if isinstance(value, Tensor):
        return value
    if dtype is not None and isinstance(value, (int, float)):
        return constant(_scalar(value, dtype, math.copysign(1.0, value)))
    if isinstance(value, Operand):
        return METHODS["read"](value)
    if dtype is None and isinstance(value, (np.ndarray, np.generic)):
        dtype = value.dtype.newbyteorder("=") if value.dtype.kind == "f" else None
    return constant(border_array(value, dtype))
