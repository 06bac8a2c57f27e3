"""Networks: modules with the verbs. Sequential and Model are made of layers; subclass the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, final

import numpy as np
from numpy.typing import NDArray

from pellucid import inspect, lazy, train
from pellucid.diagnose import Findings
from pellucid.engines import Engine
from pellucid.errors import ArgumentError, ArgumentTypeError, GraphError
from pellucid.graph import OPS, Spec, Tensor, apply, placeholder, tensor, topological
from pellucid.graph.tensor import PLACEHOLDER, DTypeLike, TensorLike
from pellucid.layers.module import Module
from pellucid.losses import Loss
from pellucid.metrics import Metric
from pellucid.ops import cast
from pellucid.optim import Optimizer
from pellucid.train import Callback, Checkpoint, EarlyStopping, History

__all__ = ["Input", "Model", "Network", "Sequential", "load"]

LossLike = str | Loss | Callable[[Tensor, Tensor], Tensor]
Metrics = Sequence[str | Metric]


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

    if TYPE_CHECKING:  # a network may have several heads, and gives a tuple or a dict then

        def __call__(self, *inputs: TensorLike, training: bool | None = None) -> Any:
            """Call the network."""

    @property
    def history(self) -> History | None:
        """The history of the last fit."""
        return None if self._record is None else self._record.history

    @property
    def input_names(self) -> tuple[str, ...] | None:
        """The names of the inputs, those of ``forward``; ``None`` if it takes any number."""
        return train.parameter_names(self)

    def fit(
        self, X: Any, y: Any = None, *,
        loss: LossLike | Mapping[str, LossLike] | None = None, optimizer: Optimizer | None = None,
        epochs: int | None = None, steps: int | None = None, batch_size: int | None = None,
        validation: float | tuple[Any, Any] | tuple[Any, Any, Any] | None = None,
        metrics: Metrics | Mapping[str, Metrics] | None = None, sample_weight: Any = None,
        early_stopping: int | EarlyStopping | None = None, prepare: Any = None,
        callbacks: Sequence[Callback | Callable[..., None]] = (), seed: int | None = None,
        dtype: DTypeLike | None = None, engine: str | Engine | None = None, shuffle: bool = True,
        progress: bool | int | None = None, loss_weights: Mapping[str, float] | None = None,
        class_weight: Any = None, replacement: bool = False, silence: Sequence[str] = (),
        checkpoint: str | Path | Checkpoint | None = None, resume: str | Path | bool = False,
        record: bool | str | Path = False, devices: int | None = None,
    ) -> History:  # fmt: skip
        """Train on rows X with targets y, from the present weights, with a fresh optimizer.

        A network of several inputs takes an array for each, in a dict by name or a tuple in their
        order; one of several heads takes targets so, and trains the heads that have one.

        Parameters
        ----------
        X, y : rows first, arrays, lists or frames; y: labels of any kind, or numbers. Or X alone:
            a data set, a table with a target, or any iterable of batches (X, y)
        loss : a name, a Loss or any function of (prediction, target), for all heads or in a dict;
            by default cross entropy for labels, the squared error for numbers
        optimizer : Adam(0.001) by default
        epochs, steps : how often all rows are seen (10), or instead how many batches are drawn
        batch_size : rows in a batch, 32 by default; the last one of an epoch may be smaller
        validation : a fraction to hold out, stratified for labels, or (X, y) or (X, y, weights)
        metrics : names or metrics, for all heads or in a dict; by default what the loss suggests
        early_stopping : how many epochs without improvement end it, or an EarlyStopping
        callbacks : callbacks, or functions called after each epoch
        shuffle, replacement : take rows in a new order each epoch; by steps, also twice in a batch
        prepare : "standard" or "minmax" scale all inputs, or some in a dict, from now on
        seed : of weights not yet drawn, split, order, random layers; drawn and recorded if left out
        dtype : "float32" or "float64"
        engine, devices : "native", "reference", "xla" or a ``pel.XLA``; how many share each batch
        progress : a bar where there is a terminal; False for none, n for a line every n epochs
        loss_weights, sample_weight : how much the loss of each head counts; each row, in all of it
        class_weight : of classes in the loss: "balanced", or a dict from labels; for heads, a dict
        checkpoint : a file to write from time to time while training, or a Checkpoint
        resume : such a file, to go on to the same bits; True: that of `checkpoint`, if it exists
        record : remember the training, as ``history.recording``, to go back to any step; or a file
        silence : codes of findings that are not to be told, such as "PEL201"

        Raises
        ------
        ArgumentError, DataError, LabelError, ShapeError : naming what does not fit, and where
        NonFiniteError : when the loss stops being finite; the weights are those of the step before

        Examples
        --------
        >>> from pellucid import nn, optim, data
        >>> X, y = data.moons(200, seed=1)
        >>> model = nn.Sequential([nn.Linear(8, activation="tanh"), nn.Linear(2)])
        >>> model.fit(X, y, optimizer=optim.Adam(0.05), seed=1, progress=False).epochs
        10
        """
        wishes = {k: v for k, v in locals().items() if k not in ("self", "X", "y")}
        return train.fit(self, X, y, train.FitOptions(**wishes)).history

    def evaluate(
        self,
        X: Any,
        y: Any = None,
        *,
        sample_weight: Any = None,
        engine: str | Engine | None = None,
    ) -> dict[str, float]:
        """Give the loss and the metrics of the last fit on other rows.

        Parameters
        ----------
        sample_weight : how much each row counts
        engine : that of the last fit by default

        Examples
        --------
        >>> from pellucid import nn, data
        >>> X, y = data.moons(100, seed=1)
        >>> model = nn.Sequential([nn.Linear(2)])
        >>> _ = model.fit(X, y, epochs=1, seed=1, progress=False)
        >>> sorted(model.evaluate(X, y))
        ['accuracy', 'loss']
        """
        return train.evaluate(self, X, y, sample_weight=sample_weight, engine=engine)

    def predict(
        self, X: Any, *, batch_size: int | None = None, engine: str | Engine | None = None
    ) -> Any:
        """Give the network's output for each row, in evaluation mode: an array.

        Of several heads, a dict or tuple of arrays, in the form in which the network gives them.

        Parameters
        ----------
        batch_size : how many rows are computed together, 256 by default
        engine : that of the last fit by default
        """
        return train.predict(self, X, batch_size=batch_size, engine=engine)

    def predict_proba(self, X: Any, *, engine: str | Engine | None = None) -> Any:
        """Give the probability of each class for each row: the link of the loss applied.

        Where each output is a yes or no of its own, its probability. Of several heads, those
        that tell classes.
        """
        return train.predict_proba(self, X, engine=engine)

    def classify(self, X: Any, *, engine: str | Engine | None = None) -> Any:
        """Give the label of each row, of the kind that was given to ``fit``.

        Where each output is a yes or no of its own, 1 or 0 for each.
        """
        return train.classify(self, X, engine=engine)

    def copy(self) -> Self:
        """Make a network with the same values and record that shares nothing with this one.

        Examples
        --------
        >>> from pellucid import nn
        >>> model = nn.Sequential([nn.Linear(1)])
        >>> twin = [model([[1.0]]), model.copy()][1]
        >>> model.reset(1)
        >>> bool((twin([[1.0]]) == model([[1.0]])).item())
        False
        """
        twin = train.copied(self)
        twin._record = self._record
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Copy the values, and no gradients: those belong to a graph that is not copied."""
        return self.copy()

    def __reduce__(self) -> tuple[Any, ...]:
        """Be pickled as the bytes of a saved network; gradients are left out."""
        classes = tuple({type(module) for module in self.modules().values()})
        return _unpickled, (train.to_bytes(self), classes)

    def summary(self) -> train.Summary:
        """List layers and blocks with output shapes and numbers of parameters, as a table."""
        return train.summarise(self)

    def _repr_html_(self) -> str:
        if not self.input_specs:
            return f"<pre>{lazy.load('html').escape(repr(self))}</pre>"
        return self.summary()._repr_html_()

    def explain(
        self, *, batch_size: int = 32, engine: str | Engine | None = None
    ) -> train.Explanation:
        """Show what a step of the last fit is compiled into, as a table of kernels.

        Each kernel is a loop, with the layers it belongs to, its floating operations and the bytes
        that it moves. ``model.explain()[3]`` shows the lines of one, ``.ir("0")`` and
        ``.assembly("0")`` the code of a layer and of its gradient.

        Parameters
        ----------
        batch_size : the rows of the step
        engine : by name; that of the last fit by default

        Raises
        ------
        GraphError : for a network that has not been fitted

        Examples
        --------
        >>> from pellucid import nn
        >>> model = nn.Sequential([nn.Linear(1)])
        >>> history = model.fit([[1.0, 2.0]], [3.0], loss="mse", epochs=1, progress=False)
        >>> model.explain(batch_size=8, engine="reference").of("0.matmul")[0]
        <kernel 1 · 0 · matrix product · 8 over 2>
        """
        return train.explain(self, batch_size=batch_size, engine=engine)

    def trace(
        self, X: Any, y: Any = None, *, loss: LossLike | Mapping[str, LossLike] | None = None,
        training: bool = False,
    ) -> inspect.Trace:  # fmt: skip
        """Name every quantity of a forward and backward pass: Z, A, dL/dA, dL/dZ, dL/dW, dL/db.

        Rows are prepared as in the last fit. Each quantity has a name, a shape, a formula and a
        value; the whole prints as a table. The gradients are by the mean loss over these rows.

        Parameters
        ----------
        X, y : as for ``fit``; without y there is the forward pass alone
        loss : that of the last fit by default, else what suits the targets
        training : let layers behave as in training (dropout, batch statistics), penalties included

        Examples
        --------
        >>> from pellucid import nn
        >>> model = nn.Sequential([nn.Linear(2, activation="tanh"), nn.Linear(1)])
        >>> trace = model.trace([[1.0, 2.0], [0.0, 1.0]], [2.0, 1.0], loss="mse")
        >>> trace["dL/dZ1"]
        <dL/dZ1 (2, 2) = dL/dA1 ∘ (1 − A1²)>
        >>> trace["dL/dW1"].shape
        (2, 2)
        """
        return inspect.trace(self, train.ready(self, X, y, loss), training=training)

    def diagnose(
        self, X: Any, y: Any = None, *, loss: LossLike | Mapping[str, LossLike] | None = None,
        validation: float | tuple[Any, Any] | None = None, prepare: Any = None,
        class_weight: Any = None, silence: Sequence[str] = (),
    ) -> Findings:  # fmt: skip
        """Look for mistakes in everything: rows, graph, weights, activations, gradients, last fit.

        ``fit`` by itself looks at what costs next to nothing. This also computes activations,
        gradients and predictions of up to 128 rows; the network stays as it is.

        Parameters
        ----------
        X, y : as for ``fit``, before it or after it
        loss : that of the last fit by default, else what suits the targets
        validation, prepare, class_weight : as for ``fit``
        silence : codes that are not to be told

        Examples
        --------
        >>> from pellucid import data, nn
        >>> X, y = data.moons(100, seed=1)
        >>> model = nn.Sequential([nn.Linear(4, activation="tanh"), nn.Linear(2)])
        >>> model.diagnose(1000 * X, y, loss="cross_entropy").codes
        ('PEL201', 'PEL302')
        """
        options = train.FitOptions(loss, validation=validation, prepare=prepare,
                                   class_weight=class_weight, silence=silence)  # fmt: skip
        return train.diagnose(self, X, y, options)

    def equation(self, *, digits: int | None = 4) -> Any:
        """Write what ``predict`` computes for one row as a SymPy expression of its columns.

        It is for small networks; of several outputs, a matrix. Preparation and the scaling of the
        target are part of it. ``sympy.latex`` writes it in LaTeX, and a notebook shows it so.

        Parameters
        ----------
        digits : of each number; with None all, so that the equation gives what the network gives

        Raises
        ------
        MissingPackageError : without SymPy, which ``pip install 'pellucid[symbolic]'`` brings
        GraphError : for more than 500 weights, and before the first call

        Examples
        --------
        >>> from pellucid import nn
        >>> model = nn.Sequential([nn.Linear(1, weight_init="ones", bias_init="zeros"), nn.Tanh()])
        >>> y = model([[0.5, -1.0]])
        >>> model.equation(digits=2)
        tanh(1.0*x1 + 1.0*x2)
        """
        preparations = () if self._record is None else self._record.preparations
        scaling = None if self._record is None else self._record.objective.heads[0].scaling
        return inspect.equation(self, preparations, scaling, digits=digits)

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

    @property
    def input_names(self) -> tuple[str, ...] | None:
        """The names of the first layer's inputs."""
        first = self.layers[0]
        return first.input_names if isinstance(first, Network) else train.parameter_names(first)

    def forward(self, *inputs: Tensor) -> Any:
        """Pass the inputs to the first layer, and each result to the next."""
        names = self.input_names
        if names is not None:
            _check_inputs(inputs, len(names))
        x: Any = self.layers[0](*inputs)
        for k, layer in enumerate(self.layers[1:]):
            if not isinstance(x, Tensor):
                raise GraphError(
                    "a layer gives several heads, and the next one takes one tensor",
                    where=f"layer {k}", got=", ".join(train.heads_of(x)),
                    mend="join them with nn.Model: call the layers on nn.Input(…)",
                )  # fmt: skip
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

    Numbers in the formulas between layers take the floating dtype of the inputs.

    Parameters
    ----------
    inputs : one :func:`Input`, several, or a dict that names them
    outputs : a tensor made from them by layers and operations, several, or a dict that names them

    Raises
    ------
    GraphError : when an output depends on a placeholder that is not among the inputs, or none
        depends on one that is

    Examples
    --------
    >>> from pellucid import nn
    >>> inputs = nn.Input((2,))
    >>> hidden = nn.Linear(3, activation="sigmoid")(inputs)
    >>> net = nn.Model(inputs, nn.Linear(1)(hidden))
    >>> net.probe(hidden)([[0.5, -0.5]]).shape
    (1, 3)
    >>> both = nn.Model(inputs, {"size": nn.Linear(1)(hidden), "colour": nn.Linear(3)(hidden)})
    >>> {name: head.shape for name, head in both([[0.5, -0.5]]).items()}
    {'size': (1, 1), 'colour': (1, 3)}
    """

    def __init__(
        self,
        inputs: Tensor | Sequence[Tensor] | Mapping[str, Tensor],
        outputs: Tensor | Sequence[Tensor] | Mapping[str, Tensor],
    ) -> None:
        named = inputs if isinstance(inputs, Mapping) else _named(inputs)
        self.inputs = tuple(named.values())
        self._input_names = tuple(named)
        self.outputs = tuple(outputs) if isinstance(outputs, list) else outputs
        self._ends = tuple(train.heads_of(self.outputs).values())
        for wrong in (x for x in (*self.inputs, *self._ends) if not isinstance(x, Tensor)):
            raise ArgumentTypeError(
                "a Model is made of tensors: its inputs, and its outputs", got=repr(wrong),
                mend="write x = nn.Input(shape); nn.Model(x, nn.Linear(1)(x))",
            )  # fmt: skip
        self._check()
        self._order = _steps(self._ends, self.inputs)
        called = [node.call.module for node in self._order if node.call is not None]
        self._parts = tuple(dict.fromkeys(called))
        self._constants: dict[tuple[int, np.dtype[Any]], Tensor] = {}
        self.name_parts()

    def _check(self) -> None:
        outputs = self.outputs if isinstance(self.outputs, Mapping) else ()
        names = (*self._input_names, *outputs)
        if not self.inputs or not self._ends or not all(n and isinstance(n, str) for n in names):
            raise ArgumentError(
                "a Model has inputs and outputs, whose names are text and not empty",
                got=f"{len(self.inputs)} inputs, {len(self._ends)} outputs",
                mend='write nn.Model({"a": x, "b": z}, {"size": y})',
            )
        met = topological(self._ends)
        known = {id(x) for x in self.inputs}
        for name, x in zip(self._input_names, self.inputs, strict=True):
            if x.op is not PLACEHOLDER:
                raise GraphError(
                    "an input of a Model is no nn.Input", got=repr(x),
                    mend="begin with x = nn.Input(shape) and call layers on it",
                )  # fmt: skip
            if not any(x is node for node in met):
                raise GraphError(
                    f"the output does not depend on the input {name!r}",
                    mend="call layers on it, or leave it out of the inputs",
                )
        for node in met:
            if node.op is PLACEHOLDER and id(node) not in known:
                raise GraphError(
                    f"the output also depends on the input {node.name!r}",
                    mend="add it to the inputs: nn.Model([x, z], output)",
                )

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of the inputs."""
        return self._input_names

    def children(self) -> Iterator[tuple[str, Module]]:
        """List the layers under their numbers, in the order in which they are called."""
        return ((str(k), module) for k, module in enumerate(self._parts))

    def forward(self, *inputs: Tensor) -> Any:
        """Call the layers again, on other inputs."""
        values = self._replayed(self._order, self._bound(inputs))
        heads = [values[id(end)] for end in self._ends]
        if isinstance(self.outputs, Mapping):
            return dict(zip(self.outputs, heads, strict=True))
        return tuple(heads) if isinstance(self.outputs, tuple) else heads[0]

    def __repr__(self) -> str:
        given = ", ".join(
            f"{name} {x.shape}" for name, x in zip(self._input_names, self.inputs, strict=True)
        )
        heads = train.heads_of(self.outputs)
        single = isinstance(self.outputs, Tensor)
        made = ", ".join(
            f"{y.shape}" if single else f"{name} {y.shape}" for name, y in heads.items()
        )
        return f"Model({given} → {made}, {len(self._parts)} layers)"

    @property
    def input_specs(self) -> tuple[Spec, ...]:
        """The shapes and dtypes of the inputs, batches of unknown extent."""
        return tuple(x.spec for x in self.inputs)

    @property
    def arguments(self) -> dict[str, Any]:
        """The graph as plain data and modules, from which :meth:`from_arguments` makes it anew.

        A step gives a head of a call, or an operation's result; one that has a head and no module
        gives another head of the call of the step that it takes. Without names outputs stand in
        their order, and alone if the names are ``None``.
        """
        number = {id(x): k for k, x in enumerate(self.inputs)}
        calls: dict[tuple[int, int], int] = {}
        steps: list[dict[str, Any]] = []
        for node in self._order:
            step: dict[str, Any] = {"takes": [number[id(x)] for x in _sources(node)]}
            here = len(number)
            if node.call is not None:
                first = calls.setdefault(_call(node), here)
                if first == here:
                    step["module"] = node.call.module
                else:
                    step["takes"] = [first]
                step["head"] = node.call.head
            elif node.value is not None and not node.inputs:
                step |= {"constant": node.value.tolist(), "dtype": node.dtype.name}
            else:
                step |= {"op": node.op.name, "attrs": dict(node.attrs)}
            number[id(node)] = here
            steps.append(step)
        given = [
            {"shape": list(x.shape), "dtype": x.dtype.name, "name": name}
            for name, x in zip(self._input_names, self.inputs, strict=True)
        ]
        names = list(self.outputs) if isinstance(self.outputs, Mapping) else []
        return {
            "inputs": given,
            "steps": steps,
            "outputs": [number[id(y)] for y in self._ends],
            "names": None if isinstance(self.outputs, Tensor) else names,
        }

    @classmethod
    def from_arguments(cls, arguments: Mapping[str, Any]) -> Self:
        """Make the model that :attr:`arguments` describes."""
        inputs = [placeholder(x["shape"], x["dtype"], name=x["name"]) for x in arguments["inputs"]]
        values = list(inputs)
        calls: dict[int, list[Tensor]] = {}
        for step in arguments["steps"]:
            sources = [values[k] for k in step["takes"]]
            if "module" in step:
                result: Any = step["module"](*sources)
                calls[len(values)] = list(train.heads_of(result).values())
                values.append(calls[len(values)][step["head"]])
            elif "head" in step:
                values.append(calls[step["takes"][0]][step["head"]])
            elif "constant" in step:
                values.append(tensor(step["constant"], step["dtype"]))
            else:
                attrs = {name: _hashable(value) for name, value in step["attrs"].items()}
                values.append(apply(OPS[step["op"]], *sources, **attrs))
        given = dict(zip([x["name"] for x in arguments["inputs"]], inputs, strict=True))
        heads = [values[k] for k in arguments["outputs"]]
        names = arguments["names"]
        if names is None:
            return cls(given, heads[0])
        return cls(given, dict(zip(names, heads, strict=True)) if names else heads)

    def probe(self, tensor: Tensor) -> Callable[..., NDArray[Any]]:
        """Give a function from rows to the values of an inner tensor, in evaluation mode.

        The function takes an array for each input, or a dict of them, and prepares it as
        ``predict`` does.

        Examples
        --------
        >>> from pellucid import nn
        >>> x = nn.Input((2,))
        >>> hidden = nn.ReLU()(x)
        >>> nn.Model(x, nn.Linear(1)(hidden)).probe(hidden)([[1.0, -1.0]]).tolist()
        [[1.0, 0.0]]
        """
        order = _steps([tensor], self.inputs)

        def inner(*inputs: Tensor) -> Tensor:
            return self._replayed(order, self._bound(inputs))[id(tensor)]

        return train.probe(self, tensor, inner)

    def _bound(self, inputs: Sequence[Tensor]) -> dict[int, Tensor]:
        _check_inputs(inputs, len(self.inputs))
        return dict(zip(map(id, self.inputs), inputs, strict=True))

    def _replayed(self, order: Sequence[Tensor], known: dict[int, Tensor]) -> dict[int, Tensor]:
        """Do again, on other inputs, what was done: call the layers, apply the operations."""
        values = dict(known)
        calls: dict[tuple[int, int], list[Tensor]] = {}
        dtype = next((x.dtype for x in known.values() if x.dtype.kind == "f"), None)
        for node in order:
            if node.call is not None:
                if _call(node) not in calls:
                    result = node.call.module(*[values[id(x)] for x in node.call.inputs])
                    calls[_call(node)] = list(train.heads_of(result).values())
                values[id(node)] = calls[_call(node)][node.call.head]
            elif node.op.name == "cast" and node.dtype.kind == "f" and dtype is not None:
                values[id(node)] = cast(values[id(node.inputs[0])], dtype)
            elif node.inputs:
                sources = [values[id(x)] for x in node.inputs]
                values[id(node)] = apply(node.op, *sources, **node.attrs)
            else:
                values[id(node)] = node if dtype is None else self._following(node, dtype)
        return values

    def _following(self, node: Tensor, dtype: np.dtype[Any]) -> Tensor:
        """Give a constant in the dtype of the inputs; a float64 is the number that was written."""
        if node.value is None or node.dtype.kind != "f" or node.dtype == dtype:
            return node
        key = id(node), dtype
        if key not in self._constants:
            value = node.value if node.dtype.itemsize > dtype.itemsize else node.value.astype(str)
            self._constants[key] = tensor(value.astype(np.float64), dtype)
        return self._constants[key]


