"""Holds: the C file of a network compiles without a warning, and gives what predict gives."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.interop.networks import layers

from pellucid import data, interop, nn
from pellucid.errors import ArgumentError, ArgumentTypeError, GraphError
from pellucid.models import Network

COMPILER = shutil.which("cc")
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="there is no C compiler")
STRICT = ["-O2", "-Wall", "-Wextra", "-Werror", "-std=c99", "-pedantic"]
rng = np.random.default_rng(0)


def compiled(files: dict[str, str], folder: Path) -> ctypes.CDLL:
    """Compile texts, and load them."""
    for name, text in files.items():
        (folder / f"{name}.c").write_text(text)
    sources = [str(folder / f"{name}.c") for name in files]
    library = folder / "library.so"
    command = [str(COMPILER), *STRICT, "-shared", "-fPIC", "-o", str(library), *sources, "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[:2000]
    return ctypes.CDLL(str(library))


def apart(text: str, name: str) -> str:
    """Let a file stand beside others in one: functions that C does not have are in each."""
    helpers = set(re.findall(r"^static \w+ (\w+)\(", text, re.MULTILINE))
    renamed = "\n".join(f"#define {one} {name}_{one}" for one in sorted(helpers))
    back = "\n".join(f"#undef {one}" for one in sorted(helpers))
    return f"{renamed}\n{text}\n{back}"


def answers(library: ctypes.CDLL, name: str, X: Any, outputs: int) -> np.ndarray:
    """Ask the C function about each row."""
    function = getattr(library, f"{name}_predict")
    pointer = np.ctypeslib.ndpointer(np.float32, flags="C")
    function.argtypes, function.restype = [pointer, pointer], None
    found = np.empty((len(X), outputs), np.float32)
    for x, y in zip(np.ascontiguousarray(X, np.float32), found, strict=True):
        function(x.reshape(-1), y)
    return found


def asked(model: Network, X: Any, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """What C says of rows, and what predict says."""
    wanted = np.asarray(model.predict(X)).reshape(len(X), -1)
    library = compiled({"net": interop.c.source(model, name="net")}, folder)
    return answers(library, "net", X, wanted.shape[1]), wanted


@needs_compiler
def test_every_layer(tmp_path: Path) -> None:
    examples = {f"net{k}": found for k, found in enumerate(layers().items())}
    texts = [apart(interop.c.source(x.model, name=name), name) for name, (_, x) in examples.items()]
    library = compiled({"all": "\n".join(texts)}, tmp_path)  # one file: the compiler starts once
    for short, (name, (model, x)) in examples.items():
        wanted = np.asarray(model.predict(x)).reshape(len(x), -1)
        found = answers(library, short, x, wanted.shape[1])
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5, err_msg=name)


@needs_compiler
def test_a_fitted_network_scales_as_predict_does(tmp_path: Path) -> None:
    X = rng.normal(50.0, 20.0, (60, 4)).astype(np.float32)
    y = np.stack([X @ [1.0, 2.0, 0.5, -1.0], 3 * X[:, 0]], axis=1) + 100
    model = nn.Sequential([nn.Linear(8, activation="tanh"), nn.Linear(2)])
    model.fit(X, y, epochs=5, prepare="standard", seed=1, progress=False)
    found, wanted = asked(model, X[:9], tmp_path)
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


@needs_compiler
def test_pictures_of_bytes(tmp_path: Path) -> None:
    X = rng.integers(0, 256, (30, 6, 6)).astype(np.uint8)
    model = nn.Sequential([nn.Flatten(), nn.Linear(5, activation="relu"), nn.Linear(3)])
    model.fit(X, rng.integers(0, 3, 30), epochs=1, prepare="minmax", seed=1, progress=False)
    found, wanted = asked(model, X[:4], tmp_path)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


@needs_compiler
def test_several_inputs_and_heads_lie_one_after_the_other(tmp_path: Path) -> None:
    left, right = nn.Input((3,), name="left"), nn.Input((2,), name="right")
    hidden = nn.Linear(4, activation="tanh")(left) * nn.Linear(4)(right)
    model = nn.Model([left, right], {"size": nn.Linear(1)(hidden), "colour": hidden})
    X = rng.normal(size=(5, 3)).astype(np.float32), rng.normal(size=(5, 2)).astype(np.float32)
    wanted = model.predict(X)
    text = interop.c.source(model, name="both")
    found = answers(compiled({"both": text}, tmp_path), "both", np.hstack(X), 5)
    np.testing.assert_allclose(found[:, :1], wanted["size"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found[:, 1:], wanted["colour"], rtol=1e-5, atol=1e-6)
    assert "x[3] to x[4]: 2 (right)" in text


@needs_compiler
def test_a_word_that_the_table_does_not_have_gives_not_a_number(tmp_path: Path) -> None:
    model = nn.Sequential([nn.Embedding(5, 3), nn.Flatten(), nn.Linear(2)])
    model(np.zeros((1, 2), np.int64))
    library = compiled({"net": interop.c.source(model, name="net")}, tmp_path)
    good, bad = answers(library, "net", [[1, 4], [1, 5]], 2)
    np.testing.assert_allclose(good, model.predict(np.array([[1, 4]]))[0], rtol=1e-5)
    assert np.isnan(bad).all()


@needs_compiler
def test_a_program_of_one_file(tmp_path: Path) -> None:
    model = nn.Sequential([nn.Linear(1, weight_init="ones", bias_init="zeros")])
    model([[1.0, 2.0]])
    interop.c.export(model, tmp_path / "sum.c")
    (tmp_path / "main.c").write_text(
        "#include <stdio.h>\nvoid sum_predict(const float *x, float *y);\n"
        "int main(void) { float x[2] = {3, 4}, y[1]; sum_predict(x, y);"
        ' printf("%g\\n", y[0]); return 0; }'
    )
    command = [str(COMPILER), *STRICT, "-o", "program", "main.c", "sum.c", "-lm"]
    subprocess.run(command, cwd=tmp_path, check=True)
    done = subprocess.run(["./program"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "7\n"


def test_the_text_names_layers_and_columns() -> None:
    X, y = data.moons(50, seed=1)
    model = nn.Sequential([nn.Linear(3, activation="tanh"), nn.Linear(2)])
    model.fit(X, y, epochs=1, seed=1, prepare="standard", progress=False)
    text = interop.c.source(model, name="two moons")
    assert "void two_moons_predict(const float *x, float *y);" in text
    assert "/* 0.weight: 3 x 2 */" in text
    assert "/* 0 (Linear): add, tanh; gives 3 */" in text
    assert interop.c.source(model, name="1st").startswith("/*\n * network_1st:")


def test_the_network_of_float64_is_written_in_float32() -> None:
    model = nn.Sequential([nn.Linear(2)])
    model.fit(np.ones((4, 3)), np.zeros((4, 2)), epochs=1, dtype="float64", progress=False)
    assert "double" not in interop.c.source(model)
    assert model.dtype == np.float64


def test_what_cannot_be_exported() -> None:
    with pytest.raises(GraphError, match="has not met any data"):
        interop.c.source(nn.Sequential([nn.Linear(2)]))
    with pytest.raises(ArgumentTypeError, match="a network is exported"):
        interop.c.source(nn.Linear(2))  # type: ignore[arg-type]
    model = nn.Sequential([nn.Linear(2)])
    model([[1.0]])
    with pytest.raises(ArgumentError, match="no name for C"):
        interop.c.source(model, name="--")
