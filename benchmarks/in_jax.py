"""JAX's sides: a compiled step called from Python, and all steps in one ``lax.scan``."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.task import Side, Task

INDEX = np.int32


class Jax(Side):
    def __init__(self, task: Task) -> None:
        jax.config.update("jax_enable_x64", task.X.dtype == np.float64)
        super().__init__(task)
        self.X, self.y = jnp.asarray(task.X), jnp.asarray(task.y)
        self.restart()

    def restart(self) -> None:
        self.weights = [tuple(map(jnp.asarray, pair)) for pair in self.task.linears]

    def _first_state(self) -> Any:
        zeros = jax.tree.map(jnp.zeros_like, self.weights)
        return self.weights, (zeros, zeros, jnp.zeros((), self.X.dtype))

    def _step(self, state: Any, X: Any, y: Any, rows: Any) -> tuple[Any, Any]:
        """Do one step with the rows of a batch: the new state, and the loss."""
        weights, moments = state
        loss, slopes = jax.value_and_grad(self._loss)(weights, X[rows], y[rows])
        slopes = jax.tree.map(lambda g, w: g + self.task.decay * w, slopes, weights)
        update = {"sgd": self._sgd, "adam": self._adam}[self.task.optimizer]
        return update(weights, slopes, moments), loss

    def _loss(self, weights: Any, x: Any, y: Any) -> Any:
        left = iter(weights)
        for kind, *_ in self.task.layers:
            if kind == "linear":
                weight, bias = next(left)
                x = x @ weight.T + bias
            else:
                x = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu}[kind](x)
        return -jnp.take_along_axis(jax.nn.log_softmax(x), y[:, None], axis=1).mean()

    def _sgd(self, weights: Any, slopes: Any, moments: Any) -> Any:
        return jax.tree.map(lambda w, g: w - self.task.rate * g, weights, slopes), moments

    def _adam(self, weights: Any, slopes: Any, moments: Any) -> Any:
        mean, square, steps = moments
        steps = steps + 1
        mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, slopes)
        square = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, square, slopes)
        rate, scale = self.task.rate / (1 - 0.9**steps), jnp.sqrt(1 - 0.999**steps)
        weights = jax.tree.map(
            lambda w, m, v: w - rate * m / (jnp.sqrt(v) / scale + 1e-8), weights, mean, square
        )
        return weights, (mean, square, steps)


class Loop(Jax):
    """The rows of a step are picked inside it, which is quicker than to hand them over."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.step = jax.jit(self._step)
        self.batches = [rows.astype(INDEX) for rows in task.batches]

    def run(self) -> Any:
        state, losses = self._first_state(), []
        for rows in self.batches:
            state, loss = self.step(state, self.X, self.y, rows)
            losses.append(loss)
        jax.block_until_ready(state)
        return losses


class Scan(Jax):
    """The rows of all batches are known beforehand; a smaller last batch is not possible."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.batches = jnp.asarray(np.stack(task.batches).astype(INDEX))
        self.scan = jax.jit(self._scan)

    def _scan(self, state: Any, X: Any, y: Any, batches: Any) -> tuple[Any, Any]:
        return jax.lax.scan(lambda state, rows: self._step(state, X, y, rows), state, batches)

    def run(self) -> Any:
        _, losses = jax.block_until_ready(
            self.scan(self._first_state(), self.X, self.y, self.batches)
        )
        return losses
