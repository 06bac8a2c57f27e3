"""Holds for every layer: engines agree on it, files keep it, and it takes any number of rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid as pel
from layers.cases import CASES, DRAWN, Case, parts, public_layers
from pellucid import nn
from pellucid.layers import to_config

EVERY = CASES | DRAWN


def test_no_layer_is_forgotten() -> None:
    tested = {cls for case in EVERY.values() for cls in parts(case)}
    plain = {cls for cls in public_layers() if cls.__module__.endswith("activation")}
    assert public_layers() - tested - plain == {nn.Dropout}


def computed(case: Case, engine: str) -> list[np.ndarray]:
    """The result in training, all gradients, and all variables after, for unknown rows."""
    layer, given = case.built(), case.input(2)
    for variable in layer.variables().values():
        if variable.dtype.kind == "f":
            variable.cast("float32")
    given = given.astype(np.float32) if given.dtype.kind == "f" else given
    x = pel.placeholder((None, *given.shape[1:]), given.dtype)
    y = layer(x, training=True)
    to: list[Any] = [*layer.parameters().values(), *([x] if given.dtype.kind == "f" else [])]
    w = np.cos(np.arange(np.prod(given.shape[:1] + y.shape[1:]))).reshape(-1, *y.shape[1:])
    gradients = pel.grad((y * w.astype(np.float32)).sum(), to, unused="zero") if to else []
    found: list[np.ndarray] = pel.function([x], [y, *gradients], engine=engine)(given)
    return [*found, *(variable.numpy() for variable in layer.variables().values())]


@pytest.mark.parametrize("name", EVERY)
def test_the_engines_agree(name: str) -> None:
    first, second = (computed(EVERY[name], engine) for engine in ("reference", "native"))
    for ours, theirs in zip(second, first, strict=True):
        assert ours.dtype == theirs.dtype
        assert ours.dtype in (np.float32, np.uint32)  # the key and the step of a random stream
        np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("name", EVERY)
def test_a_file_keeps_it(name: str, tmp_path: Path) -> None:
    case = EVERY[name]
    layer = case.built()
    network = nn.Sequential([layer])
    before = network(case.input())
    network.save(tmp_path / "network.safetensors")
    after = pel.load(tmp_path / "network.safetensors")
    np.testing.assert_array_equal(after(case.input()).numpy(), before.numpy())
    assert list(after.variables()) == list(network.variables())
    assert to_config(after) == to_config(network)


@pytest.mark.parametrize("name", EVERY)
def test_an_unknown_number_of_rows_stays_unknown(name: str) -> None:
    case = EVERY[name]
    layer, given = case.built(), case.input()
    symbol = layer(pel.placeholder((None, *given.shape[1:]), given.dtype))
    assert symbol.shape == (None, *layer(given).shape[1:])


@pytest.mark.parametrize("name", EVERY)
def test_no_rows_give_no_rows(name: str) -> None:
    case = EVERY[name]
    layer, given = case.built(), case.input()
    assert layer(given[:0]).shape == (0, *layer(given).shape[1:])


@pytest.mark.parametrize("name", EVERY)
def test_the_dtype_of_the_input_is_kept(name: str) -> None:
    case = EVERY[name]
    if case.below is None:
        with pel.default_dtype("float32"):
            assert case.make()(case.input()).dtype == np.float32
        assert case.built()(pel.tensor(case.input(), "float64")).dtype == np.float64


@pytest.mark.parametrize("name", EVERY)
def test_it_prints_on_one_line_and_evaluates_to_itself(name: str) -> None:
    layer = EVERY[name].make()
    text = repr(layer)
    assert "\n" not in text
    assert " at 0x" not in text
    if "Sequential" not in text:
        again = eval(text, {**vars(nn), **vars(nn.init)})
        assert repr(again) == text
