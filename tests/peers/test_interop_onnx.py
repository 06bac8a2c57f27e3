"""Holds: a network written as ONNX is valid, and gives what predict gives in two other runtimes."""

from __future__ import annotations

import json
import pickle
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx.reference
import onnxruntime
import pytest
import torch
from tests.interop.networks import layers

import pellucid as pel
from pellucid import data, interop, nn, optim
from pellucid.errors import EngineError, FileError, GraphError, MissingPackageError
from pellucid.train.checkpoint import content_of
from pellucid.train.signed import json_of, write

rng = np.random.default_rng(0)


def run(made: Any, X: Any) -> dict[str, Any]:
    """What onnxruntime says."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        made.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    given = X if isinstance(X, dict) else {session.get_inputs()[0].name: X}
    names = [one.name for one in session.get_outputs()]
    return dict(zip(names, session.run(names, given), strict=True))


@pytest.mark.parametrize("name", list(layers()))
def test_every_layer(name: str) -> None:
    model, X = layers()[name]
    made = interop.onnx.to_onnx(model)
    onnx.checker.check_model(made, full_check=True)
    assert (made.ir_version, made.opset_import[0].version) == (10, 21)
    assert made.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "rows"
    for rows in (X, X[:1]):
        wanted = model.predict(rows)
        np.testing.assert_allclose(run(made, rows)["output"], wanted, rtol=1e-4, atol=1e-5)
    if name == "transposed 2d, grouped":
        return  # the reference evaluator splits the weights of groups along the wrong axis
    (found,) = onnx.reference.ReferenceEvaluator(made).run(None, {made.graph.input[0].name: X})
    np.testing.assert_allclose(found, model.predict(X), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", list(layers()))
def test_every_layer_comes_back(name: str) -> None:
    model, X = layers()[name]
    again = interop.onnx.from_onnx(interop.onnx.to_onnx(model))
    found = again(X).numpy() if X.dtype.kind in "iu" else again.predict(X)
    np.testing.assert_allclose(found, model.predict(X), rtol=1e-5, atol=1e-5)


def test_pooling_is_one_node() -> None:
    model = nn.Sequential([
        nn.Conv2d(2, 3), nn.MaxPool2d(2, padding=1), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(2),
    ])  # fmt: skip
    model(np.zeros((1, 1, 12, 12)))
    kinds = [node.op_type for node in interop.onnx.to_onnx(model).graph.node]
    assert kinds.count("MaxPool") == kinds.count("AveragePool") == 1
    assert "Gather" not in kinds
    assert "Pad" not in kinds


def test_several_inputs_and_heads_bear_their_names() -> None:
    left, right = nn.Input((3,), name="left"), nn.Input((2,), name="right")
    hidden = nn.Linear(4, activation="tanh")(left) * nn.Linear(4)(right)
    model = nn.Model([left, right], {"size": nn.Linear(1)(hidden), "colour": hidden})
    X = {
        "left": rng.normal(size=(5, 3)).astype("f4"),
        "right": rng.normal(size=(5, 2)).astype("f4"),
    }
    wanted, made = model.predict(X), interop.onnx.to_onnx(model)
    onnx.checker.check_model(made, full_check=True)
    for found in (run(made, X), interop.onnx.from_onnx(made).predict(X)):
        assert list(found) == ["size", "colour"]
        for head in found:
            np.testing.assert_allclose(found[head], wanted[head], rtol=1e-5, atol=1e-6)


def test_a_fitted_network_scales_as_predict_does() -> None:
    X = rng.normal(50.0, 20.0, (60, 4)).astype(np.float32)
    model = nn.Sequential([nn.Linear(8, activation="tanh"), nn.Linear(2)])
    model.fit(X, X[:, :2] * 3 + 100, epochs=3, prepare="standard", seed=1, progress=False)
    found = run(interop.onnx.to_onnx(model), X)["output"]
    np.testing.assert_allclose(found, model.predict(X), rtol=1e-5)


def test_weights_bear_the_names_of_layers() -> None:
    model = nn.Sequential([nn.Linear(3, activation="relu"), nn.Linear(2)])
    model([[1.0, 2.0]])
    graph = interop.onnx.to_onnx(model, "two").graph
    names = {one.name for one in graph.initializer}
    assert graph.name == "two"
    assert {"0.weight", "0.bias", "1.weight", "1.bias"} <= names
    assert [node.name for node in graph.node][:2] == ["0.Transpose", "0.MatMul"]
    assert [one.name for one in graph.output] == ["output"]


def test_what_onnx_does_not_have() -> None:
    class Sorted(nn.Network):
        def forward(self, x: Any) -> Any:
            return pel.sort(x)

    model = Sorted()
    model([[1.0, 2.0]])
    with pytest.raises(EngineError, match="'ranks' has no equivalent in ONNX"):
        interop.onnx.to_onnx(model)


# --- networks that come in ------------------------------------------------------------------


def test_a_network_that_came_in_is_trained_and_written_again(tmp_path: Path) -> None:
    X, y = data.moons(200, seed=1)
    model = nn.Sequential([nn.Linear(8, activation="tanh"), nn.Linear(2)])
    model(X)
    interop.onnx.export(model, tmp_path / "moons.onnx")
    again = interop.onnx.load(tmp_path / "moons.onnx")
    before = again.predict(X)
    again.fit(X, y, epochs=40, optimizer=optim.Adam(0.1), seed=1, progress=False)
    assert again.evaluate(X, y)["accuracy"] > 0.9
    assert sorted(again.parameters()) == ["0.bias", "0.weight", "1.bias", "1.weight"]
    np.testing.assert_allclose(before, model.predict(X), rtol=1e-5, atol=1e-6)
    third = run(interop.onnx.to_onnx(again), np.asarray(X, np.float32))
    np.testing.assert_allclose(third["output"], again.predict(X), rtol=1e-4, atol=1e-5)


COPIES = {
    "file": lambda one, path: (one.save(path), pel.load(path))[1],
    "copy": lambda one, path: one.copy(),
    "pickle": lambda one, path: pickle.loads(pickle.dumps(one)),
}


@pytest.mark.parametrize("again", COPIES.values(), ids=COPIES)
@pytest.mark.parametrize("fitted", [False, True], ids=["as read", "trained"])
@pytest.mark.parametrize("name", ["linear", "convolutional"])
def test_a_network_that_came_in_is_kept_as_any_other(
    name: str, fitted: bool, again: Any, tmp_path: Path
) -> None:
    model, X = layers()[name]
    ours = interop.onnx.from_onnx(interop.onnx.to_onnx(model))
    if fitted:
        ours.fit(X, 0 * model.predict(X), epochs=1, seed=1, progress=False)
    twin = again(ours, tmp_path / "kept.safetensors")
    assert twin.predict(X).tobytes() == ours.predict(X).tobytes()
    assert list(twin.parameters()) == list(ours.parameters())
    if fitted:
        with pytest.raises(GraphError, match="reset to is not known"):
            twin.reset(1) or twin.predict(X)


def test_a_file_whose_graph_lacks_numbers_is_refused(tmp_path: Path) -> None:
    ours = interop.onnx.from_onnx(interop.onnx.to_onnx(layers()["reshape"][0]))
    content = content_of(ours)
    architecture = json.loads(content.metadata["architecture"])
    for array in architecture["arguments"]["graph"]["items"]["arrays"]:
        array[-1] = None
    content.metadata["architecture"] = json_of(architecture)
    path = tmp_path / "lacking.safetensors"
    write(path, content)
    with pytest.raises(FileError, match="numbers of an array are missing"):
        pel.load(path)


def test_what_pytorch_has_exported_takes_any_number_of_rows(tmp_path: Path) -> None:
    theirs = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.BatchNorm2d(4), torch.nn.ReLU(),
        torch.nn.MaxPool2d(2), torch.nn.Flatten(), torch.nn.Linear(64, 8), torch.nn.GELU(),
        torch.nn.Linear(8, 3), torch.nn.Softmax(1),
    ).eval()  # fmt: skip
    X, path = torch.randn(5, 1, 8, 8), tmp_path / "theirs.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # it says that there is a newer way, which takes more packages
        torch.onnx.export(
            theirs, (X,), path, dynamo=False, input_names=["x"], output_names=["y"],
            dynamic_axes={"x": {0: "n"}, "y": {0: "n"}},
        )  # fmt: skip
    ours = interop.onnx.load(path)
    wanted = theirs(X).detach().numpy()
    np.testing.assert_allclose(ours.predict(X.numpy()), wanted, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(ours.predict(X.numpy()[:2]), wanted[:2], rtol=1e-5, atol=1e-6)
    assert len(ours.parameters()) == 6


def test_a_reset_brings_back_what_the_file_holds() -> None:
    model, X = layers()["linear"]
    again = interop.onnx.from_onnx(interop.onnx.to_onnx(model))
    again.fit(X, np.zeros((len(X), 4)), epochs=1, seed=1, progress=False)
    again.reset(3)
    np.testing.assert_allclose(again.predict(X), model.predict(X), rtol=1e-5, atol=1e-6)
    assert repr(again) == "Imported(x → output, 4 steps)"


def test_names_in_a_file_do_not_become_code(tmp_path: Path) -> None:
    """A weight and an input may be called as they like: what is written from them stays whole."""
    weight, x = 'w */ int main(void){} /* "\n__import__("os")', "lambda: 1) or print(2"
    ends = [onnx.helper.make_tensor_value_info(name, 1, [None, 2]) for name in (x, "self")]
    nodes = [onnx.helper.make_node("MatMul", [x, weight], ["self"])]
    tensor = onnx.numpy_helper.from_array(np.array([[1, 2], [3, 4]], np.float32), weight)
    graph = onnx.helper.make_graph(nodes, "odd", ends[:1], ends[1:], [tensor])
    imports = [onnx.helper.make_opsetid("", 21)]
    network = interop.onnx.from_onnx(onnx.helper.make_model(graph, opset_imports=imports))
    X = np.array([[1.0, 1.0]], np.float32)
    network(X)
    scope: dict[str, Any] = {}
    exec(interop.torch.source(network), scope)
    module = scope["model"]
    (name,) = module.state_dict()
    assert name.isidentifier()
    module.load_state_dict({name: torch.tensor(interop.torch.state(network)[name])})
    assert module(torch.tensor(X)).tolist() == [[4.0, 6.0]]
    text = interop.c.source(network)
    assert text.count("main(void)") == text.count("* / int main(void){} / *") > 0


def stored(array: np.ndarray, **settings: str) -> Any:
    """A tensor that lies in another file."""
    tensor = onnx.TensorProto(name="w", data_type=onnx.TensorProto.FLOAT, dims=array.shape)
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in settings.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, value
    return tensor


def multiplied(tensor: Any) -> Any:
    """A graph that multiplies by a tensor."""
    ends = [onnx.helper.make_tensor_value_info(name, 1, [None, 2]) for name in "xy"]
    nodes = [onnx.helper.make_node("Mul", ["x", "w"], ["y"])]
    graph = onnx.helper.make_graph(nodes, "times", ends[:1], ends[1:], [tensor])
    return onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 21)])


def test_weights_in_a_file_of_their_own(tmp_path: Path) -> None:
    numbers = np.array([3.0, 5.0], np.float32)
    (tmp_path / "w.bin").write_bytes(bytes(4) + numbers.tobytes())
    made = multiplied(stored(numbers, location="w.bin", offset="4", length="8"))
    (tmp_path / "times.onnx").write_bytes(made.SerializeToString())
    network = interop.onnx.load(tmp_path / "times.onnx")
    np.testing.assert_array_equal(network.predict([[1.0, 1.0]]), [[3.0, 5.0]])


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"location": "../secret.bin"}, "outside the folder"),
        ({"location": "inner/../../secret.bin"}, "outside the folder"),
        ({"location": "link.bin"}, "outside the folder"),
        ({"location": "/etc/passwd"}, "outside the folder"),
        ({"location": ""}, "outside the folder"),
        ({"location": "w\0.bin"}, "outside the folder"),
        ({"location": "."}, "outside the folder"),
        ({"location": "absent.bin"}, "missing or cut off"),
        ({"location": "w.bin", "offset": "4"}, "missing or cut off"),
        ({"location": "w.bin", "offset": "-4"}, "missing or cut off"),
        ({"location": "w.bin", "offset": "99999999999999999999"}, "missing or cut off"),
        ({"location": "w.bin", "length": "4"}, "another size"),
        ({"location": "w.bin", "offset": "two"}, "at no place"),
    ],
)
def test_paths_that_lead_elsewhere_are_refused(
    tmp_path: Path, settings: dict[str, str], why: str
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (tmp_path / "secret.bin").write_bytes(bytes(8))
    (folder / "link.bin").symlink_to(tmp_path / "secret.bin")
    (folder / "w.bin").write_bytes(bytes(8))
    made = multiplied(stored(np.zeros(2, np.float32), **settings))
    (folder / "times.onnx").write_bytes(made.SerializeToString())
    with pytest.raises(FileError, match=why):
        interop.onnx.load(folder / "times.onnx")


def test_sizes_that_are_not_what_they_say_are_refused() -> None:
    for shape in ([2**40], [-2], [2**62, 4], [3], []):
        tensor = onnx.numpy_helper.from_array(np.zeros(2, np.float32), "w")
        del tensor.dims[:]
        tensor.dims.extend(shape)
        with pytest.raises(FileError, match=r"another size|negative extent"):
            interop.onnx.from_onnx(multiplied(tensor))


def test_a_graph_that_asks_for_too_much_memory_is_refused() -> None:
    shape = onnx.numpy_helper.from_array(np.array([2**20, 2**20]), "shape")
    nodes = [
        onnx.helper.make_node("ConstantOfShape", ["shape"], ["big"]),
        onnx.helper.make_node("Add", ["x", "big"], ["y"]),
    ]
    ends = [onnx.helper.make_tensor_value_info(name, 1, [1]) for name in "xy"]
    graph = onnx.helper.make_graph(nodes, "big", ends[:1], ends[1:], [shape])
    network = interop.onnx.from_onnx(
        onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 21)])
    )
    with pytest.raises(GraphError, match="asks for an array of this shape"):
        network([1.0])


def test_no_byte_that_is_changed_or_cut_off_does_harm(tmp_path: Path) -> None:
    """Whatever a file holds, it is a network, or an error that says what is wrong."""
    model = nn.Sequential([nn.Linear(2, activation="relu")])
    model([[1.0, 2.0]])
    whole = interop.onnx.to_onnx(model).SerializeToString()
    path = tmp_path / "net.onnx"
    outcomes = {"read": 0, "refused": 0}
    for k in range(len(whole)):
        for data_ in (whole[:k], whole[:k] + bytes([whole[k] ^ 0x55]) + whole[k + 1 :]):
            path.write_bytes(data_)
            try:
                interop.onnx.load(path)
                outcomes["read"] += 1
            except (FileError, GraphError):
                outcomes["refused"] += 1
    assert outcomes["refused"] > len(whole) / 2


def test_operators_that_are_not_known_are_named_at_once() -> None:
    ends = [onnx.helper.make_tensor_value_info(name, 1, [1]) for name in "xy"]
    nodes = [
        onnx.helper.make_node("Det", ["x"], ["z"]),
        onnx.helper.make_node("Mine", ["z"], ["y"], domain="my.own"),
    ]
    graph = onnx.helper.make_graph(nodes, "odd", ends[:1], ends[1:])
    imports = [onnx.helper.make_opsetid("", 21), onnx.helper.make_opsetid("my.own", 1)]
    with pytest.raises(GraphError, match="not known here") as error:
        interop.onnx.from_onnx(onnx.helper.make_model(graph, opset_imports=imports))
    assert error.value.got == "Det, my.own.Mine"


def test_without_the_package_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    model, _ = layers()["linear"]
    with pytest.raises(MissingPackageError) as error:
        interop.onnx.to_onnx(model)
    assert error.value.mend == "run pip install 'pellucid[onnx]'"
