"""Modules: callables from tensors to a tensor, with named variables and modules inside.

A layer is a frozen declaration. Its variables are created once, at the first call, when shapes are
known; they are drawn at first need from the seed and their dotted path. Whether a call trains is
said once, at the outermost call, and holds for everything called inside.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from abc import ABCMeta, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple, Self, TypeGuard, TypeVar

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import register
from pellucid.errors import ArgumentTypeError, FileError, GraphError, PellucidError
from pellucid.graph.op import Spec
from pellucid.graph.tensor import (
    Operand,
    Tensor,
    TensorLike,
    as_tensor,
    constant,
    placeholder,
    provenance,
    tensor,
)
from pellucid.graph.variable import Variable, symbolic
from pellucid.layers.init import Initializer
from pellucid.layers.penalty import Penalty
from pellucid.lazy import load
from pellucid.ops.elementwise import add, identity
from pellucid.ops.random import derive_key

__all__ = [
    "REGISTRY", "Call", "Contents", "Module", "Observation", "contents_of", "filled", "latest",
    "observed", "with_updates",
]  # fmt: skip

REGISTRY: dict[str, type[Module]] = {}
_M = TypeVar("_M", bound="Module")


class Call(NamedTuple):
    """That a tensor is the result of calling a module on tensors; a functional model replays it.

    The results of one call share the very tuple of inputs; `head` is the place among them.
    """

    module: Module
    inputs: tuple[Tensor, ...]
    head: int = 0


class Observation(NamedTuple):
    """One call seen by :func:`observed`."""

    module: Module
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


class _Pass(NamedTuple):
    """What holds during an outermost call."""

    training: bool = False
    root: Module | None = None
    calls: dict[int, int] = {}  # noqa: RUF012
    earlier: int = 0
    declared: dict[Variable, list[dict[Variable, Tensor]]] = {}  # noqa: RUF012


_pass: ContextVar[_Pass] = ContextVar("pass", default=_Pass())  # noqa: B039
_observer: ContextVar[Callable[[Observation], None] | None] = ContextVar("observer", default=None)


@functools.lru_cache(maxsize=256)
def _signature(cls: type) -> inspect.Signature:
    return inspect.signature(cls.__init__)  # type: ignore[misc]


class _ModuleType(ABCMeta):
    """Records the arguments a module was made with, and seals it when it is made."""

    def __call__(cls: type[_M], *args: Any, **kwargs: Any) -> _M:  # type: ignore[misc]
        try:
            module: _M = super().__call__(*args, **kwargs)  # type: ignore[misc]
        except PellucidError as error:
            raise error.located(cls.__name__) from None
        bound = _signature(cls).bind(module, *args, **kwargs).arguments
        given = list(bound.items())[1:]
        module._arguments = {k: v.copy() if isinstance(v, (list, dict)) else v for k, v in given}
        module._sealed = True
        return module


def _is_module(value: Any) -> TypeGuard[Module]:
    """Tell whether this is a module, quickly: an abstract class asks all its subclasses first."""
    return isinstance(type(value), _ModuleType)


class Module(metaclass=_ModuleType):
    """A callable from tensors to a tensor that owns variables and other modules.

    Subclasses set their hyper-parameters and inner modules in ``__init__``, and write ``forward``;
    a layer with variables of its own also writes ``build``, which makes them with :meth:`create`.

    Examples
    --------
    >>> import pellucid as pel
    >>> from pellucid import nn
    >>> class Scale(nn.Module):
    ...     def build(self, x):
    ...         self.create("factor", x.shape[-1:], nn.init.Constant(2.0))
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> Scale()(pel.tensor([[1.0, 2.0]]))
    Tensor([[2. 4.]], float32)
    """

    _sealed = False
    _built = False
    _path: str | None = None
    _seed: int | None = None
    _arguments: dict[str, Any]
    _input_specs: tuple[Spec, ...] = ()
    _penalties: tuple[tuple[Variable, Penalty], ...] = ()
    _frozen = False
    _first: tuple[Variable, ...] = ()  # of those that are floating

    #: Whether training looks at several rows together, so that a batch of one row means nothing.
    batch_statistics = False

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not inspect.isabstract(cls) and not cls.__name__.startswith("_"):
            register(REGISTRY, cls)

    # Any arguments, so that a subclass may name its own: forward(self, x, y).

    @abstractmethod
    def forward(self, *inputs: Any, **named: Any) -> Tensor:
        """Compute the result from the inputs; ``self.training`` tells the mode."""

    def build(self, *specs: Any, **named: Any) -> None:
        """Make the variables, now that the inputs' specs are known; nothing by default."""

    def __call__(self, *inputs: TensorLike, training: bool | None = None) -> Tensor:
        """Call the module; ``training=True`` holds for every module inside."""
        outer = _pass.get()
        if outer.root is None and self._path is None:
            self.name_parts()
        mode = outer.training if training is None else training
        calls, declared = (outer.calls, outer.declared) if outer.root else ({}, {})
        earlier = calls.get(id(self), 0)
        calls[id(self)] = earlier + 1
        token = _pass.set(_Pass(mode, outer.root or self, calls, earlier, declared))
        try:
            with provenance(path=self.path):
                return self._called([x if type(x) is Tensor else self._border(x) for x in inputs])
        except PellucidError as error:
            raise error.located(self._place()) from None
        finally:
            _pass.reset(token)

    def _called(self, inputs: list[Tensor]) -> Tensor:
        if not self._built:
            specs = tuple(Spec((None, *x.shape[1:])[: x.ndim], x.dtype) for x in inputs)
            self.build(*specs)
            self._set("_input_specs", specs)
            self._set("_built", True)
        result: Any
        given = tuple(inputs)
        if any([x.value is None for x in given]):
            with symbolic():  # so that nothing is drawn
                result = self.forward(*given)
        else:
            result = self.forward(*given)
        heads = [result] if type(result) is Tensor else _heads(result)
        outputs = [identity(y) if any([y is x for x in given]) else y for y in heads]
        for head, output in enumerate(outputs):
            output.call = Call(self, given, head)
        watcher = _observer.get()
        if watcher is not None:
            watcher(Observation(self, given, tuple(outputs)))
        if isinstance(result, Tensor):
            return outputs[0]
        by_name = isinstance(result, Mapping)
        several: Any = dict(zip(result, outputs, strict=True)) if by_name else tuple(outputs)
        return several

    def _border(self, x: TensorLike) -> Tensor:
        """Let floating data take the dtype of the variables; integers stay, as names of things."""
        if isinstance(x, Operand):
            return as_tensor(x)
        if type(x) is np.ndarray and x.dtype is self.dtype:  # nothing is to be found out
            own = x.copy()
            own.setflags(write=False)
            return constant(own)
        with contextlib.suppress(ValueError):  # of rows of unequal length the border speaks
            if np.asarray(x).dtype.kind in "iub":
                return tensor(x)
        return tensor(x, self.dtype)

    # --- names and state ---

    @property
    def training(self) -> bool:
        """Whether the pass under way trains."""
        return _pass.get().training

    @property
    def earlier_calls(self) -> int:
        """How often this module was called before in the pass under way."""
        return _pass.get().earlier

    @property
    def path(self) -> str:
        """The dotted path of this module in the network that it belongs to."""
        if self._path is None:
            raise GraphError(
                f"a {type(self).__name__} is called inside a network that does not own it",
                mend="keep it as an attribute of the network: self.layer = … in __init__",
            )
        return self._path

    @property
    def dtype(self) -> np.dtype[Any] | None:
        """The dtype of the floating variables, or ``None`` before there are any."""
        first = (
            self._first or tuple(v for v in self.variables().values() if v.dtype.kind == "f")[:1]
        )
        if self._built:
            self._set("_first", first)
        return first[0].dtype if first else None

    @property
    def built(self) -> bool:
        """Whether the variables exist."""
        return self._built

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments that this module was made with."""
        return dict(self._arguments)

    @classmethod
    def from_arguments(cls, arguments: dict[str, Any]) -> Self:
        """Make a module from what :attr:`arguments` gave, when a file is read."""
        signature = _signature(cls)
        myself = next(iter(signature.parameters))
        given = inspect.BoundArguments(signature, OrderedDict({myself: None} | arguments))
        try:
            if not arguments.keys() <= signature.parameters.keys():
                raise TypeError("it does not take all of them")
            signature.bind(*given.args, **given.kwargs)
        except TypeError as error:
            raise FileError(
                f"the file gives a {cls.__name__} other arguments than it takes: {error}",
                got=", ".join(arguments) or "none",
                wanted=", ".join(list(signature.parameters)[1:]),
                mend="load it with the version of the class that saved it",
            ) from error
        return cls(*given.args[1:], **given.kwargs)

    @property
    def input_specs(self) -> tuple[Spec, ...]:
        """The shapes and dtypes of the inputs at the first call, batches of unknown extent."""
        return self._input_specs

    def children(self) -> Iterator[tuple[str, Module]]:
        """List the modules directly inside by name: attributes, also in lists and dicts."""
        for name, value in vars(self).items():
            if name.startswith("_"):
                continue
            if _is_module(value):
                yield name, value
            elif isinstance(value, (list, tuple, dict)):
                pairs = value.items() if isinstance(value, dict) else enumerate(value)
                yield from ((f"{name}.{k}", m) for k, m in pairs if _is_module(m))

    def modules(self) -> dict[str, Module]:
        """List this module and all inside by path, each once, in the order of construction."""
        found: dict[str, Module] = {}
        seen: set[int] = set()
        stack: list[tuple[str, Module]] = [("", self)]
        while stack:
            path, module = stack.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            found[path] = module
            inner = [(f"{path}.{name}" if path else name, m) for name, m in module.children()]
            stack.extend(reversed(inner))
        return found

    def variables(self) -> dict[str, Variable]:
        """List all variables by dotted name, those that training does not change included."""
        found: dict[str, Variable] = {}
        seen: set[int] = set()
        for path, module in self.modules().items():
            for name, value in vars(module).items():
                if isinstance(value, Variable) and id(value) not in seen:
                    seen.add(id(value))
                    found[f"{path}.{name}" if path else name] = value
        return found

    def parameters(self) -> dict[str, Variable]:
        """List the variables that training changes, by dotted name."""
        return {name: v for name, v in self.variables().items() if v.trainable}

    def penalty(self) -> Tensor | None:
        """Add up the penalties of all weights inside that training changes, if there are any.

        Training adds it to the loss. A weight of a layer has one by ``penalty=nn.L2(1e-4)``.

        >>> from pellucid import nn
        >>> layer = nn.Linear(2, weight_init="ones", penalty=nn.L2(0.5))
        >>> y = layer([[1.0, 2.0, 3.0]])
        >>> layer.penalty()
        Tensor(3.0, float32)
        """
        several = [
            penalty(variable.read())
            for module in self.modules().values()
            for variable, penalty in module._penalties
            if variable.trainable
        ]
        return functools.reduce(add, several) if several else None

    def freeze(self) -> Self:
        """Keep training from changing any weight inside, also one that is not made yet.

        Running statistics go on, as they follow the data and not the loss.

        >>> from pellucid import nn
        >>> layer = nn.Linear(2).freeze()
        >>> y = layer([[1.0]])
        >>> list(layer.parameters()), list(layer.unfreeze().parameters())
        ([], ['weight', 'bias'])
        """
        return self._let_train(False)

    def unfreeze(self) -> Self:
        """Let training change the weights inside again."""
        return self._let_train(True)

    def _let_train(self, allowed: bool) -> Self:
        for module in self.modules().values():
            module._set("_frozen", not allowed)
        for variable in self.variables().values():
            variable.trainable = variable.is_parameter and allowed
        return self

    def create(
        self,
        name: str,
        shape: Sequence[int | None],
        init: Initializer,
        *,
        trainable: bool = True,
        penalty: Penalty | None = None,
        constraint: Callable[[Tensor], Tensor] | None = None,
    ) -> Variable:
        """Make the variable ``self.name``; it is drawn when first needed, from seed and path.

        Parameters
        ----------
        penalty : what its size adds to the loss, see :meth:`penalty`
        constraint : what an optimizer does to each of its new values
        """
        if any(extent is None for extent in shape):
            raise GraphError(
                f"the shape of {name} is not known", got=str(tuple(shape)),
                mend="give the inputs fixed extents beside the batch",
            )  # fmt: skip
        known = tuple(int(extent) for extent in shape if extent is not None)
        draw = lambda: init(known, self._key(name))  # noqa: E731
        made = self._make(name, known, draw, None, trainable=trainable)
        made.constraint = constraint
        if penalty is not None:
            self._set("_penalties", (*self._penalties, (made, penalty)))
        return made

    def create_stream(self) -> None:
        """Make ``self.key`` and ``self.step``: the key and the counter of a random stream."""
        self._make("key", (2,), lambda: self._key("key"), "uint32", trainable=False)
        self._make("step", (), lambda: np.uint32(0), "uint32", trainable=False)

    def _make(
        self,
        name: str,
        shape: tuple[int, ...],
        draw: Callable[[], Any],
        dtype: Any,
        *,
        trainable: bool,
    ) -> Variable:
        full = f"{self._path}.{name}" if self._path else name
        made = Variable(draw, dtype, shape=shape, name=full, trainable=trainable)
        made.trainable = made.trainable and not self._frozen
        self._set(name, made)
        return made

    def _key(self, name: str) -> NDArray[np.uint32]:
        return derive_key(self._entropy(), f"{self._path or ''}.{name}")

    def _entropy(self) -> int:
        if self._seed is None:
            self.seed(load("secrets").randbits(31))
        assert self._seed is not None
        return self._seed

    def name_parts(self) -> None:
        """Give every module inside its path, seen from this one, and every variable its name."""
        for path, module in self.modules().items():
            module._set("_path", path)
        for name, variable in self.variables().items():
            variable.name = name

    def seed(self, seed: int) -> None:
        """Set the seed of everything inside that is not drawn yet; random streams start anew."""
        for module in self.modules().values():
            module._set("_seed", seed)
            for stream in (vars(module).get("key"), vars(module).get("step")):
                if isinstance(stream, Variable):
                    stream.reset()

    def reset(self, seed: int | None = None) -> None:
        """Start anew: every variable is drawn again, from `seed` or from a seed drawn now."""
        self.seed(load("secrets").randbits(31) if seed is None else seed)
        for variable in self.variables().values():
            variable.reset()

    def _place(self) -> str:
        return f"{type(self).__name__} {self._path!r}" if self._path else type(self).__name__

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if self._sealed and not name.startswith("_"):
            raise GraphError(
                f"{type(self).__name__}.{name} cannot be changed: a module is frozen once made",
                mend="make a new module; assign to a variable with variable.assign(value)",
            )
        self._set(name, value)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or self._built:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        raise AttributeError(
            f"{type(self).__name__} has no attribute {name!r} "
            "(yet: variables are made at the first call)"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        """Be copied and pickled as what it was made with, and its values; gradients are left out.

        >>> import pickle
        >>> from pellucid import nn
        >>> layer = nn.Linear(2)
        >>> y = layer([[1.0, 2.0]])
        >>> again = pickle.loads(pickle.dumps(layer))
        >>> bool((again([[1.0, 2.0]]).numpy() == y.numpy()).all())
        True
        """
        return _remade, (type(self), self.arguments, contents_of(self))

    def __repr__(self) -> str:
        given = ", ".join(f"{k}={_shown(v)}" for k, v in self._arguments.items())
        return f"{type(self).__name__}({given})"


class Contents(NamedTuple):
    """What modules hold beside their arguments.

    Attributes
    ----------
    parts : by path, the specs of the inputs, the seed, and whether the module is frozen
    values : by dotted name, the value, none if it is not drawn yet; the dtype; is it trained
    """

    parts: dict[str, tuple[tuple[Spec, ...], int | None, bool]]
    values: dict[str, tuple[NDArray[Any] | None, np.dtype[Any], bool]]


def contents_of(module: Module, *, draw: bool = True) -> Contents:
    """List what a module and all inside it hold; with ``draw=False`` nothing is drawn for it."""
    parts = {p: (m._input_specs, m._seed, m._frozen) for p, m in module.modules().items()}
    values = {
        name: (v.numpy() if draw or v._value is not None else None, v.dtype, v.trainable)
        for name, v in module.variables().items()
    }
    return Contents(parts, values)


def filled(module: _M, contents: Contents) -> _M:
    """Give a module, and all inside it, what another of the same arguments held."""
    for path, part in module.modules().items():
        specs, seed, frozen = contents.parts[path]
        if specs and not part.built:
            with symbolic():
                part(*[placeholder(spec.shape, spec.dtype) for spec in specs])
        part._set("_seed", seed)
        part._set("_frozen", frozen)
    for name, variable in module.variables().items():
        value, dtype, trainable = contents.values[name]
        if variable.dtype.kind == "f":
            variable.cast(dtype)
        if value is not None:
            variable.assign(value)
        variable.trainable = trainable
    return module


def _remade(cls: type[_M], arguments: dict[str, Any], contents: Contents) -> _M:
    return filled(cls.from_arguments(arguments), contents)


def _heads(result: Any) -> list[Tensor]:
    """List the tensors that a forward gave: one, several by place, or several by name."""
    if isinstance(result, Tensor):
        return [result]
    found = list(result.values()) if isinstance(result, Mapping) else result
    found = list(found) if isinstance(found, (list, tuple)) else [found]
    wrong = [one for one in found if not isinstance(one, Tensor)]
    if wrong or not found:
        raise ArgumentTypeError(
            "forward gave something that is not a tensor",
            got=type(wrong[0] if wrong else result).__name__,
            mend="end forward with `return` and a tensor, or a tuple or dict of tensors",
        )
    return found


def _shown(value: Any) -> str:
    """Write an argument; of a function its name, and not where it lies in memory."""
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(_shown, value))
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k!r}: {_shown(v)}" for k, v in value.items()) + "}"
    name = getattr(value, "__name__", None)
    return str(name) if callable(value) and name else repr(value)


@contextlib.contextmanager
def observed(watcher: Callable[[Observation], None]) -> Iterator[None]:
    """Tell `watcher` of every module call made inside."""
    token = _observer.set(watcher)
    try:
        yield
    finally:
        _observer.reset(token)


def with_updates(result: Tensor, updates: dict[Variable, Tensor]) -> Tensor:
    """Declare, with a result, the new values of variables; whoever runs the step commits them.

    A module that is called several times in a pass declares several new values. The last one
    holds, whichever of the results are used; :func:`latest` lets it build on those before.
    """
    node = identity(result)
    node.updates = own = dict(updates)
    now = _pass.get()
    for variable, value in updates.items() if now.root else ():
        declarations = now.declared.setdefault(variable, [])
        declarations.append(own)
        for one in declarations:
            one[variable] = value
    return node


def latest(variable: Variable) -> Tensor:
    """Give the value that `variable` has by what was declared before in the pass under way."""
    declarations = _pass.get().declared.get(variable)
    return declarations[-1][variable] if declarations else variable.read()
