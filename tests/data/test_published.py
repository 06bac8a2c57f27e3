"""Holds: sets of the network are found in a folder, else fetched, and nothing damaged is kept."""

from __future__ import annotations

import gzip
import hashlib
import shutil
import socket
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from data.test_idx import idx_bytes
from pellucid import data
from pellucid.data import downloads, published
from pellucid.errors import DataError, FileError

SMALL = Path(__file__).parents[3] / "shared" / "data" / "fashion-mnist-small"
NAMES = [file.name for file in published.PUBLISHED["mnist"].files]


def small_files() -> dict[str, bytes]:
    """A set in the form of MNIST: 20 pictures of 4 × 3 pixels to train on, 10 for the test."""
    generator = np.random.default_rng(0)
    arrays = []
    for count in (20, 10):
        arrays.append(generator.integers(0, 256, (count, 4, 3)).astype(np.uint8))
        arrays.append((np.arange(count) % 10).astype(np.uint8))
    packed = [gzip.compress(idx_bytes(array), mtime=0) for array in arrays]
    return dict(zip(NAMES, packed, strict=True))


FILES = small_files()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, raw in FILES.items():
        (tmp_path / name).write_bytes(raw)
    return tmp_path


def test_a_folder_of_four_files_is_a_set(folder: Path):
    found = data.read(folder)
    assert found.X.shape == (30, 1, 4, 3)
    assert found.X.dtype == np.uint8
    assert (found.image_shape, found.test_rows) == ((4, 3), 10)
    assert found.class_names == tuple("0123456789")
    (X, y), (test_X, test_y) = found.train, found.test
    assert (len(X), len(y), len(test_X), len(test_y)) == (20, 20, 10, 10)
    assert y.tolist() == [*range(10)] * 2
    assert np.array_equal(test_X, found.X[20:])


def test_files_may_be_unpacked(folder: Path):
    for name, raw in FILES.items():
        (folder / name).unlink()
        (folder / name.removesuffix(".gz")).write_bytes(gzip.decompress(raw))
    assert np.array_equal(data.fashion_mnist(folder).X, data.read(folder).X)
    assert data.fashion_mnist(folder).class_names[9] == "Ankle Boot"
    assert data.read("fashion-mnist", folder=folder).name == "fashion-mnist"
    assert data.named("fashion_mnist", folder=folder).name == "fashion-mnist"


def test_one_file_of_images_finds_its_labels(folder: Path):
    found = data.read(folder / NAMES[2])
    assert found.X.shape == (10, 1, 4, 3)
    assert found.task == "classification"
    assert found.y.tolist() == [*range(10)]
    other = folder / "others.gz"
    other.write_bytes(FILES[NAMES[3]])
    assert data.read(folder / NAMES[2], str(other)).y.tolist() == [*range(10)]
    (folder / NAMES[3]).unlink()
    with pytest.raises(FileError, match="not beside them"):
        data.read(folder / NAMES[2])


@pytest.mark.parametrize(
    ("place", "array", "what"),
    [
        (1, np.zeros(7, np.uint8), "do not belong together"),
        (0, np.zeros((20, 12), np.uint8), "do not belong together"),
        (1, np.arange(20, dtype=np.int32), "do not belong together"),
        (1, np.full(20, 10, np.uint8), "stands for no class"),
        (0, np.zeros((20, 5, 3), np.uint8), "of different sizes"),
    ],
)
def test_files_that_do_not_fit_are_refused(folder: Path, place, array, what):
    (folder / NAMES[place]).write_bytes(idx_bytes(array))
    with pytest.raises(DataError, match=what):
        data.mnist(folder)


def test_a_file_that_lacks_is_named(folder: Path):
    (folder / NAMES[3]).unlink()
    with pytest.raises(FileError, match="lacks t10k-labels-idx1-ubyte"):
        data.read(folder)


@pytest.mark.skipif(not SMALL.is_dir(), reason="the real pictures are not beside the repository")
def test_real_pictures_are_read():
    found = data.fashion_mnist(SMALL)
    assert found.X.shape == (1400, 1, 28, 28)
    assert np.bincount(found.train[1]).tolist() == [90] * 10
    assert found.test_rows == 500


# --- the network ---------------------------------------------------------------------------


