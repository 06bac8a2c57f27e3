"""Holds: model files, good and bad: what they make, and the two lines that each mistake gives."""

from __future__ import annotations

import html
import json
import re
import shlex
from pathlib import Path

import pytest

import pellucid as pel
from cli.conftest import Command
from pellucid.cli.architecture import read_architecture

GOOD = """
[[layers]]
type = "Linear"
units = 16
activation = "tanh"
weight_init = { type = "Uniform", low = -0.5, high = 0.5 }

[[layers]]
type = "Dropout"
rate = 0.1

[[layers]]
type = "Linear"

[fit]
optimizer = { type = "SGD", momentum = 0.9 }
learning_rate = 0.05
epochs = 30
batch_size = 16
validation = 0.2
"""
AS_JSON = {
    "layers": [{"type": "Linear", "units": 16, "activation": "tanh"}, {"type": "Linear"}],
    "fit": {"loss": "cross_entropy", "optimizer": "adamw", "steps": 200, "learning_rate": 0.01},
}


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.toml"
    path.write_text(GOOD, encoding="utf-8")
    return path


def script_of(run: str) -> str:
    """Take the Python that the report of a run shows."""
    page = Path(run, "report.html").read_text(encoding="utf-8")
    return html.unescape(re.findall(r"<code>(.*?)</code>", page, re.DOTALL)[1])


def test_a_model_file_decides_layers_and_training(command: Command, model: Path) -> None:
    found = command("train", "iris", "--model", "model.toml", "--json").object
    assert found["epochs"] == 30
    assert found["test"]["accuracy"] > 0.9
    network = pel.load(Path(found["run"], "model.safetensors"))
    assert [type(layer).__name__ for layer in network.layers] == ["Linear", "Dropout", "Linear"]
    assert [layer.units for layer in network.layers[::2]] == [16, 3]
    assert abs(network.history["val_loss"][0]) > 0
    config = json.loads(Path(found["run"], "config.json").read_text(encoding="utf-8"))
    assert config["layers"][2] == {"type": "Linear", "units": 3}
    assert config["layers"][0]["weight_init"]["type"] == "Uniform"


CONVOLUTIONS = """
[[layers]]
type = "Conv2d"
out_channels = 4
kernel_size = 3
padding = 1
penalty = { type = "L2", rate = 1e-4 }

[[layers]]
type = "Residual"
layers = [{ type = "Conv2d", out_channels = 4, kernel_size = 3, padding = 1, activation = "relu" }]

[[layers]]
type = "Flatten"

[[layers]]
type = "Linear"

[fit]
learning_rate = { type = "Cosine", initial = 0.02 }
loss = { type = "Focal", gamma = 1.0 }
epochs = 40
"""


