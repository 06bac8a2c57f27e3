"""Holds: an expression graph is drawn as SVG that shows every node and edge, and none covered."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid as pel
from pellucid import nn
from pellucid.errors import ArgumentError, ArgumentTypeError
from pellucid.inspect.layout import laid_out

SVG = "{http://www.w3.org/2000/svg}"
IMAGE = Path(__file__).parents[2] / "docs" / "images" / "expression.svg"


def texts(drawing: pel.Drawing) -> list[str]:
    return [one.text or "" for one in ElementTree.fromstring(drawing.svg).iter(f"{SVG}text")]


def chain() -> pel.Drawing:
    theta = pel.tensor(1.0, "float64")
    return pel.draw((1 - pel.log(1 + pel.exp(theta))) ** 2, theta=theta)


def test_the_chain_shows_operations_and_values() -> None:
    shown = texts(chain())
    assert shown[-2:] == ["×", "0.0981329"]
    assert {"theta", "exp", "2.71828", "ln", "1.31326"} <= set(shown)


def test_the_guide_shows_this_picture() -> None:
    assert IMAGE.read_text(encoding="utf-8") == chain().svg


def test_every_node_has_a_box_and_every_operand_an_edge() -> None:
    x = pel.placeholder((None, 2), name="x<1>")
    model = nn.Sequential([nn.Linear(3, activation="tanh"), nn.Linear(1)])
    root = ElementTree.fromstring(pel.draw(model(x)).svg)
    assert len(list(root.iter(f"{SVG}g"))) == 12
    assert len(list(root.iter(f"{SVG}path"))) == 1 + 11
    assert "x<1>" in [one.text for one in root.iter(f"{SVG}text")]
    assert {"0.weight", "1.bias"} <= set(texts(pel.draw(model(x))))


def test_a_whole_number_graph() -> None:
    a, b = pel.placeholder((), "int16", name="a"), pel.placeholder((), "int16", name="b")
    assert texts(pel.draw(a + b)) == ["a", "int16[]", "b", "int16[]", "+", "int16[]"]


@given(st.data())
def test_no_box_covers_another(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 14))
    widths = data.draw(st.lists(st.floats(10, 200), min_size=count, max_size=count))
    edges = [
        (a, b)
        for a in range(count - 1)
        for b in data.draw(st.sets(st.integers(a + 1, count - 1), min_size=1, max_size=3))
    ]
    layout = laid_out(widths, edges, 5.0)
    for (a, (x, row)), (b, (y, other)) in combinations(enumerate(layout.nodes), 2):
        if row == other:
            assert abs(x - y) >= (widths[a] + widths[b]) / 2 + 5 - 1e-6
    for (a, b), way in zip(edges, layout.edges, strict=True):
        assert [row for _, row in way] == list(range(layout.nodes[a][1], layout.nodes[b][1] + 1))
        for x, row in way[1:-1]:
            near = [
                abs(x - y) - widths[k] / 2 for k, (y, at) in enumerate(layout.nodes) if at == row
            ]
            assert min(near, default=np.inf) >= 5 - 1e-6


def test_it_is_saved_as_svg(tmp_path: Path) -> None:
    chain().save(tmp_path / "chain.svg")
    assert (tmp_path / "chain.svg").read_text(encoding="utf-8") == chain()._repr_svg_()
    with pytest.raises(ArgumentError, match=r"chain\.svg"):
        chain().save(tmp_path / "chain.png")


def test_what_cannot_be_drawn() -> None:
    with pytest.raises(ArgumentTypeError, match="what is drawn is a tensor"):
        pel.draw(3.0)  # type: ignore[arg-type]
    x = pel.placeholder(())
    for _ in range(401):
        x = -x
    with pytest.raises(ArgumentError, match="402 nodes"):
        pel.draw(x)
