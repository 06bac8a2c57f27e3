"""Show the Python: the script that does again what is on the screen, to the last bit."""

from __future__ import annotations

import json
from typing import Any

from pellucid.data.arrays import is_frame
from pellucid.studio.legs import Leg
from pellucid.studio.session import Session
from pellucid.studio.setting import Setting

__all__ = ["script"]


def script(session: Session) -> str:
    """Write Python that gives the same network after the same number of steps."""
    source, legs = session.source, session.legs
    lines = ["from pellucid import data, nn, optim", ""]
    if session.edited:
        lines += [
            "# On the page a weight was edited, a unit silenced, or points were moved meanwhile.",
            "# This script trains without that, on the rows as they are now.", "",
        ]  # fmt: skip
    imports = [line for line in source.lines if line.startswith("import ")]
    lines[:0] = imports
    lines += [line for line in source.lines if line not in imports]
    if source.split:
        lines.append(source.split)
    lines += _parts(session)
    lines += ["", f"model = {_network(session)}"]
    for k, leg in enumerate(legs.legs):
        lines += _fit(session, leg, again=k > 0)
    lines += ["", 'print("loss", model.evaluate(X_train, y_train)["loss"])']
    if source.split:
        lines.append('print("test", model.evaluate(X_test, y_test))')
    return "\n".join(lines) + "\n"


def _parts(session: Session) -> list[str]:
    if not session.source.split:
        return ["X_train, y_train = X, y"]
    take = "data.take(X, {0})" if is_frame(session.source.X) else "X[{0}]"
    return [
        f"X_train, y_train = {take.format('train')}, y[train]",
        f"X_test, y_test = {take.format('test')}, y[test]",
    ]


def _network(session: Session) -> str:
    """Write the expression that makes the network."""
    setting = session.setting
    layers = [_layer(one) for one in session.plain_network.layers]
    inside = ", ".join(layers)
    if setting.layers is None and len(inside) < 70:
        return f"nn.Sequential([{inside}])"
    return "nn.Sequential([\n" + "".join(f"    {one},\n" for one in layers) + "])"


def _layer(layer: Any) -> str:
    given = layer.arguments
    plain = [
        _written(given[key]) for key in ("units", "out_channels", "kernel_size") if key in given
    ]
    if type(layer).__name__ == "Activation":
        plain = [_written(value) for value in given.values()]
        given = {}
    named = [
        f"{key}={_written(value)}"
        for key, value in given.items()
        if key not in ("units", "out_channels", "kernel_size")
    ]
    return f"nn.{type(layer).__name__}({', '.join([*plain, *named])})"


def _fit(session: Session, leg: Leg, *, again: bool) -> list[str]:
    """Write a leg: whole epochs, and then the step at which it ended."""
    setting, steps = leg.setting, leg.live.step
    per_epoch = leg.live.begun.run.train.steps
    epochs = -(-steps // per_epoch)
    whole = steps == epochs * per_epoch
    optimizer = _optimizer(setting)
    given = {
        "loss": setting.loss, "optimizer": optimizer, "epochs": epochs,
        "batch_size": leg.live.begun.run.train.batch_size, "prepare": setting.prepare,
        "seed": setting.seed, "record": None if whole else True,
    }  # fmt: skip
    told = [f"    {key}={_written(value)}," for key, value in given.items() if value is not None]
    if session.source.split:
        told.insert(0, "    validation=(X_test, y_test),")
    lines = ["", *(["# Another rate, optimizer or batch size from here on."] * again)]
    lines += ["history = model.fit(", "    X_train, y_train,", *told, "    progress=False,", ")"]
    if not whole:
        lines.append(f"model = history.recording.at({steps})  # in the midst of an epoch")
    return lines


def _written(value: Any) -> str:
    """Write a value as Python, text in double quotes and calls as they are."""
    if not isinstance(value, str):
        return repr(value)
    return value if value.startswith("optim.") else json.dumps(value, ensure_ascii=False)


def _optimizer(setting: Setting) -> str:
    made = setting.make_optimizer()
    decay = f", weight_decay={setting.weight_decay!r}" if setting.weight_decay else ""
    if type(made).__name__ == "AdamW":
        decay = f", weight_decay={setting.weight_decay!r}"
    return f"optim.{type(made).__name__}({setting.learning_rate!r}{decay})"
