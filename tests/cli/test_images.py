"""Holds: pictures are learned by a convolutional network, and the report shows its inside."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cli.conftest import Command
from pellucid.cli.runs import CONFIG, REPORT

SMALL = Path(__file__).parents[3] / "shared" / "data" / "fashion-mnist-small"
clothing = pytest.mark.skipif(not SMALL.is_dir(), reason="the small part is not here")


@clothing
def test_fashion_mnist_is_learned_by_one_command(command: Command) -> None:
    options = ("--folder", SMALL, "--epochs", 2, "--seed", 1, "--log-every", 10, "--json")
    ended = command("train", "fashion-mnist", *options)
    found = ended.object
    assert (found["steps"], found["engine"]) == (30, "native")
    assert found["test"]["accuracy"] > 0.4
    lines = re.findall(r"^(epoch .*)  loss \d\.\d{4}$", ended.err, re.MULTILINE)
    assert lines == [
        "epoch 1/2  batch 10/15  [640/900]",
        "epoch 2/2  batch 5/15  [320/900]",
        "epoch 2/2  batch 15/15  [900/900]",
    ]
    shown = command("show", found["run"], "--json").object
    assert shown["parameters"] == 1_475_338
    assert [layer["layer"] for layer in shown["layers"]] == [
        "Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d", "Conv2d", "BatchNorm2d", "ReLU", "MaxPool2d",
        "Flatten", "Linear", "Dropout", "Linear", "ReLU", "Linear",
    ]  # fmt: skip
    config = json.loads(Path(found["run"], CONFIG).read_text(encoding="utf-8"))
    assert "--model=cnn --loss=cross_entropy --optimizer=adam" in config["command"]
    assert "--prepare=minmax" in config["command"]
    again = command("evaluate", found["run"], "--json").object
    assert again["accuracy"] == pytest.approx(found["test"]["accuracy"])
    the_report_shows_all(Path(found["run"], REPORT).read_text(encoding="utf-8"))


def the_report_shows_all(page: str) -> None:
    heads = re.findall("<h2>(.*?)</h2>", page)
    wanted = "Training", "Confusion matrix", "Samples", "Mistakes", "Kernels", "Feature maps"
    assert [head for head in heads if head in wanted] == list(wanted)
    mistake = r'alt="test image \d+: Shirt, taken for (T-Shirt|Pullover|Dress|Coat)"'
    assert re.search(mistake, page)
    assert re.findall('alt="kernels of (.*?)"', page) == ["0 Conv2d", "4 Conv2d"]
    assert "64 filters of 32 channels, 3 × 3" in page
    assert re.findall('alt="feature maps of (.*?)"', page) == [
        "0 Conv2d", "1 BatchNorm2d", "2 ReLU", "3 MaxPool2d", "4 Conv2d", "5 BatchNorm2d", "6 ReLU",
        "7 MaxPool2d", "9 Linear", "11 Linear", "12 ReLU", "13 Linear",
    ]  # fmt: skip


@clothing
def test_another_network_may_be_asked_for(command: Command) -> None:
    options = ("--folder", SMALL, "--epochs", 1, "--json")
    found = command("train", "fashion_mnist", "--hidden", 16, *options).object
    shown = command("show", found["run"], "--json").object
    assert [layer["layer"] for layer in shown["layers"]] == ["Flatten", "Linear", "Linear"]


def test_other_pictures_may_be_learned_by_it(command: Command) -> None:
    found = command(
        "train", "surfaces", "--model", "cnn", "--epochs", 8, "--batch-size", 8, "--json"
    ).object
    assert found["test"]["accuracy"] > 0.9
    page = Path(found["run"], REPORT).read_text(encoding="utf-8")
    assert "32 filters of 3 channels, 3 × 3" in page


@pytest.mark.parametrize(
    ("line", "said", "mend"),
    [
        ("train iris --folder here", "iris is not downloaded into a folder", "leave --folder out"),
        ("train iris --log-every 0", "--log-every", "write --log-every=1"),
        ("train iris --log-every x", "--log-every", "write --log-every="),
        ("train iris --prepare max", "--prepare", "write --prepare="),
        ("train surfaces --model cnm", "--model is a file that describes layers", "model.toml"),
    ],
)
def test_misuse_is_two_lines(line: str, said: str, mend: str, command: Command) -> None:
    ended = command(*line.split())
    assert ended.status == 2
    first, second = ended.err.splitlines()
    assert said in first
    assert mend in second


def test_a_model_file_may_say_how_pixels_are_prepared(command: Command) -> None:
    table = '[[layers]]\ntype = "Flatten"\n[[layers]]\ntype = "Linear"\n[fit]\nprepare = "minmax"\n'
    Path("model.toml").write_text(table, encoding="utf-8")
    ended = command("train", "surfaces", "--model", "model.toml", "--epochs", 1, "--json")
    assert any("divided by 255" in note for note in ended.object["notes"])
