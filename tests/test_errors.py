"""Holds: the exception tree, the layout of every message, and that errors travel whole."""

from __future__ import annotations

import copy
import inspect
import pickle
import sys
import warnings

import pytest

from pellucid import errors
from pellucid.errors import FileError, MissingPackageError, PellucidError, ShapeError
from pellucid.lazy import load

# Each error, the pellucid error right above it, and the Python errors that also catch it.
TREE: dict[type[PellucidError], tuple[type[Exception], ...]] = {
    errors.ArgumentError: (PellucidError, ValueError),
    errors.ArgumentTypeError: (errors.ArgumentError, ValueError, TypeError),
    errors.ShapeError: (PellucidError, ValueError),
    errors.DTypeError: (PellucidError, TypeError),
    errors.DataError: (PellucidError, ValueError),
    errors.LabelError: (errors.DataError, ValueError),
    errors.GraphError: (PellucidError, ValueError),
    errors.GradientError: (errors.GraphError, ValueError),
    errors.NonFiniteError: (PellucidError, ArithmeticError),
    errors.EngineError: (PellucidError, RuntimeError),
    errors.FileError: (PellucidError, OSError),
    errors.MissingPackageError: (PellucidError, ImportError),
}

WHOLE = {
    "what": "matmul: the inner sizes differ",
    "where": "hidden.0",
    "got": "(3, 4) @ (5, 2)",
    "wanted": "equal inner sizes",
    "mend": "write x @ w.T",
}

every_error = pytest.mark.parametrize(
    "kind", [PellucidError, *TREE], ids=lambda kind: kind.__name__
)


def whole(kind: type[PellucidError]) -> PellucidError:
    what, *_ = WHOLE.values()
    return kind(what, **{name: text for name, text in WHOLE.items() if name != "what"})


def test_the_tree_names_every_error_of_the_module() -> None:
    classes = {thing for _, thing in inspect.getmembers(errors, inspect.isclass)}
    assert classes == {PellucidError, errors.PellucidWarning, *TREE}
    assert sorted(kind.__name__ for kind in classes) == sorted(errors.__all__)


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_an_error_is_caught_as_python_users_expect(kind: type[PellucidError]) -> None:
    for base in TREE[kind]:
        with pytest.raises(base):
            raise kind("wrong")
    assert kind.__mro__[1] is TREE[kind][0]


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_the_drawing_shows_every_error_and_its_place(kind: type[PellucidError]) -> None:
    drawing = inspect.getdoc(errors) or ""
    line = next(line for line in drawing.splitlines() if f"─ {kind.__name__} " in line)
    assert line.index("─ ") // 4 == depth(kind)
    own = [base.__name__ for base in kind.__bases__ if not issubclass(base, PellucidError)]
    assert all(f"also {name}:" in line for name in own)


def depth(kind: type[PellucidError]) -> int:
    """How many pellucid errors stand above one."""
    return sum(issubclass(base, PellucidError) for base in kind.__mro__[1:])


@every_error
def test_a_message_says_what_where_got_wanted_and_mend(kind: type[PellucidError]) -> None:
    assert str(whole(kind)) == (
        "matmul: the inner sizes differ\n"
        "  where   hidden.0\n"
        "  got     (3, 4) @ (5, 2)\n"
        "  wanted  equal inner sizes\n"
        "  mend    write x @ w.T"
    )


def test_a_message_leaves_out_what_nobody_said() -> None:
    assert str(ShapeError("wrong", mend="do this")) == "wrong\n  mend    do this"
    assert str(ShapeError("wrong")) == "wrong"


def test_two_lines_for_a_command_line() -> None:
    assert whole(ShapeError).in_two_lines() == (
        "hidden.0: matmul: the inner sizes differ (got (3, 4) @ (5, 2), wanted equal inner sizes)\n"
        "write x @ w.T"
    )
    assert ShapeError("wrong").in_two_lines() == "wrong\nsee --help"


def test_two_lines_stay_two() -> None:
    error = ShapeError("one\ntwo", where="a\nb", got="c\nd", wanted="e\nf", mend="g\nh")
    assert error.in_two_lines() == "a b: one two (got c d, wanted e f)\ng h"


def test_the_nearest_place_is_kept() -> None:
    error = ShapeError("wrong")
    assert error.located("hidden.0") is error
    assert error.located("network").where == "hidden.0"
    assert str(error) == "wrong\n  where   hidden.0"


@every_error
@pytest.mark.parametrize(
    "travel", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy]
)
def test_an_error_travels_whole(kind: type[PellucidError], travel) -> None:
    back = travel(whole(kind).located("elsewhere"))
    assert type(back) is kind
    assert str(back) == str(whole(kind))
    assert {name: getattr(back, name) for name in WHOLE} == WHOLE


def test_errors_of_python_with_fields_of_their_own_keep_them_empty() -> None:
    assert FileError("damaged").errno is None
    assert MissingPackageError("missing").name is None


def test_a_warning_is_a_user_warning() -> None:
    with pytest.warns(UserWarning, match="odd"):
        warnings.warn("odd", errors.PellucidWarning, stacklevel=1)


def test_a_missing_package_says_how_to_install_it() -> None:
    with pytest.raises(MissingPackageError) as caught:
        load("no_such_package.inner")
    assert caught.value.mend == "run pip install no_such_package"
    with pytest.raises(MissingPackageError) as caught:
        load("no_such_package", extra="xla")
    assert caught.value.mend == "run pip install 'pellucid[xla]'"
    assert "no_such_package" in caught.value.what


def test_a_missing_package_is_installed_by_its_own_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(MissingPackageError) as caught:
        load("PIL")
    assert caught.value.mend == "run pip install pillow"
