"""Places for the nodes of a graph: in rows, each above what is made from it, with few crossings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

__all__ = ["Layout", "laid_out"]

SWEEPS = 8


class Layout(NamedTuple):
    """The middle of each node, as (x, row), and the way of each edge through the rows between."""

    nodes: list[tuple[float, int]]
    edges: list[list[tuple[float, int]]]


def laid_out(widths: Sequence[float], edges: Sequence[tuple[int, int]], gap: float) -> Layout:
    """Lay a graph out, whose nodes stand after those that they are made from.

    Parameters
    ----------
    widths : of the nodes
    edges : pairs of nodes, from and to; every node but the last ones has an edge from it
    gap : what is kept free between two nodes of a row
    """
    rows = _rows(len(widths), edges)
    wide = list(widths)
    ways = [[a] for a, _ in edges]
    for way, (a, b) in zip(ways, edges, strict=True):  # an edge goes through the rows between
        for row in range(rows[a] + 1, rows[b]):
            way.append(len(wide))
            rows.append(row)
            wide.append(0.0)
        way.append(b)
    steps = [pair for way in ways for pair in pairwise(way)]
    centres = _centres(rows, wide, steps, gap)
    places = list(zip(centres, rows, strict=True))
    return Layout(places[: len(widths)], [[places[k] for k in way] for way in ways])


def _rows(count: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Count rows from above; each node stands as low as what is made from it allows."""
    below = [0] * count
    for a, b in sorted(edges, key=lambda edge: -edge[1]):
        below[a] = max(below[a], below[b] + 1)
    return [max(below) - height for height in below]


def _centres(
    rows: Sequence[int], widths: Sequence[float], steps: Sequence[tuple[int, int]], gap: float
) -> list[float]:
    """Order each row by where its neighbours are, back and forth, and keep nodes apart."""
    members: list[list[int]] = [[] for _ in range(max(rows) + 1)]
    above: list[list[int]] = [[] for _ in rows]
    below: list[list[int]] = [[] for _ in rows]
    for node, row in enumerate(rows):
        members[row].append(node)
    for a, b in steps:
        above[b].append(a)
        below[a].append(b)
    centres = [0.0] * len(rows)
    for together in members:
        _spread(together, centres, widths, gap)
    for sweep in range(SWEEPS):
        near, order = (above, members) if sweep % 2 == 0 else (below, members[::-1])
        for together in order:
            for node in together:
                if near[node]:
                    centres[node] = sum(centres[k] for k in near[node]) / len(near[node])
            together.sort(key=centres.__getitem__)
            _spread(together, centres, widths, gap)
    return centres


def _spread(row: Sequence[int], centres: list[float], widths: Sequence[float], gap: float) -> None:
    """Move the nodes of a row apart, as little as possible (in the sum of squares)."""
    apart = [0.0]
    for a, b in pairwise(row):
        apart.append(apart[-1] + (widths[a] + widths[b]) / 2 + gap)
    blocks: list[tuple[float, int]] = []  # of nodes that touch: their mean, and how many
    for node, offset in zip(row, apart, strict=True):
        mean, size = centres[node] - offset, 1
        while blocks and blocks[-1][0] > mean:
            before, many = blocks.pop()
            mean, size = (mean * size + before * many) / (size + many), size + many
        blocks.append((mean, size))
    means = [mean for mean, size in blocks for _ in range(size)]
    for node, offset, mean in zip(row, apart, means, strict=True):
        centres[node] = mean + offset
