"""Holds: a saved network comes back equal in every bit; a file with a fault never comes back."""

from __future__ import annotations

import json
import pickle
import re
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from safetensors.numpy import save as save_foreign

import pellucid as pel
from pellucid import nn
from pellucid.errors import FileError
from pellucid.train.checkpoint import LONG
from pellucid.train.signed import LARGEST_HEADER, _canonical, _signed

X = np.random.default_rng(0).normal(size=(40, 3))
Y = np.where(X.sum(axis=1) > 0, "warm", "cold")


def trained(dtype: str = "float32") -> nn.Sequential:
    model = nn.Sequential([nn.Linear(3, activation="tanh"), nn.Dropout(0.5), nn.Linear(2)])
    model.fit(
        X, Y, epochs=2, seed=1, batch_size=16, prepare="standard", dtype=dtype, progress=False
    )
    return model


@pytest.fixture(scope="module")
def model() -> nn.Sequential:
    return trained()


@pytest.fixture
def path(model: nn.Sequential, tmp_path: Path) -> Path:
    model.save(tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors"


def split(path: Path) -> tuple[dict[str, Any], bytes]:
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def written(path: Path, header: dict[str, Any], body: bytes, *, signed: bool = True) -> Path:
    """Write a file as one could who knows the format but means ill."""
    text = _canonical(_signed(header) if signed else header)
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)
    return path


def same(one: nn.Network, other: nn.Network) -> bool:
    ours, theirs = one.variables(), other.variables()
    return list(ours) == list(theirs) and all(
        ours[k].dtype == theirs[k].dtype
        and ours[k].trainable == theirs[k].trainable
        and ours[k].numpy().tobytes() == theirs[k].numpy().tobytes()
        for k in ours
    )


# --- round trips ---------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network_comes_back_equal_in_every_bit(dtype: str, tmp_path: Path) -> None:
    model = trained(dtype)
    model.save(tmp_path / "m")
    again = pel.load(tmp_path / "m")
    assert same(model, again)
    assert again.predict(X).tobytes() == model.predict(X).tobytes()
    assert again.classify(X).tolist() == model.classify(X).tolist()
    assert again.evaluate(X, Y) == model.evaluate(X, Y)


def test_random_layers_go_on_where_they_were(path: Path, model: nn.Sequential) -> None:
    step = next(v for name, v in pel.load(path).variables().items() if name.endswith("step"))
    assert step.numpy() > 0
    x = np.ones((1, 3), "float32")
    masks = [one(x, training=True).numpy().tolist() for one in (model, pel.load(path))]
    assert masks[0] == masks[1]


def test_the_history_comes_back(path: Path, model: nn.Sequential) -> None:
    again = pel.load(path).history
    assert again is not None
    assert dict(again) == dict(model.history or {})
    assert again.seed == 1


def test_a_long_history_is_kept_as_tensors(tmp_path: Path) -> None:
    model = nn.Sequential([nn.Linear(2)])
    history = model.fit(X, Y, epochs=15_000, seed=1, progress=False)
    assert sum(map(len, history.values())) > LONG
    model.save(tmp_path / "m")
    again = pel.load(tmp_path / "m")
    assert dict(again.history or {}) == dict(history)
    assert {"history/loss", "history/accuracy"} < load_file(tmp_path / "m").keys()
    assert same(nn.Sequential([nn.Linear(2)]).load_weights(tmp_path / "m"), model)


def test_the_same_network_gives_the_same_file(path: Path, model: nn.Sequential) -> None:
    for one in (model, pel.load(path)):
        one.save(path.with_name("again"))
        assert path.with_name("again").read_bytes() == path.read_bytes()


def test_any_reader_of_the_format_finds_the_arrays(path: Path, model: nn.Sequential) -> None:
    arrays = load_file(path)
    assert arrays.keys() == model.variables().keys()
    assert all((arrays[k] == v.numpy()).all() for k, v in model.variables().items())


def test_a_network_that_was_never_fitted_comes_back(tmp_path: Path) -> None:
    model = nn.Sequential([nn.Linear(2), nn.Linear(1)])
    model.save(tmp_path / "without variables")
    assert not pel.load(tmp_path / "without variables").variables()
    before = model(X)
    model.save(tmp_path / "with variables")
    assert (pel.load(tmp_path / "with variables")(X).numpy() == before.numpy()).all()


def test_a_module_that_stands_in_two_places_stays_one(tmp_path: Path) -> None:
    shared = nn.Linear(3)
    model = nn.Sequential([shared, nn.Tanh(), shared])
    before = model(X)
    model.save(tmp_path / "m")
    again = pel.load(tmp_path / "m")
    assert len(again.variables()) == 2
    assert (again(X).numpy() == before.numpy()).all()


