"""Holds: PNG and JPEG of every kind become the same bytes; a folder of them becomes a data set."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pellucid import nn, optim
from pellucid.data import pictures, read, read_picture, read_pictures, surfaces
from pellucid.errors import ArgumentError, DataError, FileError

RED_GREEN = np.array([[[255, 0, 0], [0, 255, 0]]] * 3, dtype=np.uint8)


def file_of(image, kind="png", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


COLOUR = Image.fromarray(RED_GREEN)


def test_a_picture_is_channels_height_width():
    found = read_picture(file_of(COLOUR))
    assert found.dtype == np.uint8
    assert np.array_equal(found, RED_GREEN.transpose(2, 0, 1))
    assert found.mean(axis=(1, 2)).tolist() == [127.5, 127.5, 0]


def test_a_path_is_as_good_as_bytes(tmp_path: Path):
    path = tmp_path / "a.png"
    path.write_bytes(file_of(COLOUR))
    assert np.array_equal(read_picture(path), read_picture(path.read_bytes()))
    assert np.array_equal(read_picture(str(path)), read_picture(path))


HALF = Image.fromarray(np.dstack([RED_GREEN, np.full((3, 2), 0, np.uint8)]))
GREY = Image.fromarray(np.array([[0, 100, 255]], dtype=np.uint8))
DEEP = Image.fromarray(np.array([[0, 100 * 257, 65535]], dtype=np.uint16))


@pytest.mark.parametrize(
    ("image", "channels", "wanted"),
    [
        (GREY, None, [[[0, 100, 255]]]),
        (GREY, 3, [[[0, 100, 255]]] * 3),
        (DEEP, None, [[[0, 100, 255]]]),
        (GREY.convert("1"), None, [[[0, 0, 255]]]),
        (GREY.convert("LA"), 1, [[[0, 100, 255]]]),
        (GREY.convert("LA"), None, [[[0, 100, 255]]] * 3 + [[[255, 255, 255]]]),
        (COLOUR.convert("P"), None, RED_GREEN.transpose(2, 0, 1).tolist()),
        (HALF, 3, [[[255, 255]] * 3] * 3),
        (HALF, None, np.dstack([RED_GREEN, np.zeros((3, 2))]).transpose(2, 0, 1).tolist()),
    ],
)
def test_each_mode_has_its_channels_and_transparency_is_white(image, channels, wanted):
    found = read_picture(file_of(image), channels=channels)
    assert found.tolist() == wanted or image.mode == "1"
    assert found.shape == np.shape(wanted)


def test_a_photograph_is_turned_upright():
    exif = Image.Exif()
    exif[274] = 6  # the camera lay on its side
    wide = Image.fromarray(
        np.repeat([[[250], [10]]], 8, axis=0).repeat(8, 1).repeat(3, 2).astype(np.uint8)
    )
    found = read_picture(file_of(wide, "jpeg", exif=exif, quality=95))
    assert found.shape == (3, 16, 8)
    assert found[:, :6].min() > 200
    assert found[:, -6:].max() < 50


def test_a_size_is_height_and_width():
    assert read_picture(file_of(COLOUR), size=(4, 5)).shape == (3, 4, 5)
    assert read_picture(file_of(COLOUR), size=7).shape == (3, 7, 7)
    flat = Image.new("RGB", (640, 480), (9, 99, 199))
    assert (read_picture(file_of(flat), size=8) == [[[9]], [[99]], [[199]]]).all()


@pytest.mark.parametrize(
    "options", [{"size": 0}, {"size": (1, 2, 3)}, {"size": 2.5}, {"size": (9, 10**6)}]
)
def test_a_size_that_cannot_be_is_refused(options):
    with pytest.raises(ArgumentError, match=r"size|height|width"):
        read_picture(file_of(COLOUR), **options)


def test_two_channels_are_refused():
    with pytest.raises(ArgumentError, match="that many channels"):
        read_picture(file_of(COLOUR), channels=2)


# --- hostile files -------------------------------------------------------------------------


def chunk(kind, content):
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def png_of(width, height, pixels):
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(pixels))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_a_cut_picture_is_refused_or_all_its_pixels_are_there(kind):
    noise = np.random.default_rng(0).integers(0, 256, (9, 9, 3)).astype(np.uint8)
    raw = file_of(Image.fromarray(noise), kind)
    whole = read_picture(raw)
    refused = 0
    for length in range(len(raw)):
        try:
            assert np.array_equal(read_picture(raw[:length]), whole)
        except FileError:
            refused += 1
    assert refused >= len(raw) - 20  # the end of the stream is not missed by a decoder


def test_no_flipped_bit_gives_an_error_of_another_kind():
    for kind in ("png", "jpeg"):
        raw = file_of(COLOUR.resize((16, 16)), kind)
        for place in range(0, len(raw), 3):
            damaged = raw[:place] + bytes([raw[place] ^ 16]) + raw[place + 1 :]
            with contextlib.suppress(FileError):
                assert read_picture(damaged).ndim == 3


@pytest.mark.parametrize("side", [9000, 20_000, 2**31 - 1])
def test_a_picture_that_promises_too_many_pixels_is_refused_unread(side):
    with pytest.raises(FileError, match=r"too large|damaged") as caught:
        read_picture(png_of(side, side, bytes(1000)))
    assert side > 2**30 or "67,108,864" in caught.value.wanted


def test_a_text_bomb_is_refused():
    bomb = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2**24)))
    raw = png_of(1, 1, b"\0\0")
    with pytest.raises(FileError, match="damaged"):
        read_picture(raw[:33] + bomb + raw[33:])


def test_other_formats_are_refused():
    with pytest.raises(FileError, match="neither a PNG nor a JPEG") as caught:
        read_picture(file_of(COLOUR, "gif"))
    assert caught.value.mend == "save it as PNG"
    with pytest.raises(FileError, match="no such file"):
        read_picture("missing.png")


# --- folders -------------------------------------------------------------------------------


@pytest.fixture
def land(tmp_path: Path) -> Path:
    X, y = surfaces(12)
    for k, (pixels, label) in enumerate(zip(X, y, strict=True)):
        folder = tmp_path / ("grass", "ice", "sand")[label]
        folder.mkdir(exist_ok=True)
        kind = ("png", "jpg", "jpeg", "PNG")[k % 4]
        image = Image.fromarray(pixels.transpose(1, 2, 0))
        image = image.convert("RGBA") if kind == "PNG" else image
        image.save(folder / f"{k:02}.{kind}")
    (tmp_path / ".hidden").mkdir()
    return tmp_path


def test_a_folder_has_a_class_for_each_sub_folder(land: Path):
    found = read(land)
    assert found.X.shape == (12, 3, 16, 16)
    assert found.X.dtype == np.uint8
    assert found.y.tolist() == ["grass"] * 4 + ["ice"] * 4 + ["sand"] * 4
    assert found.class_names == ()  # the labels are names
    assert found.task == "classification"
    assert found.image_shape == (16, 16)
    assert found.notes == ()
    assert np.array_equal(found.X[0], surfaces(12)[0][0])


def test_a_network_answers_with_the_names_of_the_folders(land: Path):
    found = read(land)
    model = nn.Sequential([nn.GlobalAvgPool(), nn.Linear(3)])
    model.fit(found, optimizer=optim.Adam(0.05), prepare="standard", epochs=60, seed=1)
    assert model.classify(found.X).tolist() == found.y.tolist()


def test_thresholds_tell_the_surfaces_of_a_folder(land: Path):
    red, green, blue = read(land).X.mean(axis=(2, 3)).T
    ice = (red > 100) & (green > 100) & (blue > 100)
    rule = np.select([ice, green > 100, red > 100], [1, 0, 2], default=3)
    assert rule.tolist() == [0] * 4 + [1] * 4 + [2] * 4


def test_mixed_sizes_are_resized_and_it_is_said(land: Path):
    for k, size in ((0, (30, 20)), (3, (8, 9))):
        path = next((land / "grass").glob(f"{k:02}.*"))
        Image.open(path).convert("RGB").resize(size).save(path)
    assert read(land).X.shape == (12, 3, 16, 16)
    assert read(land).notes == (
        "2 pictures of 9 × 8 to 20 × 30 pixels were resized to 16 × 16 "
        "(height × width; the sides' ratio is not kept).",
    )
    found = read_pictures(land, size=(4, 5), channels=1)
    assert found.X.shape == (12, 1, 4, 5)
    assert found.notes[0].startswith("12 pictures of 9 × 8 to 20 × 30 pixels were resized to 4 × 5")


def test_grey_pictures_have_one_channel(tmp_path: Path):
    for name in "ab":
        (tmp_path / name).mkdir()
        GREY.save(tmp_path / name / "1.png")
    assert read_pictures(tmp_path).X.shape == (2, 1, 1, 3)
    COLOUR.save(tmp_path / "a" / "2.png")
    assert read_pictures(tmp_path).X.shape[1] == 3


def test_what_is_no_picture_is_left_out_and_said(land: Path):
    (land / "grass" / "notes.txt").write_text("x")
    (land / "readme.md").write_text("x")
    (land / "ice" / ".DS_Store").write_text("x")
    assert read(land).notes == ("no pictures, left out: 'readme.md', 'grass/notes.txt'.",)


def test_a_bad_folder_is_refused(land: Path):
    with pytest.raises(FileError, match="no such folder"):
        read_pictures(land / "snow")
    with pytest.raises(DataError, match="no classes of pictures"):
        read(land / "grass")
    with pytest.raises(DataError, match="one picture is no data set"):
        read(next((land / "grass").glob("*.png")))
    (land / "water").mkdir()
    with pytest.raises(DataError, match="'water' holds no pictures"):
        read(land)
    (land / "water" / "1.png").write_bytes(b"\x89PNG\r\n\x1a\nno")
    with pytest.raises(FileError, match=r"damaged|neither") as caught:
        read(land)
    assert caught.value.where.endswith("1.png")


def test_more_pixels_than_can_be_held_are_refused(land: Path, monkeypatch):
    monkeypatch.setattr(pictures, "MOST_BYTES", 10_000)
    assert read_pictures(land, size=8).X.nbytes < 10_000
    with pytest.raises(DataError, match="too many and too large") as caught:
        read_pictures(land, size=20)
    assert caught.value.got == "12 of 20 × 20 pixels and 3 channels"
