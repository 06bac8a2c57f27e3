"""What PyTorch calls our operations, as source code: for what stands between layers."""

from __future__ import annotations

from collections.abc import Callable

from pellucid.errors import EngineError
from pellucid.graph import Tensor

__all__ = ["written"]


def written(node: Tensor, operands: list[str]) -> str:
    """Write an operation on operands that are written already.

    Raises
    ------
    EngineError : naming an operation that has no equivalent

    Examples
    --------
    >>> import pellucid as pel
    >>> written(pel.placeholder((None, 2)) + 1, ["x", "y"])
    'x + y'
    """
    make = TABLE.get(node.op.name)
    if make is None:
        raise EngineError(
            f"the operation {node.op.name!r} is not written in PyTorch", where=node.label,
            mend="write the layer by other operations",
        )  # fmt: skip
    return make(node, *operands)


def _in_parentheses(text: str) -> str:
    """Set parentheses around what an operator beside it could tear apart."""
    depth, apart = 0, text[:1] in "-~"
    for one in text:
        depth += (one in "([") - (one in ")]")
        apart = apart or (one == " " and depth == 0)
    return f"({text})" if apart else text


def _infix(sign: str) -> Callable[..., str]:
    return lambda node, x, y: f"{_in_parentheses(x)} {sign} {_in_parentheses(y)}"


def _named(name: str) -> Callable[..., str]:
    return lambda node, *operands: f"{name}({', '.join(operands)})"


def _reduced(name: str) -> Callable[..., str]:
    def make(node: Tensor, x: str) -> str:
        axes, keep = node.attrs["axes"], node.attrs["keepdims"]
        if name in ("argmax", "argmin"):
            return f"{_in_parentheses(x)}.{name}(dim={axes[0]}, keepdim={keep})"
        return f"{_in_parentheses(x)}.{name}(dim={axes}, keepdim={keep})"

    return make


def _extents(node: Tensor) -> str:
    """Write the shape of a result whose rows alone are not known."""
    return ", ".join("-1" if extent is None else str(extent) for extent in node.shape)


def _slice(node: Tensor, x: str) -> str:
    flipped, parts = [], []
    for axis, (start, stop, step) in enumerate(node.attrs["slices"]):
        if step < 0:
            if (start, stop, step) != (None, None, -1):
                raise EngineError("PyTorch has no slices that go backwards", where=node.label)
            flipped.append(axis)
            start, stop, step = None, None, 1
        text = f"{'' if start is None else start}:{'' if stop is None else stop}"
        parts.append(text if step == 1 else f"{text}:{step}")
    found = f"{_in_parentheses(x)}[{', '.join(parts)}]"
    return f"{found}.flip({flipped})" if flipped else found


def _pad(node: Tensor, x: str) -> str:
    widths = [n for both in reversed(node.attrs["widths"]) for n in both]
    value = node.attrs["value"]
    text = f'float("{value}")' if value in (float("inf"), -float("inf")) else repr(value)
    return f"F.pad({x}, {widths}, value={text})"


def _windows(node: Tensor, x: str) -> str:
    """Unfold each axis, which PyTorch does without dilation; that is thinned out afterwards."""
    kernel, stride, dilation = (node.attrs[one] for one in ("kernel", "stride", "dilation"))
    lead = len(node.shape) - 2 * len(kernel)
    text = _in_parentheses(x)
    for k, (size, step, apart) in enumerate(zip(kernel, stride, dilation, strict=True)):
        text += f".unfold({lead + k}, {apart * (size - 1) + 1}, {step})"
        text += f"[..., ::{apart}]" * (apart > 1)
    return text


def _conv(node: Tensor, x: str, w: str) -> str:
    named = "".join(f", {key}={value!r}" for key, value in sorted(node.attrs.items()))
    return f"F.conv{len(node.shape) - 2}d({x}, {w}{named})"


