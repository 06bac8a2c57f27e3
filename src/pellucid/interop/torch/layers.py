"""What PyTorch calls our layers: constructors as source code, and where their weights belong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from pellucid import layers
from pellucid.functional.activations import ACTIVATIONS
from pellucid.graph import Variable
from pellucid.layers import Module

__all__ = ["Part", "parts_of", "variables_of"]


class Part(NamedTuple):
    """One ``torch.nn`` module.

    Attributes
    ----------
    text : how it is made
    owner : our layer, if the module holds its weights under the same names
    """

    text: str
    owner: Module | None = None


def parts_of(layer: Module) -> list[Part] | None:
    """Say which modules of PyTorch, one after another, do what `layer` does; ``None`` if none do.

    >>> from pellucid import nn
    >>> layer = nn.Linear(3, activation="relu")
    >>> _ = layer([[1.0, 2.0]])
    >>> [part.text for part in parts_of(layer)]
    ['nn.Linear(2, 3)', 'nn.ReLU()']
    """
    make = TABLE.get(type(layer))
    found = None if make is None else make(layer)
    activation = getattr(layer, "activation", None)
    if found is None or activation is None:
        return found
    last = _activation(activation)
    return None if last is None else [*found, *last]


def variables_of(layer: Module) -> Iterator[tuple[str, Variable]]:
    """List the variables of a layer that PyTorch holds too, by the name that both give them."""
    for name, variable in layer.variables().items():
        if "." not in name and name not in ("key", "step"):
            yield name, variable


def _call(name: str, *given: Any, **named: Any) -> str:
    parts = [*map(_text, given), *(f"{key}={_text(value)}" for key, value in named.items())]
    return f"nn.{name}({', '.join(parts)})"


def _text(value: Any) -> str:
    """Write an argument: one number where all axes have the same."""
    if isinstance(value, tuple) and value and all(one == value[0] for one in value):
        value = value[0]
    return repr(value)


def _differing(**pairs: tuple[Any, Any]) -> dict[str, Any]:
    """Keep the arguments that are not what PyTorch takes by itself."""
    return {
        name: value
        for name, (value, default) in pairs.items()
        if value != default and value != (default,) * len(value if isinstance(value, tuple) else ())
    }


def _activation(function: Any) -> list[Part] | None:
    names = [name for name, known in ACTIVATIONS.items() if known is function]
    found = [NAMED[name] for name in names if name in NAMED]
    return None if not found else [Part(text) for text in found[:1] if text]


NAMED = {
    "relu": "nn.ReLU()", "tanh": "nn.Tanh()", "sigmoid": "nn.Sigmoid()", "identity": "",
    "softmax": "nn.Softmax(dim=-1)", "log_softmax": "nn.LogSoftmax(dim=-1)", "elu": "nn.ELU()",
    "gelu": "nn.GELU()", "silu": "nn.SiLU()", "selu": "nn.SELU()", "mish": "nn.Mish()",
    "softplus": "nn.Softplus()", "softsign": "nn.Softsign()", "relu6": "nn.ReLU6()",
    "hardtanh": "nn.Hardtanh()", "hardsigmoid": "nn.Hardsigmoid()", "hardswish": "nn.Hardswish()",
    "leaky_relu": "nn.LeakyReLU()",
}  # fmt: skip


# --- layers with weights -------------------------------------------------------------------


def _linear(layer: Any) -> list[Part]:
    units, inputs = layer.weight.shape
    named = _differing(bias=(layer.has_bias, True))
    return [Part(_call("Linear", inputs, units, **named), layer)]


def _convolution(layer: Any) -> list[Part] | None:
    rank = len(layer.kernel_size)
    modes = {"constant": "zeros", "mirror": "reflect", "nearest": "replicate", "wrap": "circular"}
    if layer.padding_mode not in modes:
        return None
    around, first = layer.padding, []
    if any(before != after for before, after in around):
        if layer.padding_mode != "constant":
            return None
        widths = tuple(n for both in reversed(around) for n in both)
        first, around = [Part(f"nn.ConstantPad{rank}d({widths}, 0.0)")], ((0, 0),) * rank
    named = _differing(
        stride=(layer.stride, 1), padding=(tuple(n for n, _ in around), 0),
        dilation=(layer.dilation, 1), groups=(layer.groups, 1), bias=(layer.has_bias, True),
        padding_mode=(modes[layer.padding_mode], "zeros"),
    )  # fmt: skip
    channels, results = layer.weight.shape[1] * layer.groups, layer.weight.shape[0]
    text = _call(f"Conv{rank}d", channels, results, layer.kernel_size, **named)
    return [*first, Part(text, layer)]


def _transposed(layer: Any) -> list[Part]:
    named = _differing(
        stride=(layer.stride, 1), padding=(layer.padding, 0),
        output_padding=(layer.output_padding, 0), groups=(layer.groups, 1),
        bias=(layer.has_bias, True), dilation=(layer.dilation, 1),
    )  # fmt: skip
    channels, results = layer.weight.shape[0], layer.weight.shape[1] * layer.groups
    name = f"ConvTranspose{len(layer.kernel_size)}d"
    return [Part(_call(name, channels, results, layer.kernel_size, **named), layer)]


def _batch_norm(layer: Any) -> list[Part]:
    named = _differing(
        eps=(layer.eps, 1e-5), momentum=(layer.momentum, 0.1), affine=(layer.affine, True)
    )
    return [Part(_call(type(layer).__name__, layer.running_mean.shape[0], **named), layer)]


def _layer_norm(layer: Any) -> list[Part] | None:
    (spec,) = layer.input_specs
    rank = len(spec.shape)
    axes = sorted(axis % rank for axis in layer.axis)
    shape = tuple(spec.shape[axis] for axis in axes)
    if axes != list(range(rank - len(axes), rank)) or None in shape:
        return None
    named = _differing(
        eps=(layer.eps, 1e-5), elementwise_affine=(layer.affine, True), bias=(layer.has_bias, True)
    )
    text = ", ".join([repr(list(shape)), *(f"{k}={v!r}" for k, v in named.items())])
    return [Part(f"nn.LayerNorm({text})", layer)]


def _group_norm(layer: Any) -> list[Part]:
    channels = layer.input_specs[0].shape[1]
    named = _differing(eps=(layer.eps, 1e-5), affine=(layer.affine, True))
    return [Part(_call("GroupNorm", layer.num_groups, channels, **named), layer)]


def _instance_norm(layer: Any) -> list[Part]:
    channels = layer.input_specs[0].shape[1]
    named = _differing(eps=(layer.eps, 1e-5), affine=(layer.affine, False))
    return [Part(_call(type(layer).__name__, channels, **named), layer)]


def _embedding(layer: Any) -> list[Part]:
    named = _differing(padding_idx=(layer.padding_idx, None))
    return [Part(_call("Embedding", *layer.weight.shape, **named), layer)]


def _prelu(layer: Any) -> list[Part]:
    return [Part(_call("PReLU", layer.weight.shape[0]), layer)]


# --- layers without ------------------------------------------------------------------------


def _max_pool(layer: Any) -> list[Part]:
    named = _differing(
        stride=(layer.stride, layer.kernel_size), padding=(layer.padding, 0),
        dilation=(layer.dilation, 1), ceil_mode=(layer.ceil_mode, False),
    )  # fmt: skip
    return [Part(_call(type(layer).__name__, layer.kernel_size, **named))]


def _avg_pool(layer: Any) -> list[Part]:
    named = _differing(
        stride=(layer.stride, layer.kernel_size), padding=(layer.padding, 0),
        ceil_mode=(layer.ceil_mode, False), count_include_pad=(layer.count_include_pad, True),
    )  # fmt: skip
    return [Part(_call(type(layer).__name__, layer.kernel_size, **named))]


def _adaptive(layer: Any) -> list[Part]:
    return [Part(_call(type(layer).__name__, layer.output_size))]


def _global(kind: str) -> Callable[[Any], list[Part]]:
    def parts(layer: Any) -> list[Part]:
        rank = len(layer.input_specs[0].shape) - 2
        return [Part(f"nn.Adaptive{kind}Pool{rank}d(1)"), Part("nn.Flatten()")]

    return parts


def _reshape(layer: Any) -> list[Part]:
    return [Part("nn.Flatten()"), Part(f"nn.Unflatten(1, {layer.shape})")]


def _plain(*arguments: str, name: str = "") -> Callable[[Any], list[Part]]:
    """The module of the same name, with these attributes in their order."""

    def parts(layer: Any) -> list[Part]:
        given = [getattr(layer, one) for one in arguments]
        return [Part(_call(name or type(layer).__name__, *given))]

    return parts


def _along(layer: Any) -> list[Part]:
    return [Part(_call(type(layer).__name__, dim=layer.axis))]


TABLE: dict[type[Module], Callable[[Any], list[Part] | None]] = {
    layers.Linear: _linear, layers.Conv1d: _convolution, layers.Conv2d: _convolution,
    layers.ConvTranspose1d: _transposed, layers.ConvTranspose2d: _transposed,
    layers.BatchNorm1d: _batch_norm, layers.BatchNorm2d: _batch_norm,
    layers.LayerNorm: _layer_norm, layers.GroupNorm: _group_norm,
    layers.InstanceNorm1d: _instance_norm, layers.InstanceNorm2d: _instance_norm,
    layers.Embedding: _embedding, layers.PReLU: _prelu, layers.MaxPool1d: _max_pool,
    layers.MaxPool2d: _max_pool, layers.AvgPool1d: _avg_pool, layers.AvgPool2d: _avg_pool,
    layers.AdaptiveAvgPool1d: _adaptive, layers.AdaptiveAvgPool2d: _adaptive,
    layers.AdaptiveMaxPool1d: _adaptive, layers.AdaptiveMaxPool2d: _adaptive,
    layers.GlobalAvgPool: _global("Avg"), layers.GlobalMaxPool: _global("Max"),
    layers.Flatten: _plain(), layers.Reshape: _reshape, layers.Dropout: _plain("rate"),
    layers.Identity: _plain(), layers.ReLU: _plain(), layers.Tanh: _plain(),
    layers.Sigmoid: _plain(), layers.SELU: _plain(), layers.SiLU: _plain(),
    layers.Mish: _plain(), layers.ReLU6: _plain(), layers.Hardsigmoid: _plain(),
    layers.Hardswish: _plain(), layers.Softplus: _plain(), layers.Softsign: _plain(),
    layers.LeakyReLU: _plain("slope"), layers.ELU: _plain("alpha"),
    layers.Hardtanh: _plain("low", "high"), layers.Threshold: _plain("threshold", "value"),
    layers.GELU: lambda layer: [Part(_call("GELU", **_differing(
        approximate=(layer.approximate, "none"))))],
    layers.Softmax: _along, layers.LogSoftmax: _along,
    layers.Activation: lambda layer: _activation(layer.function),
}  # fmt: skip
