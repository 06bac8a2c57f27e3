"""Show the Python: the script that does again what is on the screen, to the last bit."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, final

from pellucid.data.arrays import is_frame
from pellucid.optim import AdamW, Optimizer
from pellucid.studio.legs import Leg
from pellucid.studio.racing import RaceWish
from pellucid.studio.session import Session
from pellucid.studio.setting import OPTIMIZERS, Setting, network_of
from pellucid.studio.sources import Source
from pellucid.studio.sweeping import SWEPT, Sweeping

__all__ = ["race_script", "script", "sweep_script"]


def script(session: Session) -> str:
    """Write Python that gives the same network after the same number of steps."""
    lines = _rows(session.source, "from pellucid import data, nn, optim")
    if session.edited:
        lines[:0] = [
            "# On the page a weight was edited, a unit silenced, or points were moved meanwhile.",
            "# This script trains without that, on the rows as they are now.", "",
        ]  # fmt: skip
    lines += ["", f"model = {_network(session)}"]
    for k, leg in enumerate(session.legs.legs):
        lines += _fit(leg, again=k > 0)
    lines += ["", 'print("loss", model.evaluate(X_train, y_train)["loss"])']
    if session.source.split:
        lines.append('print("test", model.evaluate(X_test, y_test))')
    live = session.legs.present.live
    whole = live.step // live.begun.run.train.steps
    if whole:  # the mean over its batches, which differs from the loss after it
        lines.append(f'print("on the page: loss", history["loss"][{whole - 1}])')
    return "\n".join(lines) + "\n"


def race_script(session: Session, wish: RaceWish) -> str:
    """Write Python that runs a race from where the session stands, and draws it."""
    lines = _rows(session.source, "from pellucid import data, nn, optim, plot")
    if session.edited and wish.start == "present":
        lines[:0] = [
            "# On the page a weight was edited, a unit silenced, or points were moved meanwhile.",
            "# This script races without that.", "",
        ]  # fmt: skip
    setting, legs = session.setting, session.legs
    lines += ["", "", "def begun():", *_indented([f"model = {_network(session)}"])]
    for leg in legs.legs if wish.start == "present" else ():
        steps = min(legs.step, leg.last) - leg.first
        if steps > 0:
            lines += _indented(_fit(leg, again=False, steps=steps)[1:])
    lines += ["    return model", "", "", "racers = {"]
    for one in wish.racers:
        made = _optimizer(one.kind.rule, one.learning_rate, one.kind.numbers, setting.weight_decay)
        lines.append(f"    {json.dumps(one.title)}: {made},")
    lines += ["}", "recordings = {}", "for name, optimizer in racers.items():"]
    lines += ["    model = begun()"]
    fit = _call(setting, legs.present, wish.epochs, "optimizer", record=True)
    lines += _indented([*fit, "recordings[name] = history.recording"])
    lines += _indented(['print(name, model.evaluate(X_train, y_train)["loss"])'])
    lines += [
        "", "# One plane through all ways, with the loss of the last optimizer's network on it.",
        "loss = history.recording.loss(X_train, y_train)",
        "ways = {name: recording.way() for name, recording in recordings.items()}",
        "ax = plot.loss_path(loss, ways)",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def sweep_script(sweep: Sweeping) -> str:
    """Write Python that does all runs of a sweep in one call."""
    setting, names = sweep.setting, [one.name for one in sweep.wish.axes]
    lines = ["import pellucid as pel", *_rows(sweep.source, "from pellucid import data, nn, optim")]
    lines += ["", "", *_build(sweep), "", ""]
    values = ", ".join(f"{json.dumps(one.name)}: {list(one.values)!r}" for one in sweep.wish.axes)
    options = {k: v for k, v in sweep.options().items() if k != "validation"}
    optimizer = _optimizer_of(setting)
    lines += [
        "sweep = pel.sweep(",
        "    build,",
        f"    {{{values}}},",
        "    X_train,",
        "    y_train,",
    ]
    lines += [f"    optimizer={optimizer},", f"    seeds={sweep.seeds!r},"]
    lines += ["    validation=(X_test, y_test),"] * bool(sweep.source.split)
    lines += [f"    {key}={_written(value)}," for key, value in options.items()]
    lines += ["    progress=False,", ")", "print(sweep.summary)"]
    lines.append(f"sweep.plot({', '.join(json.dumps(name) for name in names)})")
    return "\n".join(lines) + "\n"


def _build(sweep: Sweeping) -> list[str]:
    """Write the function that makes the networks of a sweep."""
    setting = sweep.setting
    built = [one.name for one in sweep.wish.axes if SWEPT[one.name].is_built]
    head = [f"def build({', '.join(built)}):"]
    if not built:
        layers = network_of(setting, sweep.source.outputs, pictures=sweep.source.image is not None)
        return [*head, *_indented([f"return {_sequential(layers.layers)}"])]
    count, units = len(setting.hidden), ", ".join(map(str, setting.hidden))
    each = "width" if "width" in built else str((setting.hidden or (4,))[0])
    sizes = f"[{each}] * {'depth' if 'depth' in built else count}"
    if not {"width", "depth"} & set(built):
        sizes = f"[{units}]"
    activation = "activation" if "activation" in built else json.dumps(setting.activation)
    dropout = "dropout" if "dropout" in built else repr(setting.dropout)
    lines = ["layers = [nn.Flatten()]" if sweep.source.image is not None else "layers = []"]
    lines.append(f"for units in {sizes}:")
    if setting.batch_norm:
        made = f"nn.Linear(units), nn.BatchNorm1d(), nn.Activation({activation})"
        lines.append(f"    layers += [{made}]")
    else:
        lines.append(f"    layers.append(nn.Linear(units, activation={activation}))")
    if "dropout" in built:
        lines += ["    if dropout:", "        layers.append(nn.Dropout(dropout))"]
    elif setting.dropout:
        lines.append(f"    layers.append(nn.Dropout({dropout}))")
    lines.append(f"return nn.Sequential([*layers, nn.Linear({sweep.source.outputs})])")
    return [*head, *_indented(lines)]


def _rows(source: Source, imports: str) -> list[str]:
    """Write what gives the rows to train and to test on."""
    own = [line for line in source.lines if line.startswith("import ")]
    lines = [*own, imports, "", *(line for line in source.lines if line not in own)]
    if not source.split:
        return [*lines, "X_train, y_train = X, y"]
    take = "data.take(X, {0})" if is_frame(source.X) else "X[{0}]"
    return [
        *lines, source.split,
        f"X_train, y_train = {take.format('train')}, y[train]",
        f"X_test, y_test = {take.format('test')}, y[test]",
    ]  # fmt: skip


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" if line else "" for text in lines for line in text.split("\n")]


def _network(session: Session) -> str:
    """Write the expression that makes the network."""
    return _sequential(session.plain_network.layers)


def _sequential(layers: Iterable[Any]) -> str:
    written = [_layer(one) for one in layers]
    inside = ", ".join(written)
    if len(inside) < 70:
        return f"nn.Sequential([{inside}])"
    return "nn.Sequential([\n" + "".join(f"    {one},\n" for one in written) + "])"


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


def _fit(leg: Leg, *, again: bool, steps: int | None = None) -> list[str]:
    """Write a leg: whole epochs, and then the step at which it ended."""
    steps = leg.live.step if steps is None else steps
    per_epoch = leg.live.begun.run.train.steps
    epochs = -(-steps // per_epoch)
    whole = steps == epochs * per_epoch
    lines = ["", *(["# Another rate, optimizer or batch size from here on."] * again)]
    lines += _call(leg.setting, leg, epochs, _optimizer_of(leg.setting), record=not whole)
    if not whole:
        lines.append(f"model = history.recording.at({steps})  # in the midst of an epoch")
    return lines


def _call(setting: Setting, leg: Leg, epochs: int, optimizer: str, *, record: bool) -> list[str]:
    """Write a call of fit."""
    given = {
        "loss": setting.loss, "optimizer": Code(optimizer), "epochs": epochs,
        "batch_size": leg.live.begun.run.train.batch_size, "prepare": setting.prepare,
        "seed": setting.seed, "record": True if record else None,
    }  # fmt: skip
    told = [f"    {key}={_written(value)}," for key, value in given.items() if value is not None]
    if leg.source.split:
        told.insert(0, "    validation=(X_test, y_test),")
    return ["history = model.fit(", "    X_train, y_train,", *told, "    progress=False,", ")"]


@final
class Code(str):
    """Python, and not a text to be quoted."""


def _written(value: Any) -> str:
    """Write a value as Python, text in double quotes and calls as they are."""
    if not isinstance(value, str):
        return repr(value)
    return value if isinstance(value, Code) else json.dumps(value, ensure_ascii=False)


def _optimizer_of(setting: Setting) -> str:
    return _optimizer(
        OPTIMIZERS[setting.optimizer], setting.learning_rate, {}, setting.weight_decay
    )


def _optimizer(
    rule: type[Optimizer], rate: float, numbers: Mapping[str, Any], weight_decay: float
) -> str:
    given = [repr(rate), *(f"{name}={value!r}" for name, value in numbers.items())]
    if weight_decay or rule is AdamW:
        given.append(f"weight_decay={weight_decay!r}")
    return f"optim.{rule.__name__}({', '.join(given)})"