def _conv_input(node: Tensor, y: str, w: str, like: str) -> str:
    source = node.inputs[0]
    attrs, more = dict(node.attrs), []
    for k, (step, apart) in enumerate(zip(attrs["stride"], attrs["dilation"], strict=True)):
        extents = node.shape[2 + k], source.shape[2 + k], node.inputs[1].shape[2 + k]
        if None in extents:
            raise EngineError("the extents of a transposed convolution must be known here")
        whole, have, size = (extent or 0 for extent in extents)
        more.append(whole - (have - 1) * step - apart * (size - 1) - 1)
    attrs["output_padding"] = tuple(more)
    named = "".join(f", {key}={value!r}" for key, value in sorted(attrs.items()))
    return f"F.conv_transpose{len(node.shape) - 2}d({y}, {w}{named})"


def _take(node: Tensor, x: str, indices: str) -> str:
    before = ":, " * node.attrs["axis"]
    return f"{_in_parentheses(x)}[{before}{indices}]"


def _cast(node: Tensor, x: str) -> str:
    return f"{_in_parentheses(x)}.to(torch.{node.dtype})"


TABLE: dict[str, Callable[..., str]] = {
    "add": _infix("+"), "subtract": _infix("-"), "multiply": _infix("*"), "divide": _infix("/"),
    "floor_divide": _infix("//"), "remainder": _infix("%"), "power": _infix("**"),
    "matmul": _infix("@"), "less": _infix("<"), "less_equal": _infix("<="),
    "greater": _infix(">"), "greater_equal": _infix(">="), "equal": _infix("=="),
    "not_equal": _infix("!="), "bitwise_and": _infix("&"), "bitwise_or": _infix("|"),
    "bitwise_xor": _infix("^"),
    "negative": lambda node, x: f"-{_in_parentheses(x)}",
    "invert": lambda node, x: f"~{_in_parentheses(x)}",
    "identity": lambda node, x: x,
    "stop_gradient": lambda node, x: f"{_in_parentheses(x)}.detach()",
    "cast": _cast,
    **{name: _named(f"torch.{name}") for name in (
        "abs", "sign", "maximum", "minimum", "exp", "expm1", "log", "log1p", "sqrt", "sin", "cos",
        "floor", "ceil", "erf", "sigmoid", "tanh", "relu", "isnan", "isfinite", "where",
    )},
    "softplus": _named("F.softplus"),
    "sum": _reduced("sum"), "max": _reduced("amax"), "min": _reduced("amin"),
    "argmax": _reduced("argmax"), "argmin": _reduced("argmin"),
    "reshape": lambda node, x: f"{_in_parentheses(x)}.reshape({_extents(node)})",
    "reshape_like": lambda node, x, like: f"{_in_parentheses(x)}.reshape({like}.shape)",
    "expand_dims": lambda node, x: f"{_in_parentheses(x)}.reshape({_extents(node)})",
    "squeeze": lambda node, x: f"{_in_parentheses(x)}.reshape({_extents(node)})",
    "transpose": lambda node, x: f"{_in_parentheses(x)}.permute{node.attrs['axes']}",
    "broadcast_to": lambda node, x: f"torch.broadcast_to({x}, {node.shape})",
    "broadcast_like": lambda node, x, like: f"torch.broadcast_to({x}, {like}.shape)",
    "concatenate": lambda node, *xs: f"torch.cat([{', '.join(xs)}], dim={node.attrs['axis']})",
    "slice": _slice, "pad": _pad, "windows": _windows, "conv": _conv, "conv_input": _conv_input,
    "take": _take,
    "take_along":
        lambda node, x, i: f"torch.take_along_dim({x}, {i}, dim={node.attrs['axis']})",
    "cumsum": lambda node, x: f"torch.cumsum({x}, dim={node.attrs['axis']})",
    "one_hot": lambda node, x: f"F.one_hot({x}, {node.attrs['classes']}).bool()",
}  # fmt: skip
