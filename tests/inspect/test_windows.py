"""Holds: windows of convolutions and poolings in a trace give what the layer gave; its pictures."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

from pellucid import nn
from pellucid.errors import ArgumentError

RNG = np.random.default_rng(3)
IMAGES = RNG.normal(size=(2, 4, 7, 6))
SEQUENCES = RNG.normal(size=(2, 4, 9))


def traced(*layers: Any, X: Any = IMAGES, y: Any = None) -> Any:
    model = nn.Sequential(list(layers))
    model.seed(1)
    return model.trace(X, y)


@pytest.mark.parametrize(
    "layer",
    [
        nn.Conv2d(6, 3),
        nn.Conv2d(6, (3, 2), stride=2, padding=1, dilation=(1, 2), groups=2),
        nn.Conv2d(2, 2, bias=False, padding_mode="wrap", padding=1),
        nn.Conv2d(3, 3, padding="same", activation="relu"),
        nn.Conv1d(6, 3, stride=2, groups=2),
        nn.Conv1d(4, 2, padding=2, dilation=2, groups=4, padding_mode="nearest"),
        nn.ConvTranspose2d(6, 3),
        nn.ConvTranspose2d(6, (3, 2), 2, 1, output_padding=1, dilation=(1, 2), groups=2),
        nn.ConvTranspose2d(3, 1, stride=3, bias=False, activation="relu"),
        nn.ConvTranspose2d(4, 2, stride=3, groups=4),
        nn.ConvTranspose1d(6, 4, 3, 2, output_padding=1, dilation=2, groups=2),
    ],
    ids=repr,
)
def test_the_sum_of_products_is_what_the_layer_gave(layer: Any) -> None:
    trace = traced(layer, X=SEQUENCES if layer._rank == 1 else IMAGES)
    z = trace["Z1"]
    for place in itertools.product(*map(range, z.shape[2:])):
        for channel in range(z.shape[1]):
            window = trace.window("Z1", place, row=1, channel=channel)
            total = window.products.sum() + window.bias
            assert total == pytest.approx(z.value[(1, channel, *place)], abs=1e-5)
            assert window.value == z.value[(1, channel, *place)]
    assert window.over == "X"
    assert window.kernel.startswith("W1[")


def test_a_transposed_convolution_is_shown_over_its_input_with_zeros_between() -> None:
    ones = nn.ConvTranspose2d(1, 3, stride=2, padding=1, weight_init="ones", bias=False)
    trace = traced(ones, X=np.arange(1.0, 5.0).reshape(1, 1, 2, 2))
    assert trace["Z1"].formula.text == "X ∗ᵀ W1"
    window = trace.window("Z1", (1, 1))
    assert window.seen[0].tolist() == [[1, 0, 2], [0, 0, 0], [3, 0, 4]]
    assert (window.kind, window.kernel, window.value) == ("transposed", "W1[:, 0] turned", 10)
    slanted = nn.ConvTranspose1d(2, 2, groups=2, weight_init="kaiming_normal")
    trace = traced(slanted, X=np.ones((1, 2, 1)))
    window = trace.window("Z1", 0, channel=1)
    assert window.kernel == "W1[1:2, 0] turned"
    assert window.weights.tolist() == trace["W1"].value[1:2, 0, ::-1].tolist()


@pytest.mark.parametrize(
    "layer",
    [
        nn.MaxPool2d(2),
        nn.MaxPool2d(3, 2, padding=1, ceil_mode=True),
        nn.AvgPool2d((2, 3)),
        nn.AvgPool2d(2, padding=1),
    ],
    ids=repr,
)
def test_what_is_kept_of_a_window_is_what_the_layer_gave(layer: Any) -> None:
    trace, fold = traced(layer), np.max if isinstance(layer, nn.MaxPool2d) else np.mean
    (name,) = [one.name for one in trace if one.kind == "value"]
    for place in itertools.product(*map(range, trace[name].shape[2:])):
        window = trace.window(name, place, channel=2)
        assert fold(window.seen) == pytest.approx(window.value, abs=1e-6)


def test_arithmetic_is_written_out() -> None:
    layers = [
        nn.Conv2d(1, 2, weight_init="ones", bias_init="ones"),
        nn.AvgPool2d(2),
    ]
    image = np.array([[[[1.0, 2.0, 0.0], [3.0, -4.0, 0.0], [0.0, 0.0, 5.5]]]])
    trace = traced(*layers, X=image)
    window = trace.window("Z1", (0, 0))
    assert window.arithmetic == "1·1 + 2·1 + 3·1 + (−4)·1 + 1 = 3"
    assert repr(window) == "<Z1[0, 0, 0, 0]: 1·1 + 2·1 + 3·1 + (−4)·1 + 1 = 3>"
    assert str(window).splitlines() == [
        "Z1[0, 0, 0, 0]",
        "channel  X      W1[0]  products  sum",
        "0        1   2  1  1   1   2       2",
        "         3  -4  1  1   3  -4",
        "bias 1",
        "1·1 + 2·1 + 3·1 + (−4)·1 + 1 = 3",
    ]
    assert trace.window("pool1", (0, 0)).arithmetic == "(3 + (−1) + 0 + 2.5) / 4 = 1.12"
    many = traced(nn.Conv2d(1, 2, weight_init="ones", bias=False), X=np.ones((1, 3, 2, 2)))
    assert many.window("Z1", (0, 0)).arithmetic == "4 + 4 + 4 = 12"
    several = traced(nn.Conv2d(1, 2, weight_init="ones", bias=False), X=np.ones((1, 12, 2, 2)))
    window = several.window("Z1", (0, 0))
    assert window.arithmetic == "48 (48 products) = 48"
    assert str(window).splitlines()[-2] == "and 3 channels of smaller products"


def test_a_notebook_shows_windows_and_quantities() -> None:
    trace = traced(nn.Conv2d(1, 2, weight_init="ones", bias=False))
    window = trace.window("Z1", (0, 0))
    table, arithmetic = window._repr_html_().removeprefix("<pre>").split("</pre>")
    assert table == "\n".join(str(window).splitlines()[:-1])
    assert arithmetic == f"<p>{window.arithmetic}</p>"
    assert trace["Z1"]._repr_html_().startswith("<b>Z1</b> = X ∗ W1 &ensp; (2, 1, 6, 5)<pre>")


def test_a_window_draws_what_it_saw() -> None:
    window = traced(nn.Conv2d(1, 2)).window("Z1", (1, 2))
    figure = window.plot(figure=Figure())
    shown = [[float(t.get_text().replace("−", "-")) for t in ax.texts] for ax in figure.axes]
    assert len(shown) == 12  # four channels: seen, weights, products
    assert np.allclose(shown[2], window.products[0].reshape(-1), rtol=0.06)
    pooled = traced(nn.MaxPool2d(2)).window("pool0", (0, 0))
    assert [ax.get_title() for ax in pooled.plot(figure=Figure()).axes] == ["X", "max"]


def test_where_no_window_slides_that_is_said() -> None:
    trace = traced(nn.Conv2d(2, 3, activation="relu"), nn.Flatten(), nn.Linear(1))
    with pytest.raises(ArgumentError, match="no convolution or pooling"):
        trace.window("Z2", (0,))
    with pytest.raises(ArgumentError, match=r"\(0, 0\) to \(4, 3\)"):
        trace.window("Z1", (5, 0))
    with pytest.raises(ArgumentError, match="channel"):
        trace.window("Z1", (0, 0), channel=2)
    assert trace.of("0").window("Z1", (0, 0)).value == trace.window("Z1", (0, 0)).value


# --- pictures of a trace ---------------------------------------------------------------------


def dense() -> Any:
    model = nn.Sequential([nn.Linear(3, activation="tanh"), nn.Linear(2)])
    model.seed(1)
    return model.trace(RNG.normal(size=(20, 2)), RNG.integers(0, 2, 20))


def test_a_trace_draws_outputs_weights_and_gradients_of_its_layers() -> None:
    trace = dense()
    axes = np.array(trace.plot(figure=Figure()).axes).reshape(2, 3)
    names = [["A1", "W1", "dL/dW1"], ["Z2", "W2", "dL/dW2"]]
    for ax, name in zip(axes.flat, np.ravel(names), strict=True):
        assert sum(bar.get_height() for bar in ax.patches) == trace[name].value.size
    assert [ax.get_ylabel() for ax in axes[:, 0]] == ["0", "1"]


def test_a_trace_draws_the_flow_of_its_gradients() -> None:
    trace = dense()
    sizes = trace.plot_gradients(ax=Figure().subplots()).lines[0].get_ydata()
    assert np.allclose(sizes, [np.linalg.norm(trace[f"dL/dW{k}"].value) for k in (1, 2)])
    with pytest.raises(ArgumentError, match="forward pass alone"):
        traced(nn.Linear(2), X=np.ones((2, 2))).plot_gradients()
    assert pyplot.get_fignums() == []


def test_a_trace_draws_its_network_with_one_row_in_it() -> None:
    trace = dense()
    ax = trace.plot_network(4, numbers_shown=False, ax=Figure().subplots())
    said = [float(t.get_text().replace("−", "-")) for t in ax.texts[:7]]
    wanted = np.concatenate([trace[name].value[4] for name in ("X", "A1", "P2")])
    assert np.allclose(said, wanted, atol=0.051)


def test_a_trace_draws_its_feature_maps() -> None:
    figure = traced(nn.Conv2d(2, 3), nn.ReLU(), nn.MaxPool2d(2)).plot_maps(1, figure=Figure())
    assert [ax.get_title(loc="left") for ax in figure.axes] == [
        "X: 4 × 7 × 6",
        "Z1: 2 × 5 × 4",
        "A1: 2 × 5 × 4",
        "pool1: 2 × 2 × 2",
    ]
    with pytest.raises(ArgumentError, match="takes images"):
        dense().plot_maps()