class Mirror(BaseHTTPRequestHandler):
    """Gives the files below /good/, and broken ones elsewhere."""

    asked: list[str] = []  # noqa: RUF012 (one list for all requests)

    def do_GET(self):
        self.asked.append(self.path)
        kind, name = self.path.strip("/").split("/")
        raw = FILES.get(name)
        if raw is None or kind == "missing":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write({"good": raw, "other": raw[:-1] + b"?", "short": raw[:-5]}[kind])

    def log_message(self, *_):
        pass


@pytest.fixture
def mirror():
    Mirror.asked = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Mirror) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def known(monkeypatch, mirror):
    """Make Fashion-MNIST the small set, to be had from some of the mirror's folders."""

    def serve(*kinds):
        sums = tuple(hashlib.md5(raw, usedforsecurity=False).hexdigest() for raw in FILES.values())
        addresses = tuple(kind if "//" in kind else f"{mirror}/{kind}/" for kind in kinds)
        small = replace(published.PUBLISHED["fashion-mnist"], mirrors=addresses, md5=sums)
        monkeypatch.setitem(published.PUBLISHED, "fashion-mnist", small)

    return serve


def test_what_is_not_here_is_fetched_once(known, tmp_path: Path):
    known("good")
    found = data.read("fashion-mnist", folder=tmp_path / "new")
    assert found.X.shape == (30, 1, 4, 3)
    assert {path.name: path.read_bytes() for path in (tmp_path / "new").iterdir()} == FILES
    assert len(Mirror.asked) == 4
    assert np.array_equal(data.fashion_mnist(tmp_path / "new").X, found.X)
    assert len(Mirror.asked) == 4


def test_without_a_folder_it_is_kept_in_that_of_the_platform(known, tmp_path: Path, monkeypatch):
    known("good")
    monkeypatch.setattr(published, "data_folder", lambda: tmp_path)
    entry = next(entry for entry in data.sets() if entry.name == "fashion-mnist")
    assert not entry.is_here
    data.named("fashion-mnist")
    assert {path.name for path in (tmp_path / "fashion-mnist").iterdir()} == FILES.keys()
    entry = next(entry for entry in data.sets() if entry.name == "fashion-mnist")
    assert entry.is_here


def test_a_broken_mirror_is_passed_by(known, tmp_path: Path):
    known("missing", "short", "other", "good")
    assert data.fashion_mnist(tmp_path).X.shape == (30, 1, 4, 3)
    assert len(Mirror.asked) == 16


def test_nothing_damaged_is_kept_and_every_reason_is_told(known, tmp_path: Path):
    known("missing", "short", "other")
    with pytest.raises(FileError, match="could not be downloaded") as caught:
        data.fashion_mnist(tmp_path)
    assert not list(tmp_path.iterdir())
    told = caught.value.got
    assert "Not Found" in told
    assert "ended after" in told or "IncompleteRead" in told
    assert "another file, with the MD5" in told
    assert caught.value.mend == f"look at the network, or put the file into {tmp_path} yourself"


def test_without_a_network_it_is_said(known, tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and never listening
        known(f"http://127.0.0.1:{taken.getsockname()[1]}/")
        with pytest.raises(FileError, match="could not be downloaded") as caught:
            data.fashion_mnist(tmp_path)
    assert "refused" in caught.value.got.lower()


def test_a_file_without_end_is_not_fetched(known, tmp_path: Path, monkeypatch):
    known("good")
    monkeypatch.setattr(downloads, "MOST_BYTES", 100)
    with pytest.raises(FileError, match="could not be downloaded") as caught:
        data.fashion_mnist(tmp_path)
    assert "more than 100 bytes" in caught.value.got


def test_a_folder_that_cannot_be_written_is_named(known, tmp_path: Path):
    known("good")
    (tmp_path / "file").write_text("x")
    with pytest.raises(FileError) as caught:
        data.fashion_mnist(tmp_path / "file" / "deep")
    assert "file" in str(caught.value)


def test_a_copy_of_the_folder_is_as_good(folder: Path, tmp_path_factory):
    other = tmp_path_factory.mktemp("copy") / "mnist"
    shutil.copytree(folder, other)
    assert data.mnist(other).name == "mnist"
