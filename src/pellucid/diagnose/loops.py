"""What can be seen in a step of a loop of one's own: which weights it trains, and in which mode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pellucid.diagnose.finding import Finding, Findings
from pellucid.diagnose.kinds import found
from pellucid.graph import Tensor, Variable, topological
from pellucid.graph import variables as read_variables

__all__ = ["check_step"]


def check_step(
    loss: Tensor, parameters: Mapping[str, Variable] | Iterable[Variable], *, training: bool = True
) -> Findings:
    """Look at a loss that was just computed, before its ``backward()``.

    Parameters
    ----------
    parameters : what the optimizer changes, such as ``stepper.parameters``
    training : whether the loss is one to train on; ``False`` for one of an evaluation

    Examples
    --------
    >>> import pellucid as pel
    >>> from pellucid import nn, optim
    >>> model = nn.Sequential([nn.Linear(4, activation="tanh"), nn.Dropout(0.5), nn.Linear(1)])
    >>> loss = nn.mse(model([[1.0, 2.0]]), [[1.0]])
    >>> stepper = optim.SGD(0.1).over(model[2].parameters())
    >>> pel.check_step(loss, stepper.parameters).codes
    ('PEL502', 'PEL503')
    """
    given = list(parameters.values() if isinstance(parameters, Mapping) else parameters)
    modes = _left_off(loss) if training else _left_on(loss)
    return Findings([*_left_out(loss, given), *modes])


def _left_out(loss: Tensor, given: list[Variable]) -> Iterator[Finding]:
    """Find weights that the loss depends on and nobody changes."""
    known = {id(variable) for variable in given}
    read = [v for v in read_variables([loss]) if v.trainable]
    missing = [v.name for v in read if id(v) not in known]
    if missing:
        names = ", ".join(missing[:4]) + ", …" * (len(missing) > 4)
        yield found("PEL502", f"{len(missing)} of {len(read)}: {names}")


def _left_off(loss: Tensor) -> Iterator[Finding]:
    """Find layers that do something else in training, called as for an evaluation."""
    calls = {id(m): m for m in _modules(loss) if _changes(m)}
    active = {id(m) for m in _modules(loss, declaring=True)}
    for key, module in calls.items():
        if key not in active:
            yield found("PEL503", "the loss is one to train on", _name(module))


def _left_on(loss: Tensor) -> Iterator[Finding]:
    """Find layers that are random or look at the batch, in an evaluation."""
    for module in {id(m): m for m in _modules(loss, declaring=True)}.values():
        yield found("PEL504", "the loss is one of an evaluation", _name(module))


def _modules(loss: Tensor, *, declaring: bool = False) -> Iterator[Any]:
    """List the modules whose results the loss depends on; those alone that declare updates."""
    for node in topological([loss]):
        if node.call is not None and (node.updates or not declaring):
            yield node.call.module


def _changes(module: Any) -> bool:
    return module.batch_statistics or "key" in vars(module)


def _name(module: Any) -> str:
    return f"{type(module).__name__} {module.path!r}"
