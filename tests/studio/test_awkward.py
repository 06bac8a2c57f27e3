"""Holds: tables as people have them are learned from, or refused in words that name the mend.

And a training whose steps are slow can be gone through all the same.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.errors import PellucidError
from pellucid.studio.script import script
from pellucid.studio.session import Session
from pellucid.studio.setting import Setting
from pellucid.studio.views import seen

ROWS = [(f"{x:.2f}", f"{y:.2f}", "yes" if x + y > 0 else "no")
        for x, y in np.random.default_rng(0).normal(size=(40, 2))]  # fmt: skip
VIEWS: Mapping[str, Mapping[str, Any]] = {
    "network": {"resolution": 6}, "surface": {"resolution": 6}, "curves": {}, "timeline": {},
    "flow": {}, "microscope": {"layer": None}, "errors": {"part": "train", "limit": 60},
}  # fmt: skip


def table(head: str, rows: list[tuple[str, ...]] = ROWS, by: str = ",") -> str:
    return "\n".join([head, *(by.join(row) for row in rows)]) + "\n"


def learned(session: Session) -> None:
    """Train a little, see every view, and do it again by the script."""
    session.step("epoch")
    session.step("batch")
    for name, options in VIEWS.items():
        assert "reason" not in seen(session, name, options).header, name
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(script(session), "script", "exec"), {})
    session.legs.show()
    X, y = session.source.taken("train")
    assert float(said.getvalue().split()[1]) == session.network.evaluate(X, y)["loss"]
    page = said.getvalue().splitlines()[-1]
    assert page == f"on the page: loss {session.legs.curves.latest()['loss']}"


LEARNED = {
    "semicolon": table("a;b;kind", by=";"),
    "decimal comma": table("a;b;kind", by=";").replace(".", ","),
    "tab": table("a\tb\tkind", by="\t"),
    "missing": table("a,b,kind", [("", *row[1:]) if k % 5 else row for k, row in enumerate(ROWS)]),
    "no target": table("a,b,kind", [(*row[:2], "") if not k % 7 else row
                                    for k, row in enumerate(ROWS)]),
    "unicode": table("größe,重量,ζώο").replace("yes", "кот"),
    "mark of order": "\ufeff" + table("a,b,kind"),
    "one feature": table("a,kind", [(row[0], row[2]) for row in ROWS]),
    "text alone": table("a,b,kind", [("red" if "-" in x else "blue", "u" if "-" in y else "v", kind)
                                     for x, y, kind in ROWS]),
    "markup": table("<img src=x onerror=alert(1)>,b,kind").replace("yes", "<b>yes</b>"),
    "two rows": "a,b,kind\n1,2,x\n3,4,y\n",
    "a class of one row": table("a,b,kind", [("1", "2", "rare"), *ROWS]),
    "as many classes as rows": table("a,b,kind", [(*row[:2], f"w{k}")
                                                  for k, row in enumerate(ROWS)]),
}  # fmt: skip


@pytest.mark.parametrize("name", LEARNED)
def test_learned(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "table.csv"
    path.write_text(LEARNED[name], "utf-8")
    session = Session()
    found = session.put_table(path, path.name)
    session.set({"data": {"name": "csv", "target": found["suggested_target"]}})
    learned(session)


REFUSED = {
    "one column": ("a\n1\n2\n", "two columns or more"),
    "no rows": ("a,b,c\n", "write rows"),
    "nothing": ("", "is empty"),
    "a huge cell": (table("a,b,kind") + f"1,2,{'x' * 200_000}\n", "a line cannot be read"),
    "ragged": ("a,b,c\n1,2,x\n1,2,3,4\n", "another number of fields"),
    "an index without a name": (table(",b,kind"), "index=False"),
    "twice the same name": (table("a,a,kind"), "rename one"),
    "one class": ("a,b,c\n" + "1,2,x\n3,4,x\n" * 9, "a single class"),
    "infinity": (table("a,b,kind", [("inf", "1", "no"), *ROWS]), "infinity"),
    "numbers and text": ("a,b,kind\n" + "1,2,no\n3,4,yes\n1,x,no\n" * 9, "numbers and text"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    text, told = REFUSED[name]
    path.write_text(text, "utf-8")
    session = Session()

    def take() -> None:
        found = session.put_table(path, path.name)
        session.set({"data": {"name": "csv", "target": found["suggested_target"]}})

    with pytest.raises(PellucidError) as error:
        take()
    assert told in str(error.value)
    assert error.value.mend
    session.step("epoch")  # what was there goes on
    assert session.source.name == "xor"


def test_what_was_left_out_is_told(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    rows = [(f"n{k}", *row[:2], row[2] if k else "") for k, row in enumerate(ROWS)]
    path.write_text(table("name,a,b,kind", rows), "utf-8")
    session = Session()
    session.put_table(path, path.name)
    session.set({"data": {"name": "csv", "target": "kind"}})
    told = " ".join(session.state()["data"]["notes"])
    assert "'name'" in told
    assert "1 row without a value of 'kind'" in told
    assert session.state()["data"]["features"] == ["a", "b"]


def test_a_second_table_with_the_same_target_takes_the_place_of_the_first(tmp_path: Path) -> None:
    session = Session()
    for count in (30, 20):
        path = tmp_path / f"{count}.csv"
        path.write_text(table("a,b,kind", ROWS[:count]), "utf-8")
        session.put_table(path, path.name)
        session.set({"data": {"name": "csv", "target": "kind"}})
        assert len(session.source.y) == count


def test_long_names_are_cut_where_they_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "table.csv"
    path.write_text(table(f"a,{'b' * 9000},kind").replace("yes", "yes" * 3000), "utf-8")
    session = Session()
    found = session.put_table(path, path.name)
    session.set({"data": {"name": "csv", "target": found["suggested_target"]}})
    told = session.state()["data"]
    assert max(map(len, [*told["classes"], *told["features"]])) == 60
    learned(session)


@pytest.mark.parametrize("name", ["xor", "iris", "sine"])
def test_no_rows_need_be_held_out(name: str) -> None:
    session = Session(None, Setting().changed({"data": {"name": name, "test": 0.0}}))
    learned(session)


def test_a_step_back_or_forth_moves_where_nothing_between_can_be_computed_at_once() -> None:
    session = Session()
    for _ in range(8):
        session.advance(0.06, np.inf)
    legs = session.legs
    legs.present.live.state.pace = 0.0
    last, way = legs.last, [legs.last]
    while way[-1]:
        way.append(session.seek(max(0, way[-1] - 1)))
        assert way[-1] < way[-2]
    assert set(way) <= {*legs.remembered, last}
    assert len(way) > 2
    while way[-1] < last:
        way.append(session.seek(way[-1] + 1))
        assert way[-1] > way[-2]
    assert legs.viewed is None