def test_a_functional_network_comes_back(tmp_path: Path) -> None:
    inputs = nn.Input((3,))
    hidden = nn.Linear(4, activation="tanh")(inputs)
    model = nn.Model(inputs, nn.Linear(1)(hidden) + nn.Linear(1)(inputs))
    model.fit(X, X.sum(axis=1), epochs=1, seed=1, progress=False)
    model.save(tmp_path / "m")
    again = pel.load(tmp_path / "m")
    assert same(model, again)
    assert again.predict(X).tobytes() == model.predict(X).tobytes()


class Doubled(nn.Network):
    """A class of a user's own."""

    def __init__(self, units: int) -> None:
        self.inner = nn.Linear(units)

    def forward(self, *inputs: pel.Tensor) -> pel.Tensor:
        return self.inner(*inputs) * 2


def test_a_class_of_ones_own_comes_back(tmp_path: Path) -> None:
    model = Doubled(2)
    before = model(X)
    model.save(tmp_path / "m")
    again = pel.load(tmp_path / "m", modules=[Doubled])
    assert isinstance(again, Doubled)
    assert (again(X).numpy() == before.numpy()).all()


def test_an_unknown_class_is_refused_by_name(tmp_path: Path) -> None:
    class Forgotten(nn.Module):
        def forward(self, *inputs: pel.Tensor) -> pel.Tensor:
            return inputs[0]

    nn.Sequential([Forgotten()]).save(tmp_path / "m")
    del nn.Module.__init_subclass__.__globals__["REGISTRY"]["Forgotten"]
    with pytest.raises(FileError, match="Forgotten") as caught:
        pel.load(tmp_path / "m")
    assert "pel.load(path, modules=[Forgotten])" in caught.value.mend
    assert caught.value.where == str(tmp_path / "m")


# --- weights alone -------------------------------------------------------------------------


def test_weights_go_into_another_network_of_the_same_form(path: Path, model: nn.Sequential) -> None:
    for built in (False, True):
        other = nn.Sequential([nn.Linear(3, activation="tanh"), nn.Dropout(0.5), nn.Linear(2)])
        if built:
            other(X)
        assert same(other.load_weights(path), model)


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ((3, 5), "of another kind: 2.bias float32[2] instead of float32[5], 2.weight"),
        ((3, 2, 2), "missing in the file: 3.weight, 3.bias"),
        ((3,), "not in the network: 2.bias, 2.weight"),
    ],
)
def test_weights_that_do_not_fit_are_listed_and_change_nothing(
    layers: tuple[int, ...], said: str, path: Path
) -> None:
    first, *rest = layers
    other = nn.Sequential(
        [nn.Linear(first, activation="tanh"), nn.Dropout(0.5), *(nn.Linear(n) for n in rest)]
    )
    other(X)
    before = {name: v.numpy() for name, v in other.variables().items()}
    with pytest.raises(FileError, match=r"^the weights do not fit the network") as caught:
        other.load_weights(path)
    assert said in caught.value.got
    assert all(v.numpy() is before[name] for name, v in other.variables().items())


# --- damage --------------------------------------------------------------------------------


def test_a_flipped_bit_in_any_byte_is_refused_by_the_name_of_the_part(path: Path) -> None:
    data = bytearray(path.read_bytes())
    header = 8 + int.from_bytes(data[:8], "little")
    for place in range(len(data)):
        data[place] ^= 1 << place % 8
        path.write_bytes(data)
        data[place] ^= 1 << place % 8
        with pytest.raises(FileError) as caught:
            pel.load(path)
        part = "the header is damaged" if place < header else "the tensor '"
        assert caught.value.what.startswith(part), (place, str(caught.value))


def test_a_file_cut_short_at_any_length_is_refused(path: Path) -> None:
    data = path.read_bytes()
    for length in range(len(data)):
        path.write_bytes(data[:length])
        with pytest.raises(FileError):
            pel.load(path)


def test_bytes_added_at_the_end_are_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(FileError, match=r"^the header is damaged"):
        pel.load(path)


def test_spaces_and_other_spellings_in_the_header_are_refused(path: Path) -> None:
    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    text = data[8 : 8 + size]
    spellings = [
        text + b" " * 8,
        text.replace(b'"shape":[', b'"shape": ['),
        text.replace(b"shape", b"\\u0073hape"),
        text.replace(b'"0.bias":', b'"0.bias":{},"0.bias":', 1),
    ]
    for other in spellings:
        assert other != text
        path.write_bytes(len(other).to_bytes(8, "little") + other + data[8 + size :])
        with pytest.raises(FileError, match=r"^the header is damaged"):
            pel.load(path)


