"""Picture files: one at a time, or a folder with a sub-folder for each class."""

from __future__ import annotations

import io
import os
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, final

import numpy as np
from numpy.typing import NDArray

from pellucid.arguments import Frozen, whole_number
from pellucid.data.dataset import Dataset
from pellucid.errors import ArgumentError, DataError, FileError
from pellucid.files import read_bytes
from pellucid.lazy import load
from pellucid.wording import counted, listed

__all__ = ["PICTURE_SUFFIXES", "picture_files", "read_files", "read_picture", "read_pictures"]

Channels = Literal[1, 3, 4]
Size = int | tuple[int, int]
_T = TypeVar("_T")

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg")
MODES = {1: "L", 3: "RGB", 4: "RGBA"}
MOST_PIXELS = 2**26  # of one picture: 8,192 × 8,192; a tiny file can promise far more
MOST_BYTES = 2**31  # of all pictures of a folder together


@final
class Sight(Frozen):
    """What the beginning of a picture file tells: its size, and whether it is grey."""

    height: int
    width: int
    is_grey: bool


def read_picture(
    source: str | os.PathLike[str] | bytes,
    *,
    size: Size | None = None,
    channels: Channels | None = None,
) -> NDArray[np.uint8]:
    """A PNG or JPEG as (channels, height, width) whole numbers from 0 to 255.

    A photograph is turned upright as its camera asks. Palettes become colours; where transparency
    is not asked for (4 channels), transparent parts are laid on white; 16 bits become 8.

    Parameters
    ----------
    source : a path, or the bytes of a file
    size : (height, width) to resize to, or one number for both; the sides' ratio is not kept
    channels : 1 grey, 3 red, green, blue, 4 and opacity; as the file has them if not said

    Raises
    ------
    FileError : no such file, damaged, neither PNG nor JPEG, of more than 67 million pixels
    ArgumentError : a size or a number of channels that cannot be

    Examples
    --------
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (4, 2), (255, 0, 0)).save(file, "png")
    >>> picture = read_picture(file.getvalue())
    >>> picture.shape, picture.mean(axis=(1, 2))
    ((3, 2, 4), array([255.,   0.,   0.]))
    """
    wanted = _check_size(size)
    if channels is not None and channels not in MODES:
        raise ArgumentError(
            "pictures cannot have that many channels", where="channels", got=repr(channels),
            wanted="1 (grey), 3 (colour) or 4 (colour and opacity)", mend="write channels=3",
        )  # fmt: skip
    place, raw = "the picture", source
    if not isinstance(raw, bytes):
        place, raw = str(source), read_bytes(os.fspath(raw))
    return _opened(raw, place, lambda image: _pixels(image, wanted, channels))


def read_pictures(
    folder: str | os.PathLike[str], *, size: Size | None = None, channels: Channels | None = None
) -> Dataset:
    """The pictures of a folder; the label of each is the name of the sub-folder it lies in.

    Parameters
    ----------
    folder : holds sub-folders, and these hold PNG and JPEG files
    size : (height, width) of all, or one number for both; without it pictures of one size keep it,
        and others are resized to the median height and width, and it is said
    channels : 1, 3 or 4; without it 1 if all are grey, else 3

    Raises
    ------
    FileError : no such folder, a damaged picture
    DataError : no sub-folders, one without pictures, more than 2 GiB of pixels

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for colour in ("red", "white"):
    ...         Path(folder, colour).mkdir()
    ...         Image.new("RGB", (4, 2), colour).save(Path(folder, colour, "1.png"))
    ...     found = read_pictures(folder)
    >>> found.X.shape, found.y.tolist()
    ((2, 3, 2, 4), ['red', 'white'])
    """
    _check_size(size)
    folder = Path(folder)
    paths, labels, notes = _listing(folder)
    X, resized = read_files(paths, folder, size=size, channels=channels)
    return Dataset(
        folder.resolve().name, "", X, np.array(labels), "classification", (), (),
        X.shape[2:], "class", (*notes, *resized),
    )  # fmt: skip


