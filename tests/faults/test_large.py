"""Holds: rows that lie in files train with little memory, to the bits of those that lie in memory.

The long form has a file of 410 MB under a limit of 300 MB: ``pytest tests/faults --full``.
"""

from __future__ import annotations

import subprocess
import sys
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from pellucid import data, nn
from pellucid.errors import ArgumentError, DataError, FileError

LIMITED = """
import resource, sys
import numpy as np
from pellucid import data, nn
def network():
    return nn.Sequential([nn.Linear(4, activation="relu"), nn.Linear(2)])
def fit(X, y):
    model = network()
    model.fit(X, y, epochs=1, batch_size=512, prepare="standard", seed=1, progress=False,
              validation=float(sys.argv[3]) or None)
    return model
fit(np.ones((600, 50), "float32"), np.arange(600) % 2)  # what a first fit loads is there
def held():
    return 1024 * int(next(x for x in open("/proc/self/status") if "VmData" in x).split()[1])
path, limit = sys.argv[1], int(sys.argv[2])
limit = limit if limit > 1000 else held() + limit * 2**20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
X = np.load(f"{path}/X.npy", mmap_mode="r")
assert X.nbytes > limit or X.nbytes > limit - held()
model = fit(X, np.load(f"{path}/y.npy"))
print(model.history["loss"][0])
"""


def drawn(rows):
    """Give rows in batches, and classes by a rule."""
    generator = np.random.default_rng(0)
    for start in range(0, rows, 10_000):
        X = generator.standard_normal((min(10_000, rows - start), 50)).astype(np.float32)
        yield X, (X[:, :3].sum(axis=1) > 0).astype(np.int64)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of memory is one of Linux")
@pytest.mark.parametrize("validation", [0, 0.1])
def test_a_file_larger_than_the_limit_of_memory_is_trained_on(tmp_path, full, validation):
    found = data.gather(drawn(2_050_000 if full else 250_000), folder=tmp_path)
    assert found.X.nbytes == (410_000_000 if full else 50_000_000)
    limit = 300 * 10**6 if full else 45  # bytes in all, or MiB beside what is held already
    command = [sys.executable, "-W", "ignore", "-c", LIMITED, str(tmp_path), str(limit)]
    command.append(str(validation))
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(done.stdout) < 0.5


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_held_out_take_little_more_memory_than_the_two_parts(dtype):
    X = np.random.default_rng(0).standard_normal((200_000, 20)).astype(dtype)
    y = (X[:, 0] > 0).astype(np.int64)
    model = network()
    model.fit(X[:600], y[:600], epochs=1, batch_size=512, validation=0.1, progress=False)
    tracemalloc.start()
    model.fit(X, y, epochs=1, batch_size=512, validation=0.1, progress=False)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1.5 * (4 * X.size + y.nbytes)


def network():
    return nn.Sequential([nn.Linear(3, activation="tanh"), nn.Linear(2)])


@pytest.mark.parametrize("options", [{}, {"prepare": "standard"}, {"validation": 0.2}])
def test_rows_in_files_give_the_bits_of_rows_in_memory(tmp_path, monkeypatch, options):
    monkeypatch.setattr("pellucid.data.mapping.SMALL", 0)
    held, lying = data.gather(drawn(900)), data.gather(drawn(900), folder=tmp_path)
    weights = []
    for rows in (held, lying):
        model = network()
        model.fit(rows.X, rows.y, epochs=2, seed=1, progress=False, **options)
        weights.append([v.numpy().tobytes() for v in model.variables().values()])
    assert weights[0] == weights[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["X.npy", "y.npy"]
    assert "gathered in files" in lying.note


def test_numbers_of_another_kind_are_converted_a_part_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr("pellucid.data.mapping.SMALL", 0)
    monkeypatch.setattr("pellucid.data.mapping.VALUES_AT_ONCE", 100)
    X, y = next(drawn(70))
    np.save(tmp_path / "X.npy", np.asfortranarray(X.astype(np.float64)))
    lying = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert data.features(lying).array.tobytes() == X.tobytes()
    assert data.take(lying, np.array([5, 3])).tolist() == X[[5, 3]].tolist()
    assert y.shape == (70,)


def test_batches_that_break_off_leave_no_file(tmp_path):
    def broken():
        yield from drawn(20)
        raise RuntimeError("the line is dead")

    with pytest.raises(RuntimeError):
        data.gather(broken(), folder=tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(DataError, match="more rows than may be gathered"):
        data.gather(drawn(20_000), folder=tmp_path, most_rows=15_000)
    with pytest.raises(FileError, match="cannot be written"):
        data.gather(drawn(20), folder=__file__)


def test_parquet_is_read_a_part_at_a_time(tmp_path):
    X, y = next(drawn(100))
    path = tmp_path / "rows.parquet"
    frame = pd.DataFrame(X, columns=[f"c{j}" for j in range(50)])
    frame.assign(y=y).to_parquet(path)
    parts = list(data.parquet_batches(path, "y", rows=30))
    assert [len(part) for part, _ in parts] == [30, 30, 30, 10]
    found = data.gather(data.parquet_batches(path, "y", rows=30), folder=tmp_path)
    assert (found.X == X).all()
    assert (found.y == y).all()


def test_parquet_that_cannot_be_read_is_refused(tmp_path):
    path = tmp_path / "rows.parquet"
    with pytest.raises(FileError, match="no such file"):
        next(data.parquet_batches(path, "y"))
    path.write_bytes(b"no table")
    with pytest.raises(FileError, match="no Parquet file"):
        next(data.parquet_batches(path, "y"))
    pd.DataFrame({"a": [1.0, None], "b": ["x", "y"]}).to_parquet(path)
    with pytest.raises(ArgumentError, match="there is no column called 'c'"):
        next(data.parquet_batches(path, "c"))
    with pytest.raises(DataError, match="holds no numbers"):
        next(data.parquet_batches(path, "b"))
    with pytest.raises(DataError, match="holds text"):
        next(data.parquet_batches(path, "a"))
