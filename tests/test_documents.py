"""Holds: the Python in the README and the other documents runs and gives what they print."""

from __future__ import annotations

import doctest
import re
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[1]
README = REPOSITORY / "README.md"
BLOCK = re.compile(r"^```(python|pycon)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DOCUMENTS = [
    document
    for document in (*sorted(REPOSITORY.glob("*.md")), *sorted((REPOSITORY / "docs").rglob("*.md")))
    if BLOCK.search(document.read_text(encoding="utf-8"))
]


def run(document: Path) -> dict[str, Any]:
    """Run the blocks of a document in one namespace, and compare what a session prints."""
    text = document.read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": document.stem}
    for block in BLOCK.finditer(text):
        above = text.count("\n", 0, block.start(2))
        if block[1] == "python":
            exec(compile("\n" * above + block[2], str(document), "exec"), names)
        else:
            compare(block[2], names, document, above)
        if "matplotlib.pyplot" in sys.modules:  # a gallery has more pictures than may be open
            sys.modules["matplotlib.pyplot"].close("all")
    return names


def compare(session: str, names: dict[str, Any], document: Path, above: int) -> None:
    """Run one session as a doctest; what it names, the blocks below know."""
    parser, report = doctest.DocTestParser(), list[str]()
    test = parser.get_doctest(session, names, document.name, str(document), above)
    test.globs = names
    doctest.DocTestRunner(verbose=False).run(test, out=report.append, clear_globs=False)
    assert not report, "".join(report)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_a_document_runs(document: Path) -> None:
    run(document)


def test_the_readme_tells_the_truth_in_its_comments() -> None:
    names = run(README)
    assert names["model"].classify(names["X"]).tolist() == [0, 1, 1, 0]
    assert names["slope"].item() == 12
    assert names["curvature"].item() == 12


@pytest.mark.parametrize("said", ["1 + 1\n3", "1 / 0\n1", "1 + 1"])
def test_a_document_that_lies_is_found(tmp_path: Path, said: str) -> None:
    document = tmp_path / "lie.md"
    document.write_text(f"```python\nx = 1\n```\n\n```pycon\n>>> {said}\n```\n", encoding="utf-8")
    with pytest.raises(AssertionError, match=r"File .*lie\.md., line 6"):
        run(document)
