"""JAX's sides: a compiled step called from Python, and all steps in one ``lax.scan``."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.task import Side, Task

INDEX = np.int32


def _linear(x: Any, weight: Any, bias: Any) -> Any:
    return x @ weight.T + bias


def _conv(x: Any, weight: Any, bias: Any, padding: int) -> Any:
    y = jax.lax.conv_general_dilated(x, weight, (1, 1), [(padding, padding)] * 2)
    return y + bias[:, None, None]


def _batch_norm(x: Any, weight: Any, bias: Any) -> Any:
    """Normalise by the batch; running statistics, which no loss depends on, are left out."""
    others = (0, *range(2, x.ndim))
    mean, variance = x.mean(others, keepdims=True), x.var(others, keepdims=True)
    weight, bias = (one.reshape(mean.shape) for one in (weight, bias))
    return (x - mean) / jnp.sqrt(variance + 1e-5) * weight + bias


def _max_pool(x: Any, size: int) -> Any:
    window = (1, 1, size, size)
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, window, window, "VALID")


WEIGHED = {"linear": _linear, "conv": _conv, "batch_norm": _batch_norm}
PLAIN = {
    "sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu, "max_pool": _max_pool,
    "flatten": lambda x: x.reshape(len(x), -1),
}  # fmt: skip


class Jax(Side):
    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self.restart()
        self.X, self.y = jnp.asarray(task.X), jnp.asarray(task.y)

    def restart(self) -> None:
        jax.config.update("jax_enable_x64", self.task.X.dtype == np.float64)
        named = self.task.weights
        self.weights = [
            (jnp.asarray(named[f"{k}.weight"]), jnp.asarray(named[f"{k}.bias"]))
            for k in range(len(self.task.layers)) if f"{k}.weight" in named
        ]  # fmt: skip

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
        for kind, *settings in self.task.layers:
            if kind in WEIGHED:
                x = WEIGHED[kind](x, *next(left), *settings[2:])
            elif kind == "dropout":
                assert settings == [0], "numbers are compared, and so are times, without"
            else:
                x = PLAIN[kind](x, *settings)
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
