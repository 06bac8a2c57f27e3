"""The command ``python -m benchmarks.sweeps``: a thousand small networks, beside JAX and torch.

All do the same work: networks of one size, each with first weights and a learning rate of its own,
all steps of each. pellucid trains them with ``pel.sweep``, tables and all; JAX steps all of them
together (``vmap``) in one ``lax.scan``; torch trains them one after another, which is measured on
some of the steps of one and multiplied. All begin with the same weights, and their last losses are
compared. Making and compiling programs is done before, in a sweep of few steps. Beside the time
that passes stands the time of the processors: on a machine that does other things as well it is
what can be compared.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

import pellucid as pel
from benchmarks.machine import described, load
from pellucid import data, nn, optim

RATES = [float(rate) for rate in np.geomspace(0.001, 0.1, 10)]
TORCH_STEPS = 300  # of one network, that stand for all


@dataclass(frozen=True, eq=False)
class Work:
    """What is to be done by each.

    Attributes
    ----------
    batch : how many rows a step sees; ``None`` for all, in their order
    seconds : the target
    """

    name: str
    X: NDArray[np.float32]
    y: NDArray[np.int64]
    hidden: int
    classes: int
    rule: str
    networks: int
    steps: int
    batch: int | None
    seconds: float

    def build(self) -> nn.Sequential:
        """Make a network."""
        return nn.Sequential([nn.Linear(self.hidden, activation="tanh"), nn.Linear(self.classes)])

    @property
    def seeds(self) -> int:
        """How many networks there are of each learning rate."""
        return self.networks // len(RATES)

    def first_weights(self, seed: int) -> list[NDArray[np.float32]]:
        """Give the weights with which a seed begins."""
        network = self.build()
        network(self.X[:1])
        network.reset(seed)
        return [variable.numpy() for variable in network.variables().values()]

    def batches(self) -> NDArray[np.int32]:
        """Draw the rows of each step, for those who do not draw them by themselves."""
        size, random = self.batch or len(self.X), np.random.default_rng(0)
        if self.batch is None:
            return np.tile(np.arange(size, dtype=np.int32), (self.steps, 1))
        return random.integers(0, len(self.X), (self.steps, size), dtype=np.int32)


def xor() -> Work:
    """Exclusive or: four rows, two inputs, four hidden units."""
    X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    y = np.array([0, 1, 1, 0])
    return Work("xor 2-4-2, Adam, 4 rows", X, y, 4, 2, "adam", 1000, 4000, None, 1.5)


def digits() -> Work:
    """Handwritten digits, scaled to 0 … 1, in batches of 32 drawn anew for each step."""
    found = data.digits()
    X = (np.asarray(found.X) / 16).astype(np.float32)
    return Work("digits 64-10-10, SGD, 32 rows", X, np.asarray(found.y), 10, 10, "sgd", 200,
                20_000, 32, 5.0)  # fmt: skip


class Times(NamedTuple):
    """Seconds that have passed, and seconds of the processors."""

    passed: float
    busy: float


class Clock:
    """Measures both from when it is made."""

    def __init__(self) -> None:
        self._passed, self._busy = time.perf_counter(), time.process_time()

    def stop(self, times: float = 1.0) -> Times:
        """Give what has gone since, so many times."""
        passed, busy = time.perf_counter() - self._passed, time.process_time() - self._busy
        return Times(times * passed, times * busy)


# --- who does it ---------------------------------------------------------------------------


def by_pellucid(work: Work) -> tuple[Times, NDArray[np.float64]]:
    """Train by ``pel.sweep``; give the seconds and the last losses."""
    rule = {"adam": optim.Adam, "sgd": optim.SGD}[work.rule]
    length: dict[str, Any] = {"epochs": work.steps, "shuffle": False, "batch_size": len(work.X)}
    if work.batch is not None:
        length = {"steps": work.steps, "batch_size": work.batch, "replacement": True}
    start = Clock()
    sweep = pel.sweep(work.build, {"learning_rate": RATES}, work.X, work.y, optimizer=rule,
                      seeds=work.seeds, metrics=[], progress=False, **length)  # fmt: skip
    return start.stop(), sweep.frame["loss"].to_numpy()


def by_jax(work: Work) -> Callable[[], tuple[Times, NDArray[np.float64]]]:
    """Make the function that steps all networks together, and gives seconds and last losses."""
    weights = [work.first_weights(seed) for seed in range(work.seeds)]
    stacked = [jnp.tile(jnp.asarray(np.stack(one)), (len(RATES), *[1] * one[0].ndim))
               for one in zip(*weights, strict=True)]  # fmt: skip
    rates = jnp.repeat(jnp.asarray(RATES, jnp.float32), work.seeds)
    X, y, batches = jnp.asarray(work.X), jnp.asarray(work.y), jnp.asarray(work.batches())

    def loss(parameters: Any, rows: Any) -> Any:
        w, b, v, c = parameters
        logits = jnp.tanh(X[rows] @ w.T + b) @ v.T + c
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[rows][:, None], 1).mean()

    def sgd(state: Any, rows: Any, rate: Any, step: Any) -> tuple[Any, Any]:
        found, slope = jax.value_and_grad(loss)(state, rows)
        return jax.tree.map(lambda p, g: p - rate * g, state, slope), found

    def adam(state: Any, rows: Any, rate: Any, step: Any) -> tuple[Any, Any]:
        parameters, first, second = state
        found, slope = jax.value_and_grad(loss)(parameters, rows)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, slope)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, slope)
        a, b = 1 - 0.9**step, 1 - 0.999**step
        change = lambda p, m, v: p - rate * (m / a) / (jnp.sqrt(v / b) + 1e-8)  # noqa: E731
        return (jax.tree.map(change, parameters, first, second), first, second), found

    one = {"adam": adam, "sgd": sgd}[work.rule]
    together = jax.vmap(one, in_axes=(0, None, 0, None))

    @jax.jit
    def train(state: Any) -> Any:
        def step(carried: Any, given: Any) -> Any:
            rows, number = given
            return together(carried, rows, rates, number)

        numbers = jnp.arange(1, work.steps + 1, dtype=jnp.float32)
        return jax.lax.scan(step, state, (batches, numbers))[1]

    def run() -> tuple[Times, NDArray[np.float64]]:
        zeros = jax.tree.map(jnp.zeros_like, stacked)
        state = (stacked, zeros, zeros) if work.rule == "adam" else stacked
        start = Clock()
        losses = np.asarray(train(state), np.float64)
        return start.stop(), losses[-1]

    run()  # compiles
    return run


def by_torch(work: Work, steps: int) -> Times:
    """Train one network for some steps; give the seconds that all networks would take."""
    torch.set_num_threads(1)
    inputs, outputs = work.X.shape[1], work.classes
    network = torch.nn.Sequential(
        torch.nn.Linear(inputs, work.hidden), torch.nn.Tanh(), torch.nn.Linear(work.hidden, outputs)
    )
    with torch.no_grad():
        for parameter, first in zip(network.parameters(), work.first_weights(0), strict=True):
            parameter.copy_(torch.tensor(first))
    rule = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[work.rule]
    optimizer = rule(network.parameters(), lr=float(RATES[0]))
    X, y, batches = torch.tensor(work.X), torch.tensor(work.y), torch.tensor(work.batches()).long()
    cost, start = torch.nn.CrossEntropyLoss(), Clock()
    for rows in batches[:steps]:
        optimizer.zero_grad()
        loss = cost(network(X[rows]), y[rows])
        loss.backward()
        optimizer.step()
    return start.stop(work.steps * work.networks / steps)


# --- measuring -----------------------------------------------------------------------------


def measured(work: Work, rounds: int, console: Console) -> Table:
    """Let each do it in turn, some times; show median and best."""
    by_pellucid(replace(work, steps=2))
    jax_run = by_jax(work)
    by_torch(work, 20)
    seconds: dict[str, list[Times]] = {"pellucid": [], "JAX vmap + scan": [], "torch": []}
    for _ in range(rounds):
        took, mine = by_pellucid(work)
        seconds["pellucid"].append(took)
        took, theirs = jax_run()
        seconds["JAX vmap + scan"].append(took)
        seconds["torch"].append(by_torch(work, TORCH_STEPS))
    check(work, mine, theirs, console)
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    for name in ("", "median", "best", "ours is quicker", "target", "processors", "quicker"):
        table.add_column(name, justify="right" if name else "left")
    targets = {"pellucid": f"{work.seconds:g} s", "JAX vmap + scan": "3 ×", "torch": "1,000 ×"}
    ours = np.median(seconds["pellucid"], axis=0)
    for name, times in seconds.items():
        median, best = np.median(times, axis=0), np.min(times, axis=0)
        ratios = ["", ""] if name == "pellucid" else [f"{one:,.1f} ×" for one in median / ours]
        table.add_row(
            f"{name} (extrapolated)" if name == "torch" else name, f"{median[0]:,.2f} s",
            f"{best[0]:,.2f} s", ratios[0], targets[name], f"{median[1]:,.2f} s", ratios[1],
        )  # fmt: skip
    return table


def check(
    work: Work, mine: NDArray[np.float64], theirs: NDArray[np.float64], console: Console
) -> None:
    """Compare the last losses: of the same rows one by one, of other draws in the middle."""
    if work.batch is None:
        apart = float(np.quantile(np.abs(mine - theirs) / theirs, 0.9))
        console.print(f"9 in 10 of the last losses differ by less than {apart:.1e} of themselves")
        if apart > 0.05:
            sys.exit("the losses are not the same")
    else:
        found = f"{np.median(mine):.3f} over all steps, JAX's {np.median(theirs):.3f} in the last"
        console.print(f"the median loss is {found}")


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=["xor", "digits"])
    chosen = parser.parse_args()
    console = Console(highlight=False, width=110)
    for name, fact in described().items():
        console.print(f"[dim]{name}[/]  {fact}")
    for make in (xor, digits):
        if chosen.only in (None, make.__name__):
            work = make()
            console.print(
                f"\n[bold]{work.networks:,} networks, {work.steps:,} steps each[/]: {work.name}"
            )
            console.print(measured(work, chosen.rounds, console))
            console.print(f"[dim]load of the machine: {load()}[/]")


if __name__ == "__main__":
    main()
