"""MNIST and its kin: 70,000 grey pictures of 28 × 28 pixels in ten classes each, in IDX files."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen
from pellucid.data.dataset import Dataset
from pellucid.data.downloads import PublishedFile, data_folder, fetch
from pellucid.data.idx import read_idx
from pellucid.errors import DataError, FileError

__all__ = [
    "PUBLISHED",
    "PublishedSet",
    "fashion_mnist",
    "idx_folder",
    "kmnist",
    "mnist",
    "partner",
]

PARTS = ("train", "t10k")
IMAGES = re.compile(r"(?P<start>.*)images(?P<middle>[-.])idx3(?P<end>.*)")


@final
class PublishedSet(Frozen):
    """A public data set: what it shows, where it is to be had, and how its files are checked."""

    name: str
    description: str
    class_names: tuple[str, ...]
    mirrors: tuple[str, ...]
    md5: tuple[str, str, str, str]

    @property
    def files(self) -> tuple[PublishedFile, ...]:
        """Images and labels to train on, then those of the test."""
        names = [
            f"{part}-{kind}-ubyte.gz" for part in PARTS for kind in ("images-idx3", "labels-idx1")
        ]
        return tuple(map(PublishedFile, names, self.md5))

    @property
    def is_here(self) -> bool:
        """Whether its files lie in the data folder."""
        return all(_present(data_folder() / self.name, file.name) for file in self.files)


def fashion_mnist(folder: str | os.PathLike[str] | None = None) -> Dataset:
    """Fashion-MNIST: pieces of clothing, for rows E4 and E5 of the course.

    X is (70000, 1, 28, 28) whole numbers from 0 to 255; the last 10,000 rows are for the test.

    Parameters
    ----------
    folder : where its four IDX files lie, packed or not, or are to be put; without it the data
        folder of the platform: ``~/.cache/pellucid/data/fashion-mnist``

    Raises
    ------
    FileError : not there and not to be had from the network, or damaged

    Source
    ------
    Xiao, Rasul, Vollgraf: "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
    Algorithms", 2017; MIT licence. The checksums stand in its README.

    Examples
    --------
    >>> fashion_mnist()  # the first time it fetches 30 MB  # doctest: +SKIP
    Dataset(fashion-mnist: 70000 rows of 1 × 28 × 28, 10 classes)
    """
    return _published(PUBLISHED["fashion-mnist"], folder)


def mnist(folder: str | os.PathLike[str] | None = None) -> Dataset:
    """MNIST: handwritten digits; `folder` and shapes as in `fashion_mnist`.

    Source
    ------
    LeCun, Cortes, Burges: "The MNIST Database of Handwritten Digits".

    Examples
    --------
    >>> mnist()  # the first time it fetches 12 MB  # doctest: +SKIP
    Dataset(mnist: 70000 rows of 1 × 28 × 28, 10 classes)
    """
    return _published(PUBLISHED["mnist"], folder)


def kmnist(folder: str | os.PathLike[str] | None = None) -> Dataset:
    """Kuzushiji-MNIST: ten letters of old Japanese; `folder` and shapes as in `fashion_mnist`.

    Source
    ------
    Clanuwat and others: "Deep Learning for Classical Japanese Literature", 2018; CC BY-SA 4.0.

    Examples
    --------
    >>> kmnist()  # the first time it fetches 21 MB  # doctest: +SKIP
    Dataset(kmnist: 70000 rows of 1 × 28 × 28, 10 classes)
    """
    return _published(PUBLISHED["kmnist"], folder)


def idx_folder(
    folder: str | os.PathLike[str],
    *,
    name: str = "",
    description: str = "",
    class_names: Sequence[str] = (),
) -> Dataset:
    """A folder with the four IDX files of MNIST or a set in its form, of any number of pictures.

    Raises
    ------
    FileError : a file is not there, or damaged
    DataError : pictures and labels that do not belong together

    Examples
    --------
    >>> import tempfile
    >>> image = bytes([0, 0, 8, 3, *[0, 0, 0, 1] * 3, 99])
    >>> label = bytes([0, 0, 8, 1, 0, 0, 0, 1, 7])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for part in ("train", "t10k"):
    ...         _ = Path(folder, f"{part}-images-idx3-ubyte").write_bytes(image)
    ...         _ = Path(folder, f"{part}-labels-idx1-ubyte").write_bytes(label)
    ...     found = idx_folder(folder, name="two")
    >>> found, found.y
    (Dataset(two: 2 rows of 1 × 1 × 1, 8 classes), array([7, 7]))
    """
    folder = Path(folder)
    parts = [_pair(_file(folder, f"{part}-images-idx3-ubyte.gz")) for part in PARTS]
    sizes = [X.shape[1:] for X, _ in parts]
    if sizes[0] != sizes[1]:
        raise DataError(
            "the pictures of both parts are of different sizes", where=str(folder),
            got=f"{sizes[0][1:]} to train on, {sizes[1][1:]} to test on",
            mend="get both parts from the same place",
        )  # fmt: skip
    X, y = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    classes = tuple(class_names) or tuple(map(str, range(int(y.max()) + 1)))
    if y.max() >= len(classes):
        raise DataError(
            "a label stands for no class", where=str(folder), got=f"labels up to {y.max()}",
            wanted=f"0 to {len(classes) - 1}",
            mend='check that labels and images belong together',
        )  # fmt: skip
    return Dataset(
        name or folder.resolve().name, description, X, y, "classification", (), classes,
        X.shape[2:], "class", test_rows=len(parts[1][1]),
    )  # fmt: skip


def partner(images: Path) -> Path | None:
    """The file of labels that belongs to an IDX file of images, by its name.

    Examples
    --------
    >>> partner(Path("train-images-idx3-ubyte.gz")).name
    'train-labels-idx1-ubyte.gz'
    """
    match = IMAGES.fullmatch(images.name)
    if match is None:
        return None
    return images.with_name(f"{match['start']}labels{match['middle']}idx1{match['end']}")


def _published(wanted: PublishedSet, folder: str | os.PathLike[str] | None) -> Dataset:
    place = data_folder() / wanted.name if folder is None else Path(folder)
    for file in wanted.files:
        if _present(place, file.name) is None:
            fetch(file, wanted.mirrors, place)
    return idx_folder(
        place, name=wanted.name, description=wanted.description, class_names=wanted.class_names
    )


def _present(folder: Path, name: str) -> Path | None:
    """The file, packed or not, if it is there."""
    found = (folder / name, folder / name.removesuffix(".gz"))
    return next((path for path in found if path.is_file()), None)


def _file(folder: Path, name: str) -> Path:
    found = _present(folder, name)
    if found is None:
        raise FileError(
            f"the folder lacks {name.removesuffix('.gz')}", where=str(folder),
            wanted="the four IDX files of MNIST or a set in its form, packed or not",
            mend='download them into this folder, or name another: folder=…',
        )  # fmt: skip
    return found


def _pair(images: Path) -> tuple[NDArray[Any], NDArray[Any]]:
    """Pictures as (n, 1, height, width), and their labels."""
    named = partner(images)
    assert named is not None
    labels = _file(images.parent, named.name.removesuffix(".gz") + ".gz")
    X, y = read_idx(images), read_idx(labels)
    if X.ndim != 3 or y.ndim != 1 or len(X) != len(y) or not len(y) or y.dtype != np.uint8:
        raise DataError(
            "pictures and labels do not belong together", where=f"{images}, {labels.name}",
            got=f"shapes {X.shape} and {y.shape}",
            wanted="(n, height, width) and (n,) bytes",
            mend="get both files from the same place",
        )  # fmt: skip
    return X[:, None], y.astype(np.int64)


DIGITS = tuple("0123456789")
PUBLISHED = {
    found.name: found
    for found in (
        PublishedSet(
            "fashion-mnist",
            "Pieces of clothing, 28 × 28 pixels from 0 to 255.",
            ("T-Shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
             "Bag", "Ankle Boot"),
            ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
             "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"),
            ("8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe",
             "bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310"),
        ),
        PublishedSet(
            "kmnist",
            "Letters of old Japanese handwriting, 28 × 28 pixels from 0 to 255.",
            ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
            ("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
            ("bdb82020997e1d708af4cf47b453dcf7", "e144d726b3acfaa3e44228e80efcd344",
             "5c965bf0a639b31b8f53240b1b52f4d7", "7320c461ea6c1c855c0b718fb2a4b134"),
        ),
        PublishedSet(
            "mnist",
            "Handwritten digits, 28 × 28 pixels from 0 to 255.",
            DIGITS,
            ("https://ossci-datasets.s3.amazonaws.com/mnist/",
             "https://storage.googleapis.com/cvdf-datasets/mnist/"),
            ("f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432",
             "9fb629c4189551a2d022fa330f9573f3", "ec29112dd5afa0611ce80d1b7f02629c"),
        ),
    )
}  # fmt: skip
