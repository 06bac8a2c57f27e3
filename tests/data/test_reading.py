"""Holds: one entry reads files of every kind and frames; targets are found or asked for."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pellucid.data import read, read_arrays, read_npy, read_npz
from pellucid.errors import ArgumentError, ArgumentTypeError, DataError, FileError, ShapeError

FRAME = pd.DataFrame(
    {
        "name": [f"n{k}" for k in range(60)],
        "size": np.linspace(1, 2, 60),
        "colour": ["red", "blue", "red"] * 20,
        "seen": [f"2024-01-{1 + k % 28:02}" for k in range(60)],
        "void": [None] * 60,
        "kind": ["a", "b"] * 30,
    }
)
KEPT = ("size", "colour", "seen")
NOTES = (
    "column 'name' holds another text in most rows: it was left out.",
    "column 'void' is empty: it was left out.",
)

# --- tables --------------------------------------------------------------------------------

WRITERS = {
    "csv": lambda path: FRAME.to_csv(path.with_suffix(".csv"), index=False),
    "parquet": lambda path: FRAME.to_parquet(path.with_suffix(".parquet")),
    "pq": lambda path: FRAME.to_parquet(path.with_suffix(".pq")),
    "tsv": lambda path: FRAME.to_csv(path.with_suffix(".tsv"), index=False, sep="\t"),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_a_table_in_a_file(tmp_path: Path, kind):
    WRITERS[kind](tmp_path / "things")
    found = read(tmp_path / f"things.{kind}", "kind")
    assert found.name == "things"
    assert found.feature_names == tuple(found.X.columns) == KEPT
    assert found.y.tolist() == ["a", "b"] * 30
    assert (found.task, found.target_name, found.class_names) == ("classification", "kind", ())
    assert found.notes == NOTES
    assert repr(found) == "Dataset(things: 60 rows of 3 features, 2 classes)"
    assert len(found.train[0]) == 60


FRAMES = {
    "pandas": lambda: FRAME,
    "polars": lambda: pl.DataFrame(FRAME.to_dict("list")),
    "pyarrow": lambda: pa.Table.from_pandas(FRAME),
    "a dictionary": lambda: FRAME.to_dict("list"),
}


@pytest.mark.parametrize("library", FRAMES)
def test_frames_of_every_library_and_dictionaries(library):
    found = read(FRAMES[library](), "kind")
    assert found.feature_names == KEPT
    assert found.notes == NOTES
    assert found.y.tolist() == ["a", "b"] * 30
    assert found.row_shape == (3,)
    assert read(FRAMES[library](), "size").task == "regression"


def test_a_table_needs_a_target(tmp_path: Path):
    WRITERS["csv"](tmp_path / "things")
    with pytest.raises(ArgumentError, match="which column is to be predicted") as caught:
        read(tmp_path / "things.csv")
    assert caught.value.mend == "name it: target='kind'"
    with pytest.raises(DataError, match="no column is left"):
        read(FRAME[["name", "kind"]], "kind")


def test_the_task_can_be_said(tmp_path: Path):
    np.savez(tmp_path / "a.npz", X=np.eye(40), y=np.arange(40) % 2)
    assert read(tmp_path / "a.npz").task == "classification"
    assert read(tmp_path / "a.npz", task="regression").y.dtype == np.float64
    assert read(FRAME.assign(n=range(60)), "n").task == "regression"
    assert read(FRAME.assign(n=range(60)), "n", task="classification").task == "classification"
    with pytest.raises(ArgumentError, match="task"):
        read(FRAME, "kind", task="sort")


def test_what_is_no_source_is_refused(tmp_path: Path):
    with pytest.raises(ArgumentTypeError, match="cannot be read"):
        read(np.zeros((3, 2)), "0")
    with pytest.raises(FileError, match="no data set and no file") as caught:
        read("irsi")
    assert caught.value.mend == "did you mean iris?"
    with pytest.raises(FileError, match="no such file"):
        read(tmp_path / "a.csv", "x")
    with pytest.raises(ArgumentError, match="a target of its own"):
        read("iris", "petal width")
    with pytest.raises(DataError, match="this is a folder"):
        read(tmp_path, "kind")


def test_a_name_is_stronger_than_a_folder_and_a_file_than_a_name(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    assert read("digits").name == "digits"
    FRAME.to_csv(tmp_path / "iris", index=False)
    assert read("iris", "kind").feature_names == KEPT


# --- arrays --------------------------------------------------------------------------------

DTYPES = ["?", "u1", "<i2", ">i4", "<f4", ">f8", "<U3", "M8[D]"]


@given(st.data(), st.sampled_from(DTYPES), hnp.array_shapes(max_dims=4, min_side=0, max_side=4))
def test_npy_and_npz_give_back_what_was_saved(tmp_path_factory, data, dtype, shape):
    array = data.draw(hnp.arrays(dtype, shape))
    if shape and data.draw(st.booleans()):
        array = np.asfortranarray(array)
    folder = tmp_path_factory.mktemp("npy")
    np.save(folder / "a.npy", array)
    (np.savez, np.savez_compressed)[len(shape) % 2](folder / "a.npz", one=array, two=[1])
    both = read_npz(folder / "a.npz")
    assert list(both) == ["one", "two"]
    for found in (read_npy(folder / "a.npy"), both["one"]):
        assert found.dtype == array.dtype
        assert found.shape == array.shape
        assert found.tobytes() == array.tobytes()
        assert found.flags.writeable


Y = np.arange(40) % 4
PICTURES = np.random.default_rng(0).integers(0, 256, (40, 6, 5)).astype(np.uint8)


@pytest.mark.parametrize(
    ("names", "target"),
    [
        (("X", "y"), "y"),
        (("data", "target"), "target"),
        (("images", "labels"), "labels"),
        (("x_train", "y_train"), "y_train"),
        (("train_images", "train_labels"), "train_labels"),
        (("X", "labels"), "labels"),
    ],
)
def test_usual_names_are_found(tmp_path: Path, names, target):
    np.savez(tmp_path / "a.npz", **dict(zip(names, (PICTURES, Y), strict=True)), other=[1, 2])
    found = read(tmp_path / "a.npz")
    assert found.X.shape == (40, 1, 6, 5)
    assert found.image_shape == (6, 5)
    assert np.array_equal(found.y, Y)
    assert found.target_name == target
    assert found.feature_names == ()
    assert found.notes[0].endswith("each is a class (or say task='regression').")


def test_a_test_part_is_kept_apart(tmp_path: Path):
    parts = {"x_train": PICTURES[:30], "y_train": Y[:30], "x_test": PICTURES[30:], "y_test": Y[30:]}
    np.savez(tmp_path / "a.npz", **parts)
    found = read(tmp_path / "a.npz")
    assert found.test_rows == 10
    assert np.array_equal(found.X[:, 0], PICTURES)
    assert np.array_equal(found.test[1], Y[30:])
    np.savez(tmp_path / "b.npz", **parts | {"x_test": PICTURES[30:, :4]})
    with pytest.raises(DataError, match="another shape than those to train on"):
        read(tmp_path / "b.npz")


def test_arrays_can_be_named(tmp_path: Path):
    np.savez(tmp_path / "a.npz", u=np.eye(40), v=Y, w=Y * 0.5)
    with pytest.raises(DataError, match="which array holds the target") as caught:
        read(tmp_path / "a.npz")
    assert caught.value.got == "u (40, 40), v (40,), w (40,)"
    with pytest.raises(DataError, match="which array holds the inputs"):
        read(tmp_path / "a.npz", "v")
    found = read_arrays(tmp_path / "a.npz", "w", inputs="u")
    assert (found.task, found.row_shape, found.feature_names[39]) == (
        "regression",
        (40,),
        "column 39",
    )
    with pytest.raises(ArgumentError, match="no array called 'vv'"):
        read(tmp_path / "a.npz", "vv")
    np.savez(tmp_path / "b.npz", u=np.eye(40), v=Y)
    assert read(tmp_path / "b.npz", "v").task == "classification"


def test_targets_of_several_columns(tmp_path: Path):
    np.savez(tmp_path / "a.npz", X=np.eye(40), y=np.eye(4)[Y])
    assert read(tmp_path / "a.npz").y.tolist() == Y.tolist()
    np.savez(tmp_path / "b.npz", X=np.eye(40), y=np.ones((40, 2)) / 3)
    assert read(tmp_path / "b.npz").y.shape == (40, 2)
    np.savez(tmp_path / "c.npz", X=np.eye(40), y=Y[:, None])
    assert read(tmp_path / "c.npz").y.shape == (40,)


def test_a_column_of_a_matrix_is_the_target(tmp_path: Path):
    matrix = np.arange(40.0).reshape(10, 4)
    np.save(tmp_path / "a.npy", matrix)
    found = read(tmp_path / "a.npy", "-1")
    assert found.y.tolist() == matrix[:, 3].tolist()
    assert found.feature_names == ("column 0", "column 1", "column 2")
    assert read(tmp_path / "a.npy", "1").feature_names == ("column 0", "column 2", "column 3")
    for target in (None, "4", "size"):
        with pytest.raises(ArgumentError, match="which column"):
            read(tmp_path / "a.npy", target)
    records = np.array([(1.5, b"a"[0]), (2.5, 7)] * 4, dtype=[("size", "f8"), ("n", "i4")])
    np.save(tmp_path / "b.npy", records)
    assert read(tmp_path / "b.npy", "size").feature_names == ("n",)


@pytest.mark.parametrize(
    "arrays",
    [
        {"X": np.zeros((3, 2)), "y": np.zeros(4)},
        {"X": np.zeros(3), "y": np.zeros(3)},
        {"X": np.zeros((3, 2)), "y": np.zeros((3, 2, 2))},
        {"X": np.zeros((0, 2)), "y": np.zeros(0)},
    ],
)
def test_arrays_that_do_not_fit_are_refused(tmp_path: Path, arrays):
    np.savez(tmp_path / "a.npz", **arrays)
    with pytest.raises(ShapeError, match="do not belong together"):
        read(tmp_path / "a.npz")


# --- hostile arrays ------------------------------------------------------------------------


class Evil:
    """Unpickling it would be seen."""

    def __reduce__(self):
        return (pytest.fail, ("an array of objects was unpickled",))


def npy_bytes(array):
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def npy_header(text):
    text = text.encode() + b" " * (118 - len(text) - 1) + b"\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text


GOOD = npy_bytes(np.arange(6.0))
HOSTILE = {
    "objects": (npy_bytes(np.array([Evil()], dtype=object)), "Python objects"),
    "records with objects": (npy_bytes(np.zeros(2, dtype=[("a", "O")])), "Python objects"),
    "a pickle": (b"\x80\x04\x95\x0a", "no array in NumPy's format"),
    "nothing": (b"", "no array in NumPy's format"),
    "cut in the header": (GOOD[:50], "no array in NumPy's format"),
    "cut in the numbers": (GOOD[:-1], "shorter than its header says"),
    "huge": (
        npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,)}"),
        "shorter than its header says",
    ),
    "negative": (
        npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -1)}"),
        "shorter than its header says",
    ),
    "code in the header": (npy_header("__import__('os').getcwd()"), "no array in NumPy's format"),
    "a version to come": (b"\x93NUMPY\x09\0" + GOOD[8:], "no array in NumPy's format"),
}


@pytest.mark.parametrize(("raw", "what"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_array_is_refused(tmp_path: Path, raw, what):
    (tmp_path / "a.npy").write_bytes(raw)
    with pytest.raises(FileError, match=what):
        read_npy(tmp_path / "a.npy")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("X.npy", raw)
    with pytest.raises(FileError, match=what) as caught:
        read_npz(tmp_path / "a.npz")
    assert "array 'X'" in caught.value.where


def test_a_bomb_of_an_archive_is_not_unpacked(tmp_path: Path):
    zeros = npy_header("{'descr': '|u1', 'fortran_order': False, 'shape': (3,)}") + bytes(2**25)
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("X.npy", zeros)
    tracemalloc.start()
    assert read_npz(tmp_path / "a.npz")["X"].tolist() == [0, 0, 0]
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()


def test_broken_archives_are_refused(tmp_path: Path):
    path = tmp_path / "a.npz"
    np.savez_compressed(path, X=np.arange(100), y=np.arange(100))
    raw = path.read_bytes()
    for length in range(0, len(raw), 11):
        path.write_bytes(raw[:length])
        with pytest.raises(FileError, match="no readable NPZ"):
            read_npz(path)
    for place in range(0, len(raw), 5):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 64]) + raw[place + 1 :])
        try:
            found = read_npz(path)
        except FileError:
            continue
        assert all(np.array_equal(array, np.arange(100)) for array in found.values())
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no arrays")
    with pytest.raises(FileError, match="no array in NumPy's format"):
        read_npz(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("X.npy", GOOD)
    with pytest.raises(FileError, match="no readable NPZ"):
        read_npz(path)
    zipfile.ZipFile(path, "w").close()
    with pytest.raises(DataError, match="holds no arrays"):
        read_npz(path)


@pytest.mark.parametrize("size", [2**40, 2**62])
def test_an_archive_that_promises_more_than_it_can_hold_is_refused(tmp_path: Path, size):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", allowZip64=True) as archive:
        archive.writestr("X.npy", GOOD)
    raw = bytearray(path.read_bytes())
    entry = raw.index(b"PK\1\2")
    raw[entry + 24 : entry + 28] = b"\xff\xff\xff\xff"  # the size stands in a field that is added
    extra = struct.pack("<HHQ", 1, 8, size)
    raw[entry + 30 : entry + 32] = struct.pack("<H", len(extra))
    name = entry + 46 + len("X.npy")
    raw[name:name] = extra
    end = raw.index(b"PK\5\6")
    raw[end + 12 : end + 16] = struct.pack("<I", end - entry)
    path.write_bytes(raw)
    with pytest.raises(FileError, match="promises more than it can hold"):
        read_npz(path)
