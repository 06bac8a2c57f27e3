"""Holds: every optimizer moves as PyTorch's does, with all options, in float64 and float32."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import pellucid as pel
from pellucid import optim
from pellucid.optim import OPTIMIZERS, Optimizer

STEPS = 10

PEERS: list[tuple[Optimizer, Callable[[Any], Any]]] = [
    (optim.SGD(0.1), lambda w: torch.optim.SGD(w, 0.1)),
    (optim.SGD(0.1, weight_decay=0.05), lambda w: torch.optim.SGD(w, 0.1, weight_decay=0.05)),
    (optim.SGD(0.1, momentum=0.9), lambda w: torch.optim.SGD(w, 0.1, momentum=0.9)),
    (
        optim.SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.05),
        lambda w: torch.optim.SGD(w, 0.1, momentum=0.9, nesterov=True, weight_decay=0.05),
    ),
    (optim.Adam(), torch.optim.Adam),
    (
        optim.Adam(0.05, beta1=0.8, beta2=0.95, eps=1e-3, weight_decay=0.1),
        lambda w: torch.optim.Adam(w, 0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
    ),
    (optim.AdamW(), torch.optim.AdamW),
    (
        optim.AdamW(0.05, beta1=0.8, beta2=0.95, eps=1e-3, weight_decay=0.1),
        lambda w: torch.optim.AdamW(w, 0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
    ),
]


def test_every_optimizer_has_a_peer() -> None:
    assert {type(rule).__name__ for rule, _ in PEERS} == OPTIMIZERS.keys()


def gradients(dtype: str) -> list[np.ndarray]:
    """Gradients of widely different size, some of them zero, that change from step to step."""
    rng = np.random.default_rng(4)
    sizes = np.array([1e-6, 1e-2, 1.0, 1e3, 0.0])
    return [(rng.normal(size=(3, 5)) * sizes).astype(dtype) for _ in range(STEPS)]


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 2e-6)])
@pytest.mark.parametrize(
    ("rule", "peer"), PEERS, ids=lambda x: repr(x) if isinstance(x, Optimizer) else ""
)
def test_the_same_steps(
    rule: Optimizer, peer: Callable[[Any], Any], dtype: str, tolerance: float
) -> None:
    start = np.random.default_rng(3).normal(size=(3, 5)).astype(dtype)
    ours = pel.Variable(start, dtype=dtype, name="w")
    theirs = torch.tensor(start, requires_grad=True)
    stepper, twin = rule.over([ours]), peer([theirs])
    for gradient in gradients(dtype):
        stepper.zero_grad()
        (ours * gradient).sum().backward()
        theirs.grad = torch.tensor(gradient)
        stepper.step()
        twin.step()
        np.testing.assert_allclose(
            ours.numpy(), theirs.detach().numpy(), rtol=tolerance, atol=tolerance
        )
        assert ours.dtype == dtype