def _named(inputs: Tensor | Sequence[Tensor]) -> dict[str, Tensor]:
    """Name inputs as they name themselves, and by their place where that is nothing new."""
    found: dict[str, Tensor] = {}
    for k, x in enumerate([inputs] if isinstance(inputs, Tensor) else inputs):
        name = getattr(x, "name", "")
        found[name if name and name not in found else f"input{k}"] = x
    return found


def _check_inputs(inputs: Sequence[Tensor], wanted: int) -> None:
    if len(inputs) != wanted:
        raise ArgumentError(
            "the network was called with another number of inputs than it has",
            got=str(len(inputs)), wanted=str(wanted),
            mend="join columns with pel.concatenate([x, z], axis=1)" if wanted == 1
            else "give one array for each nn.Input",
        )  # fmt: skip


def _sources(node: Tensor) -> tuple[Tensor, ...]:
    """Give what a node is made from, a layer's call counting as one step."""
    return node.inputs if node.call is None else node.call.inputs


def _call(node: Tensor) -> tuple[int, int]:
    """Tell calls apart: the heads of one call share the very tuple of inputs."""
    return id(node.call.module), id(node.call.inputs)


def _steps(ends: Sequence[Tensor], inputs: Sequence[Tensor]) -> list[Tensor]:
    """List the tensors between inputs and ends, a layer's call counting as one step."""
    known = {id(x) for x in inputs}
    order = topological(ends, neighbours=lambda node: () if id(node) in known else _sources(node))
    return [node for node in order if id(node) not in known]


def _hashable(value: Any) -> Any:
    return tuple(map(_hashable, value)) if isinstance(value, list) else value


def _unpickled(data: bytes, modules: Sequence[type[Module]]) -> Module:
    return train.from_bytes(data, modules)


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
        raise ArgumentTypeError(
            "the file holds a module that is not a network",
            got=repr(network),
            mend="load it as a part: give a Network the module as an attribute",
        )
    return network
