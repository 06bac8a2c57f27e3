"""Holds: every command has help that fits 80 columns, and the examples in it run as they stand."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from cli.conftest import FLOWER_NAMES, Command, flower_rows, write
from pellucid.cli.misuse import EXAMPLES

EXAMPLE = re.compile(r"^ {4}(pellucid .*)$", re.MULTILINE)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_command_has_help_with_examples(name: str, command: Command) -> None:
    ended = command(name, "--help")
    assert ended.status == 0
    assert "--json" in ended.out
    assert all(len(line) <= 80 for line in ended.out.splitlines())
    assert [example for example in EXAMPLE.findall(ended.out) if example.split()[1] == name]
    assert EXAMPLES[name].split()[1] == name


def model_in(text: str) -> str:
    """Take the model file that stands in the help of *train*."""
    lines = [line[4:] for line in text.splitlines() if line.startswith("    ") or not line]
    start = lines.index("[[layers]]")
    end = next(k for k, line in enumerate(lines) if line.startswith("epochs = "))
    return "\n".join(lines[start : end + 1])


def test_the_examples_run(command: Command) -> None:
    texts = {name: command(name, "--help").out for name in EXAMPLES}
    examples = [example for text in texts.values() for example in EXAMPLE.findall(text)]
    write(Path("flowers.csv"), FLOWER_NAMES, flower_rows())
    write(Path("new.csv"), FLOWER_NAMES[:5], [row[:5] for row in flower_rows()[:9]])
    Path("model.toml").write_text(model_in(texts["train"]), encoding="utf-8")
    assert len(examples) > 10
    for example in examples:
        ended = command(*shlex.split(example)[1:])
        assert ended.status == 0, (example, ended.err)
        assert "error" not in ended.err
        assert ended.out
    assert len(Path("predictions.csv").read_text(encoding="utf-8").splitlines()) == 10