def read_files(
    paths: Sequence[Path],
    where: Path,
    *,
    size: Size | None = None,
    channels: Channels | None = None,
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Pictures as one array of (pictures, channels, height, width), and what was resized.

    Parameters
    ----------
    where : what errors call them all
    size, channels : as in :func:`read_pictures`

    Examples
    --------
    >>> import tempfile
    >>> from PIL import Image
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "red.png")
    ...     Image.new("RGB", (4, 2), "red").save(path)
    ...     X, notes = read_files([path], path, size=(1, 2))
    >>> X.shape, notes[0].partition(" (")[0]
    ((1, 3, 1, 2), '1 picture of 2 × 4 pixels was resized to 1 × 2')
    """
    sights = [_sight(path) for path in paths]
    if channels is None:
        channels = 1 if all(sight.is_grey for sight in sights) else 3
    height, width, resized = _common_size(sights, _check_size(size))
    if len(paths) * channels * height * width > MOST_BYTES:
        raise DataError(
            "the pictures are too many and too large to be held at once", where=str(where),
            got=f"{len(paths):,} of {height} × {width} pixels and {channels} channels",
            wanted=f"at most {MOST_BYTES // 2**30} GiB",
            mend="make them smaller: data.read_pictures(folder, size=64)",
        )  # fmt: skip
    X = [read_picture(path, size=(height, width), channels=channels) for path in paths]
    return np.stack(X), resized


def picture_files(source: Path) -> list[Path]:
    """The picture files that are meant by a path: one, or all in a folder and its folders, by name.

    Examples
    --------
    >>> [path.name for path in picture_files(Path("rose.png"))], picture_files(Path("table.csv"))
    (['rose.png'], [])
    """
    found = source.rglob("*") if source.is_dir() else [source]
    return sorted(path for path in found if path.suffix.lower() in PICTURE_SUFFIXES)


# --- one picture ---------------------------------------------------------------------------


def _check_size(size: Size | None) -> tuple[int, int] | None:
    if size is None:
        return None
    if isinstance(size, tuple | list):
        if len(size) != 2:
            raise ArgumentError(
                "the size of a picture is two numbers", where="size", got=repr(size),
                wanted="(height, width)", mend="write size=(28, 28)",
            )  # fmt: skip
        height, width = size
    else:
        height = width = size
    most = 2**13
    return whole_number(height, "height", 1, most), whole_number(width, "width", 1, most)


def _opened(raw: bytes, place: str, look: Callable[[Any], _T]) -> _T:
    """What `look` finds in a picture; whatever a decoder meets is told in words."""
    images = load("PIL.Image")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata, and of sizes that are checked here
            with images.open(io.BytesIO(raw), formats=("PNG", "JPEG")) as image:
                if image.width * image.height > MOST_PIXELS:
                    raise _too_large(place, f"{image.height:,} × {image.width:,} pixels")
                return look(image)
    except (FileError, MemoryError):
        raise
    except images.UnidentifiedImageError as error:
        raise FileError(
            "this is neither a PNG nor a JPEG picture", where=place,
            got=f"{len(raw):,} bytes that begin with {raw[:4].hex(' ') or 'nothing'}",
            mend="save it as PNG",
        ) from error  # fmt: skip
    except images.DecompressionBombError as error:
        raise _too_large(place, str(error).partition(",")[0]) from error
    except Exception as error:  # decoders answer broken bytes with errors of every kind
        reason = str(error) or type(error).__name__
        raise FileError(
            "the picture is damaged",
            where=place,
            got=reason,
            mend="take it out of the folder, or save it anew",
        ) from error


def _too_large(place: str, got: str) -> FileError:
    return FileError(
        "the picture is too large", where=place, got=got, wanted=f"at most {MOST_PIXELS:,} pixels",
        mend="make it smaller with a program for pictures",
    )  # fmt: skip


def _pixels(image: Any, size: tuple[int, int] | None, channels: int | None) -> NDArray[np.uint8]:
    image = _in_bytes(load("PIL.ImageOps").exif_transpose(image))
    found = _in_mode(image, MODES[channels or _channels_of(image)])
    if size is not None and (found.height, found.width) != size:
        found = found.resize(size[::-1], load("PIL.Image").Resampling.BILINEAR, reducing_gap=3)
    array = np.asarray(found, dtype=np.uint8)
    return np.ascontiguousarray(np.atleast_3d(array).transpose(2, 0, 1))


def _in_bytes(image: Any) -> Any:
    """Grey of 16 bits to 8, palettes to colours."""
    if image.mode.startswith("I"):
        values = np.asarray(image).astype(np.int64) // 257
        return load("PIL.Image").fromarray(np.clip(values, 0, 255).astype(np.uint8))
    if image.mode == "P" or "transparency" in image.info:
        return image.convert("RGBA" if "transparency" in image.info else "RGB")
    return image


def _channels_of(image: Any) -> Channels:
    if image.mode in ("1", "L"):
        return 1
    return 4 if "A" in image.mode else 3


def _in_mode(image: Any, mode: str) -> Any:
    if "A" in image.mode and mode != "RGBA":
        image = image.convert("RGBA")
        ground = load("PIL.Image").new("RGBA", image.size, "white")
        image = load("PIL.Image").alpha_composite(ground, image)
    return image.convert(mode)


# --- a folder ------------------------------------------------------------------------------


def _listing(folder: Path) -> tuple[list[Path], list[str], list[str]]:
    """The files, the class of each, and what was left out."""
    if not folder.is_dir():
        raise FileError("there is no such folder", where=str(folder), mend="check the path")
    entries = sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))
    subfolders = [entry for entry in entries if entry.is_dir()]
    if len(subfolders) < 2:
        raise DataError(
            "the folder holds no classes of pictures", where=str(folder),
            got=listed([entry.name for entry in entries], 4) or "nothing",
            wanted="a sub-folder for each class, with PNG or JPEG files in it",
            mend="sort the pictures into sub-folders that bear the names of the classes",
        )  # fmt: skip
    paths: list[Path] = []
    labels: list[str] = []
    others = [entry.name for entry in entries if not entry.is_dir()]
    for subfolder in subfolders:
        files = sorted(p for p in subfolder.iterdir() if not p.name.startswith("."))
        pictures = [p for p in files if p.suffix.lower() in PICTURE_SUFFIXES and p.is_file()]
        if not pictures:
            raise DataError(
                f"the sub-folder {subfolder.name!r} holds no pictures", where=str(subfolder),
                got=listed([p.name for p in files], 4) or "no files", wanted="PNG or JPEG files",
                mend="remove the sub-folder, or choose the folder above or below it",
            )  # fmt: skip
        others += [f"{subfolder.name}/{p.name}" for p in files if p not in set(pictures)]
        paths += pictures
        labels += [subfolder.name] * len(pictures)
    notes = [f"no pictures, left out: {listed(others, 4)}."] if others else []
    return paths, labels, notes


def _sight(path: Path) -> Sight:
    def look(image: Any) -> Sight:
        is_turned = image.getexif().get(274, 1) > 4  # the tag of a photograph that lies on its side
        height, width = (image.height, image.width)[:: -1 if is_turned else 1]
        return Sight(height, width, image.mode.startswith(("1", "L", "I")))

    return _opened(read_bytes(path), str(path), look)


def _common_size(
    sights: list[Sight], wanted: tuple[int, int] | None
) -> tuple[int, int, tuple[str, ...]]:
    """The height and width for all, and what was resized."""
    sizes = Counter((sight.height, sight.width) for sight in sights)
    height, width = wanted or (
        int(np.median([sight.height for sight in sights])),
        int(np.median([sight.width for sight in sights])),
    )
    others = [size for size in sizes if size != (height, width)]
    if not others:
        return height, width, ()
    count = sum(sizes[size] for size in others)
    least, most = min(others, key=lambda s: s[0] * s[1]), max(others, key=lambda s: s[0] * s[1])
    span = f"{least[0]} × {least[1]}" + f" to {most[0]} × {most[1]}" * (least != most)
    verb = "was" if count == 1 else "were"
    note = f"{counted(count, 'picture')} of {span} pixels {verb} resized to {height} × {width}"
    return height, width, (f"{note} (height × width; the sides' ratio is not kept).",)
