"""Holds: the commands that the documentation shows run, and print what it shows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pellucid.cli import main

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "guides" / "command-line.md"
BLOCK = re.compile(r"^```(console|text|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MACHINE = re.compile(
    r"^(processor|features|cores|pellucid \d|native engine|look) .*$", re.MULTILINE
)

PACKAGES = re.compile(r"^packages .*\n(^ .*\n)*", re.MULTILINE)


def blocks(page: Path) -> list[tuple[str, str]]:
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def wording(text: str) -> list[str]:
    """What does not depend on the machine: words, in lines, without numbers and lengths of gaps.

    Packages are listed where pellucid was installed, and not where its source is run.
    """
    bare = PACKAGES.sub("", MACHINE.sub(r"\1", text))
    bare = re.sub(r"\d[\d.,]*( ms)?", "0", bare)
    return [" ".join(line.split()) for line in bare.strip().splitlines()]


def block_with(name: str) -> str:
    return next(text for kind, text in blocks(PAGE) if kind != "console" and text.startswith(name))


def test_every_command_prints_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    Path("model.toml").write_text(block_with("[[layers]]"), encoding="utf-8")
    Path("new.csv").write_text(block_with("sepal length"), encoding="utf-8")
    shown = [text for kind, text in blocks(PAGE) if kind == "console"]
    assert len(shown) >= 8
    for session in shown:
        command, _, output = session.partition("\n")
        main(command.removeprefix("$ pellucid ").split())
        printed = capsys.readouterr()
        assert wording(printed.out + printed.err) == wording(output), command


def test_another_word_is_seen() -> None:
    assert wording("saved 3 rows in 2.5 ms") == wording("saved 17 rows in   1 ms")
    assert wording("saved 3 rows") != wording("lost 3 rows")
