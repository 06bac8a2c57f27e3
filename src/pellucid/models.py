"""Networks: modules with the verbs. Sequential and Model are made of layers; subclass the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self, final

from numpy.typing import NDArray

from pellucid import train
from pellucid.errors import ArgumentError, ArgumentTypeError, GraphError
from pellucid.graph import OPS, Spec, Tensor, apply, placeholder, tensor, topological
from pellucid.graph.tensor import PLACEHOLDER, DTypeLike
from pellucid.layers.module import Module
from pellucid.losses import Loss
from pellucid.metrics import Metric
from pellucid.optim import Optimizer
from pellucid.train import Callback, EarlyStopping, History

__all__ = ["Input", "Model", "Network", "Sequential", "load"]

LossLike = str | Loss | Callable[[Tensor, Tensor], Tensor]


class Network(Module):
    """A module that can be trained, asked and saved. Subclass it and write ``forward``.

    Examples
    --------
    >>> import numpy as np
    >>> from pellucid import nn
    >>> class Residual(nn.Network):
    ...     def __init__(self, units):
    ...         self.inner = nn.Linear(units, activation="tanh")
    ...         self.out = nn.Linear(1)
    ...     def forward(self, x):
    ...         return self.out(x + self.inner(x))
    >>> X = np.random.default_rng(0).normal(size=(32, 3))
    >>> history = Residual(3).fit(X, X.sum(axis=1), epochs=2, seed=1, progress=False)
    >>> history.epochs
    2
    """

    _record: train.FitRecord | None = None
    _programs: train.Recent[Any]
    _functions: train.Recent[Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:  # noqa: D102
        network = super().__new__(cls)
        network._programs, network._functions = train.Recent(8), train.Recent(16)
        return network

    @property
    def history(self) -> History | None:
        """The history of the last fit."""
        return None if self._record is None else self._record.history

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        loss: LossLike | None = None,
        optimizer: Optimizer | None = None,
        epochs: int | None = None,
        steps: int | None = None,
        batch_size: int | None = None,
        validation: float | tuple[Any, Any] | None = None,
        metrics: Sequence[str | Metric] | None = None,
        early_stopping: int | EarlyStopping | None = None,
        callbacks: Sequence[Callback | Callable[..., None]] = (),
        shuffle: bool = True,
        prepare: Any = None,
        seed: int | None = None,
        dtype: DTypeLike | None = None,
        engine: str | None = None,
        progress: bool | int | None = None,
    ) -> History:
        """Train on rows X with targets y, from the present weights, with a fresh optimizer.

        Parameters
        ----------
        X, y : rows first, arrays, lists or frames; y: labels of any kind, or numbers
        loss : a name, a Loss or any function of (prediction, target); by default cross entropy for
            labels, the squared error for numbers, as the last layer wants it
        optimizer : Adam(0.001) by default
        epochs, steps : how often all rows are seen (10), or instead how many batches are drawn
        batch_size : rows in a batch, 32 by default; the last one of an epoch may be smaller
        validation : a fraction to hold out, stratified for labels, or a pair (X, y)
        metrics : names or metrics to record; by default what the loss suggests
        early_stopping : how many epochs without improvement end it, or an EarlyStopping
        callbacks : callbacks, or functions called at each epoch's end
        shuffle : take the rows in a new order each epoch
        prepare : "standard" or "minmax" scale the inputs, from the training rows, from now on
        seed : of weights not yet drawn, split, order, random layers; drawn and recorded if left out
        dtype, engine : "float32" or "float64"; "native" or "reference"
        progress : a bar where there is a terminal; False for none, n for a line every n epochs

        Raises
        ------
        ArgumentError, DataError, LabelError, ShapeError : naming what does not fit, and where
        NonFiniteError : when the loss stops being finite; the last finite weights are kept

        Examples
        --------
        >>> from pellucid import nn, optim, data
        >>> X, y = data.moons(200, seed=1)
        >>> model = nn.Sequential([nn.Linear(8, activation="tanh"), nn.Linear(2)])
        >>> model.fit(X, y, optimizer=optim.Adam(0.05), seed=1, progress=False).epochs
        10
        """
        options = train.FitOptions(
            loss, optimizer, epochs, steps, batch_size, validation, metrics, early_stopping,
            callbacks, shuffle, prepare, seed, dtype, engine, progress,
        )  # fmt: skip
        return train.fit(self, X, y, options).history

    def evaluate(self, X: Any, y: Any) -> dict[str, float]:
        """Give the loss and the metrics of the last fit on other rows.

        Examples
        --------
        >>> from pellucid import nn, data
        >>> X, y = data.moons(100, seed=1)
        >>> model = nn.Sequential([nn.Linear(2)])
        >>> _ = model.fit(X, y, epochs=1, seed=1, progress=False)
        >>> sorted(model.evaluate(X, y))
        ['accuracy', 'loss']
        """
        return train.evaluate(self, X, y)

    def predict(self, X: Any) -> NDArray[Any]:
        """Give the network's output for each row, in evaluation mode."""
        return train.predict(self, X)

    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Give the probability of each class for each row: the link of the loss applied."""
        return train.predict_proba(self, X)

    def classify(self, X: Any) -> NDArray[Any]:
        """Give the label of each row, of the kind that was given to ``fit``."""
        return train.classify(self, X)

    def summary(self) -> train.Summary:
        """List the layers with output shapes and numbers of parameters; it prints as a table."""
        return train.summarise(self)

    def save(self, path: str | Path) -> None:
        """Write architecture, weights, scaling and coding of labels to one safetensors file."""
        train.save(self, path)

    def load_weights(self, path: str | Path) -> Self:
        """Read the weights of a saved network of the same architecture; no class is needed."""
        train.load_weights(self, path)
        return self


@final
class Sequential(Network):
    """Layers one after another.

    Parameters
    ----------
    layers : modules, each taking the result of the one before

    Examples
    --------
    >>> from pellucid import nn
    >>> model = nn.Sequential([nn.Linear(4, activation="relu"), nn.Linear(2)])
    >>> model([[1.0, 2.0, 3.0]]).shape
    (1, 2)
    >>> list(model.parameters())
    ['0.weight', '0.bias', '1.weight', '1.bias']
    """

    def __init__(self, layers: Sequence[Module], *more: Module) -> None:
        listed = isinstance(layers, Iterable) and not more
        given: tuple[Any, ...] = tuple(layers) if listed else ((layers, *more),)
        wrong = [one for one in given if not isinstance(one, Module)]
        if not given or wrong:
            raise ArgumentTypeError(
                "Sequential takes one list of layers",
                got=repr(wrong[0]) if wrong else "an empty list",
                mend='write nn.Sequential([nn.Linear(4, activation="relu"), nn.Linear(1)])',
            )
        self.layers: tuple[Module, ...] = given

    def children(self) -> Iterator[tuple[str, Module]]:
        """List the layers under their numbers."""
        return ((str(k), layer) for k, layer in enumerate(self.layers))

    def forward(self, *inputs: Tensor) -> Tensor:
        """Pass the input through each layer."""
        _check_inputs(inputs, 1)
        (x,) = inputs
        for layer in self.layers:
            x = layer(x)
        return x

    def __repr__(self) -> str:
        return f"Sequential([{', '.join(map(repr, self.layers))}])"

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, index: int) -> Module:
        return self.layers[index]


def Input(  # noqa: N802
    shape: Sequence[int | None], dtype: DTypeLike | None = None, *, name: str = "input"
) -> Tensor:
    """Stand for the input of a functional model: a placeholder with the batch extent put in front.

    Parameters
    ----------
    shape : of one row, without the batch

    Examples
    --------
    >>> from pellucid import nn
    >>> nn.Input((2,)).shape
    (None, 2)
    """
    extents = tuple(shape) if isinstance(shape, Sequence) else (shape,)
    return placeholder((None, *extents), dtype, name=name)


@final
class Model(Network):
    """A network made by calling layers on inputs: the functional form.

    Parameters
    ----------
    inputs : one :func:`Input` or several
    outputs : a tensor made from them by layers and operations

    Raises
    ------
    GraphError : when the output depends on a placeholder that is not among the inputs, or does not
        depend on one that is

    Examples
    --------
    >>> from pellucid import nn
    >>> inputs = nn.Input((2,))
    >>> hidden = nn.Linear(3, activation="sigmoid")(inputs)
    >>> net = nn.Model(inputs, nn.Linear(1)(hidden))
    >>> net.probe(hidden)([[0.5, -0.5]]).shape
    (1, 3)
    """

    def __init__(self, inputs: Tensor | Sequence[Tensor], outputs: Tensor) -> None:
        self.inputs = (inputs,) if isinstance(inputs, Tensor) else tuple(inputs)
        self.outputs = outputs
        for wrong in (x for x in (*self.inputs, outputs) if not isinstance(x, Tensor)):
            raise ArgumentTypeError(
                "a Model is made of tensors: its inputs, and one output", got=repr(wrong),
                mend="write x = nn.Input(shape); nn.Model(x, nn.Linear(1)(x))",
            )  # fmt: skip
        self._check()
        self._parts = _called_modules(outputs, self.inputs)
        self.name_parts()

    def _check(self) -> None:
        met = topological([self.outputs])
        known = {id(x) for x in self.inputs}
        for x in self.inputs:
            if x.op is not PLACEHOLDER:
                raise GraphError(
                    "an input of a Model is no nn.Input", got=repr(x),
                    mend="begin with x = nn.Input(shape) and call layers on it",
                )  # fmt: skip
            if not any(x is node for node in met):
                raise GraphError(
                    f"the output does not depend on the input {x.name!r}",
                    mend="call layers on it, or leave it out of the inputs",
                )
        for node in met:
            if node.op is PLACEHOLDER and id(node) not in known:
                raise GraphError(
                    f"the output also depends on the input {node.name!r}",
                    mend="add it to the inputs: nn.Model([x, z], output)",
                )

    def children(self) -> Iterator[tuple[str, Module]]:
        """List the layers under their numbers, in the order in which they are called."""
        return ((str(k), module) for k, module in enumerate(self._parts))

    def forward(self, *inputs: Tensor) -> Tensor:
        """Call the layers again, on other inputs."""
        return _replayed(self.outputs, self._bound(inputs))

    def __repr__(self) -> str:
        given = ", ".join(f"{x.name} {x.shape}" for x in self.inputs)
        made = f"{self.outputs.shape}, {len(self._parts)} layers"
        return f"Model({given} → {made})"

    @property
    def input_specs(self) -> tuple[Spec, ...]:
        """The shapes and dtypes of the inputs, batches of unknown extent."""
        return tuple(x.spec for x in self.inputs)

    @property
    def arguments(self) -> dict[str, Any]:
        """The graph as plain data and modules, from which :meth:`from_arguments` makes it anew."""
        number = {id(x): k for k, x in enumerate(self.inputs)}
        steps: list[dict[str, Any]] = []
        for node in _steps(self.outputs, self.inputs):
            sources = node.inputs if node.call is None else node.call.inputs
            step: dict[str, Any] = {"takes": [number[id(x)] for x in sources]}
            if node.call is not None:
                step["module"] = node.call.module
            elif node.value is not None and not node.inputs:
                step |= {"constant": node.value.tolist(), "dtype": node.dtype.name}
            else:
                step |= {"op": node.op.name, "attrs": dict(node.attrs)}
            number[id(node)] = len(number)
            steps.append(step)
        given = [
            {"shape": list(x.shape), "dtype": x.dtype.name, "name": x.name} for x in self.inputs
        ]
        return {"inputs": given, "steps": steps, "output": number[id(self.outputs)]}

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any]) -> Self:
        """Make the model that :attr:`arguments` describes."""
        inputs = [placeholder(x["shape"], x["dtype"], name=x["name"]) for x in arguments["inputs"]]
        values = list(inputs)
        for step in arguments["steps"]:
            sources = [values[k] for k in step["takes"]]
            if "module" in step:
                values.append(step["module"](*sources))
            elif "constant" in step:
                values.append(tensor(step["constant"], step["dtype"]))
            else:
                attrs = {name: _hashable(value) for name, value in step["attrs"].items()}
                values.append(apply(OPS[step["op"]], *sources, **attrs))
        return cls(inputs, values[arguments["output"]])

    def probe(self, tensor: Tensor) -> Callable[..., NDArray[Any]]:
        """Give a function from rows to the values of an inner tensor, in evaluation mode.

        The function takes an array for each input, and prepares it as ``predict`` does.

        Examples
        --------
        >>> from pellucid import nn
        >>> x = nn.Input((2,))
        >>> hidden = nn.ReLU()(x)
        >>> nn.Model(x, nn.Linear(1)(hidden)).probe(hidden)([[1.0, -1.0]]).tolist()
        [[1.0, 0.0]]
        """
        return train.probe(self, tensor, lambda *x: _replayed(tensor, self._bound(x)))

    def _bound(self, inputs: Sequence[Tensor]) -> dict[int, Tensor]:
        _check_inputs(inputs, len(self.inputs))
        return dict(zip(map(id, self.inputs), inputs, strict=True))


def _check_inputs(inputs: Sequence[Tensor], wanted: int) -> None:
    if len(inputs) != wanted:
        raise ArgumentError(
            "the network was called with another number of inputs than it has",
            got=str(len(inputs)), wanted=str(wanted),
            mend="join columns with pel.concatenate([x, z], axis=1)" if wanted == 1
            else "give one array for each nn.Input",
        )  # fmt: skip


def _steps(outputs: Tensor, known: Mapping[int, Any] | Sequence[Tensor]) -> list[Tensor]:
    """List the tensors between inputs and outputs, a layer's call counting as one step."""
    ids = set(known) if isinstance(known, Mapping) else {id(x) for x in known}
    order: list[Tensor] = []
    seen: set[int] = set(ids)
    stack: list[tuple[Tensor, bool]] = [(outputs, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif id(node) not in seen:
            seen.add(id(node))
            sources = node.call.inputs if node.call is not None else node.inputs
            stack.append((node, True))
            stack.extend((x, False) for x in reversed(sources))
    return order


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, list) else value


def _called_modules(outputs: Tensor, inputs: Sequence[Tensor]) -> tuple[Module, ...]:
    called = [node.call.module for node in _steps(outputs, inputs) if node.call is not None]
    return tuple(dict.fromkeys(called))


def _replayed(outputs: Tensor, known: dict[int, Tensor]) -> Tensor:
    """Do again, on other inputs, what led to `outputs`: call the layers, apply the operations."""
    values = dict(known)
    for node in _steps(outputs, known):
        if node.call is not None:
            result = node.call.module(*[values[id(x)] for x in node.call.inputs])
        elif node.inputs:
            result = apply(node.op, *[values[id(x)] for x in node.inputs], **node.attrs)
        else:
            result = node
        values[id(node)] = result
    return values[id(outputs)]


def load(path: str | Path, *, modules: Sequence[type[Module]] = ()) -> Network:
    """Read a network from a file that ``save`` has written.

    Parameters
    ----------
    modules : classes of your own that the architecture uses

    Raises
    ------
    FileError : for a file that is missing, damaged, foreign or too new, or an unknown class

    Examples
    --------
    >>> import tempfile, pathlib, pellucid as pel
    >>> from pellucid import nn
    >>> model = nn.Sequential([nn.Linear(1)])
    >>> before = model([[1.0, 2.0]])
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "model.safetensors"
    >>> model.save(path)
    >>> bool((pel.load(path)([[1.0, 2.0]]) == before).item())
    True
    """
    network = train.load(path, modules)
    if not isinstance(network, Network):
        raise ArgumentTypeError("the file holds a module that is not a network", got=repr(network))
    return network