def test_the_message_is_what_a_user_can_act_on(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    with pytest.raises(FileError) as caught:
        pel.load(path)
    what, *rest = str(caught.value).splitlines()
    assert re.fullmatch(r"the tensor '1\.(key|step)' is damaged", what)
    assert rest == [
        f"  where   {path}",
        "  got     its checksum is another one",
        "  mend    restore the file from a copy, or save the network again",
    ]


# --- strangers -----------------------------------------------------------------------------


def test_a_safetensors_file_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.write_bytes(save_foreign({"w": np.zeros(2, "float32")}, {"format": "pt"}))
    for act in (pel.load, nn.Sequential([nn.Linear(1)]).load_weights):
        with pytest.raises(FileError, match="was not written by pellucid") as caught:
            act(path)
        assert caught.value.got == "tensors w"


def test_a_file_of_a_newer_pellucid_says_which_is_needed(path: Path) -> None:
    header, body = split(path)
    header["__metadata__"] |= {"version": "2", "needs": "3.1.0"}
    with pytest.raises(FileError, match=r"^the file needs pellucid 3\.1\.0") as caught:
        pel.load(written(path, header, body))
    assert caught.value.mend == "run pip install 'pellucid>=3.1.0'"


class Payload:
    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, ...]]:
        return exec, ("raise SystemExit('unpickled')",)


@pytest.mark.parametrize(
    "data",
    [b"", b"a,b\n1,2\n", b"\0" * 64, pickle.dumps(Payload()), b"\x02\0\0\0\0\0\0\0[]"],
    ids=["empty", "csv", "zeros", "pickle", "list"],
)
def test_what_is_no_safetensors_file_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(data)
    with pytest.raises(FileError, match="the header is damaged, or no file of pellucid"):
        pel.load(tmp_path / "m")


def test_what_others_write_is_called_by_its_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "n.npz", a=np.ones(2))
    (tmp_path / "p.pt").write_bytes(pickle.dumps(Payload()))
    for name, kind in {"n.npz": "an archive", "p.pt": "a pickle"}.items():
        with pytest.raises(FileError, match=f"got     {kind}") as caught:
            pel.load(tmp_path / name)
        assert "safetensors.torch.save_file" in caught.value.mend


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no such file"):
        pel.load(tmp_path / "m")


# --- hostile files -------------------------------------------------------------------------


HEADERS = {
    "huge": LARGEST_HEADER.to_bytes(8, "little") + b"{",
    "endless": (2**63).to_bytes(8, "little") + b"{}",
    "deep": (200_000).to_bytes(8, "little") + b"[" * 200_000,
    "overlapping": b'{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},'
    b'"b":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}',
    "escaping": b'{"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}}',
    "too large": b'{"a":{"dtype":"F64","shape":[4611686018427387904,4],"data_offsets":[0,0]}}',
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_hostile_header_is_refused(name: str, tmp_path: Path) -> None:
    data = HEADERS[name]
    if data.startswith(b"{"):
        data = len(data).to_bytes(8, "little") + data + b"\0" * 6
    (tmp_path / "m").write_bytes(data)
    with pytest.raises(FileError, match=r"^the header is damaged"):
        pel.load(tmp_path / "m")


def nested(depth: int) -> Any:
    layer: Any = {"class": "Linear", "arguments": {"units": 1}}
    for _ in range(depth):
        layer = {"class": "Sequential", "arguments": {"layers": [layer]}}
    return layer


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("architecture", {"class": "os.system", "arguments": {"command": "true"}}, "system"),
        (
            "architecture",
            {"class": "Linear", "arguments": {"units": 10**18}},
            "a network|do not fit",
        ),
        ("architecture", {"class": "Linear", "arguments": {"units": -1}}, "cannot be built"),
        ("architecture", {"class": "Linear", "arguments": {"x": 1}}, "other arguments"),
        ("architecture", nested(300), "nested too deeply"),
        ("architecture", 7, "architecture"),
        ("built", [[[None, 10**18], "float32"]], "do not fit"),
        ("built", [[[None, 3], "object"]], "cannot be built"),
        ("built", "nonsense", "cannot be built"),
        ("fit", {"loss": 1}, "cannot be built"),
    ],
)
def test_a_rightly_signed_file_that_says_nonsense_is_refused(
    key: str, value: Any, said: str, path: Path
) -> None:
    header, body = split(path)
    header["__metadata__"][key] = json.dumps(value)
    with pytest.raises(FileError, match=said) as caught:
        pel.load(written(path, header, body))
    assert caught.value.where


def test_reading_takes_no_more_than_twice_the_memory_of_the_file(tmp_path: Path) -> None:
    model = nn.Sequential([nn.Linear(1000)])
    model(np.zeros((1, 2000), "float32"))
    model.save(tmp_path / "m")
    size = (tmp_path / "m").stat().st_size
    tracemalloc.start()
    try:
        again = pel.load(tmp_path / "m")
        held, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert again.variables()
    assert held < 1.1 * size + 2**20
    assert peak < 2.1 * size + 2**20


# --- saving --------------------------------------------------------------------------------


def test_an_architecture_that_data_cannot_tell_is_refused(tmp_path: Path) -> None:
    model = nn.Sequential([nn.Linear(1, activation=lambda x: x * x)])
    with pytest.raises(FileError, match="cannot be written to a file"):
        model.save(tmp_path / "m")
    assert not list(tmp_path.iterdir())


def test_a_failed_save_leaves_the_file_that_was_there(path: Path, model: nn.Sequential) -> None:
    before = path.read_bytes()
    with pytest.raises(FileError):
        model.save(path / "below a file")
    assert path.read_bytes() == before