def test_what_stands_inside_is_made_too(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("conv.toml").write_text(CONVOLUTIONS, encoding="utf-8")
    found = command("train", "slashes", "--model", "conv.toml", "--json").object
    assert found["train"]["accuracy"] > 0.9
    script = script_of(found["run"])
    assert "padding=1, penalty=nn.L2(0.0001))" in script
    assert "nn.Residual([nn.Conv2d(4, " in script
    assert "optim.Adam(optim.Cosine(0.02))" in script or "initial=0.02" in script
    assert "loss=nn.Focal(gamma=1.0)" in script or "loss=nn.Focal(1.0)" in script
    exec(script, {})
    assert capsys.readouterr().out.strip().endswith(str(found["test"]))


def test_json_says_the_same(command: Command) -> None:
    Path("model.json").write_text(json.dumps(AS_JSON), encoding="utf-8")
    found = command("train", "iris", "--model", "model.json", "--json").object
    assert found["steps"] == 200
    assert found["test"]["accuracy"] > 0.9


def test_options_go_before_the_file(command: Command, model: Path) -> None:
    found = command("train", "iris", "--model", model, "--steps", 7, "--json").object
    assert found["steps"] == 7


def test_the_last_layer_fits_the_target(command: Command, model: Path) -> None:
    for name, outputs in (("iris", 3), ("digits", 10), ("diabetes", 1)):
        (*_, last) = command("show", model, "--data", name, "--json").object["layers"]
        assert last["shape"] == [None, outputs]


def test_the_script_of_a_report_makes_the_same_run(
    command: Command, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = command("train", "iris", "--model", model, "--json").object
    script = script_of(found["run"])
    assert "nn.init.Uniform(-0.5, high=0.5)" in script
    assert "optim.SGD(0.05, momentum=0.9)" in script
    exec(script, {})
    assert capsys.readouterr().out.strip().endswith(str(found["test"]))
    config = json.loads(Path(found["run"], "config.json").read_text(encoding="utf-8"))
    assert command(*shlex.split(config["command"])[1:], "--json").object["test"] == found["test"]


LINEAR = '[[layers]]\ntype = "Linear"\n'
LAYERS = "[[layers]] with a type, once for each layer"
BAD = [
    ("[[layers]]\ntype = Linear\n",
     "bad.toml, line 2, column 8: this is not TOML: invalid value (got type = Linear)",
     'write each line as name = value, such as units = 64 or type = "Linear"'),
    (LINEAR + "units 64\n",
     "bad.toml, line 3, column 7: this is not TOML: expected '=' after a key in a key/value pair "
     "(got units 64)",
     'write each line as name = value, such as units = 64 or type = "Linear"'),
    (LINEAR + 'activation = "relu',
     "bad.toml, line 3, column 1: this is not TOML: unterminated string "
     '(got activation = "relu)',
     'write each line as name = value, such as units = 64 or type = "Linear"'),
    ("", f"bad.toml: the model file describes no layers (got no layers, wanted {LAYERS})",
     'write [[layers]], and below it type = "Linear"'),
    ("layers = 3\n", f"bad.toml: the model file describes no layers (got 3, wanted {LAYERS})",
     'write [[layers]], and below it type = "Linear"'),
    ('[[layer]]\ntype = "Linear"\n',
     "bad.toml: the model file has an unknown part 'layer' "
     "(wanted layers, and fit if you like)", "did you mean layers?"),
    ("[[layers]]\nunits = 3\n",
     "bad.toml, layer 1: a layer has no type "
     "(got {'units': 3}, wanted the name of a layer, and its arguments)",
     'write type = "Linear"'),
    (LINEAR + "unit = 3\n" + LINEAR,
     "bad.toml, layer 1 (Linear): Linear takes no argument 'unit'", "did you mean units?"),
    (LINEAR + LINEAR,
     "bad.toml, layer 1 (Linear): Linear needs the argument 'units' (got none)",
     "add units = …"),
    (LINEAR + "units = 2.5\n",
     "bad.toml, layer 1 (Linear): units is not a whole number "
     "(got units=2.5, wanted units ≥ 1)", "write units=2"),
    ('[[layers]]\ntype = "Dropout"\nrate = 1.5\n' + LINEAR,
     "bad.toml, layer 1 (Dropout): rate is out of range (got rate=1.5, wanted 0 ≤ rate < 1)",
     "write rate=0, or another value in that range"),
    (LINEAR + "weight_init = { type = \"Uniform\", lo = 1 }\n",
     "bad.toml, layer 1 (Linear): Uniform takes no argument 'lo' (wanted low, high)",
     "did you mean low?"),
    (LINEAR + "[fit]\nepoch = 3\n", "bad.toml, [fit]: there is no setting 'epoch'",
     "did you mean epochs?"),
    (LINEAR + "[fit]\nepochs = 0\n",
     "bad.toml, [fit]: epochs is out of range (got epochs=0, wanted epochs ≥ 1)",
     "write epochs=1, or another value in that range"),
    (LINEAR + "[fit]\nepochs = 2\nsteps = 3\n",
     "bad.toml, [fit]: epochs and steps cannot both be given", "leave epochs or steps out"),
    (LINEAR + '[fit]\noptimizer = { type = "SGD", speed = 1 }\n',
     "bad.toml, [fit]: SGD takes no argument 'speed'", "leave speed out"),
    ("fit = 3\n" + LINEAR, "bad.toml: fit is no table (got 3)",
     "write [fit], and below it lines such as epochs = 50"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said", "mend"), BAD)
def test_a_bad_model_file_is_two_lines(text: str, said: str, mend: str, command: Command) -> None:
    Path("bad.toml").write_text(text, encoding="utf-8")
    ended = command("train", "iris", "--model", "bad.toml")
    first, second = ended.err.splitlines()
    assert (ended.status, ended.out) == (1, "")
    assert first.startswith(f"error: {said}")
    assert second == mend
    assert not Path("runs").exists()


@pytest.mark.parametrize(
    ("kind", "nearest"), [("Liner", "Linear"), ("relu", "ReLU"), ("Flaten", "Flatten")]
)
def test_an_unknown_layer_is_told_the_nearest(kind: str, nearest: str, command: Command) -> None:
    Path("bad.toml").write_text(f'{LINEAR}units = 3\n[[layers]]\ntype = "{kind}"\n', "utf-8")
    first, second = command("show", "bad.toml").err.splitlines()
    assert first.startswith(f"error: bad.toml, layer 2 ({kind}): there is no layer called '{kind}'")
    assert "Dropout" in first
    assert "Initializer" not in first
    assert second == f"write '{nearest}'"


@pytest.mark.parametrize(
    ("content", "said", "mend"),
    [
        (b"{", "bad.json, line 1, column 2: this is not JSON: expecting property name", "write {"),
        (b"[]", "bad.json: the model file describes no layers", "write [[layers]]"),
        (b"\xff\xfe", "bad.json: this is not text in utf-8", "save it as UTF-8"),
        (
            b"[" * 100_000,
            "bad.json: the tables are nested too deeply",
            "write the layers one below",
        ),
    ],
)
def test_a_bad_json_file_is_two_lines(
    content: bytes, said: str, mend: str, command: Command
) -> None:
    Path("bad.json").write_bytes(content)
    first, second = command("show", "bad.json").err.splitlines()
    assert first.startswith(f"error: {said}")
    assert second.startswith(mend)


def test_a_missing_model_file_names_the_nearest(command: Command, model: Path) -> None:
    ended = command("train", "iris", "--model", "modl.toml")
    assert ended.err == "error: modl.toml: there is no such model file\ndid you mean model.toml?\n"
    model.unlink()
    assert command("show", "modl.toml").err.splitlines()[1].startswith("pellucid train --help")


def test_outputs_that_do_not_fit_the_classes_are_refused(command: Command) -> None:
    Path("wrong.toml").write_text(LINEAR + "units = 2\n", encoding="utf-8")
    ended = command("train", "iris", "--model", "wrong.toml", "-q")
    assert ended.status == 1
    assert len(ended.err.splitlines()) == 2
    assert not list(Path("runs").iterdir())


def test_every_activation_layer_needs_no_argument(tmp_path: Path) -> None:
    for name in ("ReLU", "Tanh", "Sigmoid", "Softmax", "GELU"):
        path = tmp_path / f"{name}.toml"
        path.write_text(f'{LINEAR}units = 2\n[[layers]]\ntype = "{name}"\n', encoding="utf-8")
        assert repr(read_architecture(path).network()[1]) == f"{name}()"
