"""Sums of products written as a formula of axes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from pellucid.errors import ArgumentError, ShapeError
from pellucid.functional.indexing import merged
from pellucid.graph.tensor import Tensor, TensorLike, as_tensor
from pellucid.ops.linalg import matmul
from pellucid.ops.reduce import sum as total
from pellucid.ops.view import reshape, transpose

__all__ = ["einsum"]

Labels = tuple[str, ...]


def einsum(formula: str, *operands: TensorLike) -> Tensor:
    """Multiply and sum as a formula of axes says: ``"ij,jk->ik"`` is the matrix product.

    Each letter is an axis; a letter that the result does not name is summed over. Without ``->``
    the result has the letters that occur once, in alphabetical order; ``...`` stands for further
    axes, which broadcast. Operands are joined from left to right, each time by one matrix product.

    Raises
    ------
    ArgumentError : for a formula that is none; ShapeError : when one letter has two extents

    >>> import pellucid as pel
    >>> pel.einsum("ij,j->i", [[1, 2], [3, 4]], [10, 1])
    Tensor([12 34], int64)
    """
    tensors = [as_tensor(x) for x in operands]
    terms, result = _parsed(formula, tensors)
    _check_extents(formula, tensors, terms)
    joined = [_diagonal(x, labels) for x, labels in zip(tensors, terms, strict=True)]
    x, labels = joined[0]
    for k, (y, other) in enumerate(joined[1:], start=1):
        later = {label for _, rest in joined[k + 1 :] for label in rest}
        x, labels = _product(x, labels, y, other, later | set(result))
    x, labels = _summed(x, labels, set(result))
    return transpose(x, [labels.index(label) for label in result])


def _parsed(formula: str, tensors: Sequence[Tensor]) -> tuple[list[Labels], Labels]:
    left, arrow, right = formula.replace(" ", "").partition("->")
    texts = left.split(",")
    if len(texts) != len(tensors):
        raise _wrong(formula, f"{len(texts)} terms for {len(tensors)} operands")
    known = [len(text.replace("...", "")) for text in texts]
    further = [
        x.ndim - n if "..." in t else 0 for x, n, t in zip(tensors, known, texts, strict=True)
    ]
    for x, n, more in zip(tensors, known, further, strict=True):
        if more < 0 or n + more != x.ndim:
            raise _wrong(formula, f"{n} letters for an operand of shape {x.shape}")
    terms = [_labels(text, more, formula) for text, more in zip(texts, further, strict=True)]
    widest = max(further, default=0)
    if arrow:
        result = _labels(right, widest, formula)
    else:
        times = Counter(label for labels in terms for label in labels)
        once = sorted(label for label, n in times.items() if n == 1 and label.isalpha())
        result = (*_labels("..." if widest else "", widest, formula), *once)
    missing = set(result) - {label for labels in terms for label in labels}
    if missing or len(set(result)) < len(result):
        raise _wrong(formula, f"the result {right!r} names a letter twice, or a new one")
    return terms, result


def _labels(text: str, further: int, formula: str) -> Labels:
    """Name the axes of a term; those of ``...`` are numbered from the right."""
    before, dots, after = text.partition("...")
    if not (before + after).isalpha() and before + after:
        raise _wrong(formula, f"the term {text!r}")
    middle = [str(k) for k in range(further, 0, -1)] if dots else []
    return (*before, *middle, *after)


def _wrong(formula: str, got: str) -> ArgumentError:
    return ArgumentError(
        f"einsum: the formula {formula!r} does not fit", got=got,
        wanted="one letter for each axis of each operand", mend='write "ij,jk->ik"',
    )  # fmt: skip


def _check_extents(formula: str, tensors: Sequence[Tensor], terms: Sequence[Labels]) -> None:
    found: dict[str, int] = {}
    for x, labels in zip(tensors, terms, strict=True):
        for extent, label in zip(x.shape, labels, strict=True):
            if extent is None or (extent == 1 and label.isdigit()):
                continue
            if found.setdefault(label, extent) != extent:
                raise ShapeError(
                    f"einsum: the axis {label!r} of {formula!r} has two extents",
                    got=" and ".join(str(tensor.shape) for tensor in tensors),
                    mend="check which axis was meant, or transpose an operand",
                )


def _diagonal(x: Tensor, labels: Labels) -> tuple[Tensor, Labels]:
    """Take the diagonal of two axes with one letter: every (n + 1)-th of their n² elements."""
    for label in [label for label, n in Counter(labels).items() if n > 1]:
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            rest = [k for k in range(x.ndim) if k not in (first, second)]
            n = x.shape[first] or 0
            x = transpose(x, [first, second, *rest])
            x = reshape(x, [n * n, *(e if e is not None else -1 for e in x.shape[2:])])[:: n + 1]
            labels = (label, *(labels[k] for k in rest))
    return x, labels


def _summed(x: Tensor, labels: Labels, kept: set[str]) -> tuple[Tensor, Labels]:
    gone = [k for k, label in enumerate(labels) if label not in kept]
    return (total(x, gone) if gone else x), tuple(label for label in labels if label in kept)


def _product(
    x: Tensor, left: Labels, y: Tensor, right: Labels, kept: set[str]
) -> tuple[Tensor, Labels]:
    """Join two operands by a matrix product: batch axes, then rows, then columns."""
    x, left = _summed(x, left, kept | set(right))
    y, right = _summed(y, right, kept | set(left))
    both = [label for label in left if label in right]
    batch = [label for label in both if label in kept]
    inner = [label for label in both if label not in kept]
    rows = [label for label in left if label not in both]
    columns = [label for label in right if label not in both]
    a, row_extents = _matrix(x, left, batch, rows, inner)
    b, column_extents = _matrix(y, right, batch, columns, inner)
    product = matmul(a, transpose(b, [*range(len(batch)), b.ndim - 1, b.ndim - 2]))
    split = _split(product, len(batch), row_extents, column_extents)
    return split, (*batch, *rows, *columns)


def _matrix(
    x: Tensor, labels: Labels, batch: list[str], rows: list[str], inner: list[str]
) -> tuple[Tensor, list[int | None]]:
    """Lay an operand out as (batch axes, rows, inner); give also the extents of the rows."""
    x = transpose(x, [labels.index(label) for label in [*batch, *rows, *inner]])
    lead, extents = len(batch), list(x.shape[len(batch) : len(batch) + len(rows)])
    x = merged(x, lead + len(rows), len(inner))
    return merged(x, lead, len(rows)), extents


def _split(x: Tensor, lead: int, rows: list[int | None], columns: list[int | None]) -> Tensor:
    if len(rows) == len(columns) == 1:
        return x
    extents = [*x.shape[:lead], *rows, *columns]
    return reshape(x, [-1 if extent is None else extent for extent in extents])
