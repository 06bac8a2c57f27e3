"""Holds: progress is a bar in a terminal, lines elsewhere, and nothing when nothing is wanted."""

from __future__ import annotations

import io
import re

import pytest

from pellucid import nn, optim
from pellucid.errors import ArgumentError
from pellucid.train import progress
from pellucid.train.history import History

LINE = re.compile(r"epoch (\d+)/(\d+)  loss \d\.\d{4}  mae \d\.\d{4}  [\d,]+ steps/s")


def fit(numbers, **options):
    model = nn.Sequential([nn.Linear(1)])
    return model.fit(*numbers, optimizer=optim.SGD(0.01), batch_size=8, seed=1, **options)


class Terminal(io.StringIO):
    """Standard error as a terminal has it."""

    def isatty(self):
        return True


def terminal(monkeypatch):
    """Make standard error a terminal of 80 columns; it has to be done inside a test."""
    for name, value in {"TERM": "xterm", "COLUMNS": "80", "LINES": "24"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = Terminal()
    monkeypatch.setattr("sys.stderr", shown)
    return shown


def plain(shown):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.getvalue())


def test_nothing(capfd, numbers, engine):
    fit(numbers, epochs=3, progress=False, engine=engine)
    assert capfd.readouterr() == ("", "")


def test_a_line_every_n_epochs(capfd, numbers, engine):
    fit(numbers, epochs=7, progress=3, engine=engine)
    out, err = capfd.readouterr()
    assert out == ""
    found = [LINE.fullmatch(line) for line in err.splitlines()]
    assert all(found)
    assert [(line[1], line[2]) for line in found] == [("3", "7"), ("6", "7"), ("7", "7")]


def test_a_line_says_what_the_epoch_was(capfd, numbers):
    history = fit(numbers, epochs=2, progress=1)
    err = capfd.readouterr().err.splitlines()
    for line, loss in zip(err, history["loss"], strict=True):
        assert f"loss {loss:.4f}" in line


def test_where_there_is_no_terminal_a_short_training_says_nothing(capfd, numbers, engine):
    for wish in (None, True):
        fit(numbers, epochs=3, progress=wish, engine=engine)
    assert capfd.readouterr() == ("", "")


def test_where_there_is_no_terminal_a_long_one_has_lines(capfd, numbers, monkeypatch):
    monkeypatch.setattr(progress, "BETWEEN_LINES", 0.0)
    fit(numbers, epochs=3)
    err = capfd.readouterr().err.splitlines()
    assert err
    assert LINE.fullmatch(err[-1])[1] == "3"


def test_notes_and_the_reason_for_an_end_are_said(capfd, numbers):
    stop = lambda training: training.stop("enough")  # noqa: E731
    model = nn.Sequential([nn.Linear(1)])
    model.fit(*numbers, batch_size=50, seed=1, epochs=4, callbacks=[stop], progress=10)
    lines = capfd.readouterr().err.splitlines()
    assert lines[0] == "batch_size is 50 and there are 23 rows: each batch is all of them."
    assert lines[1].startswith("epoch 1/4  loss ")
    assert lines[2:] == ["stopped: enough"]


def test_steps_are_counted_where_there_are_no_epochs(capfd, numbers):
    fit(numbers, steps=12, progress=1)
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("step 12/12  loss ")


def test_a_bar_in_a_terminal(monkeypatch, numbers, engine):
    shown = terminal(monkeypatch)
    model = nn.Sequential([nn.Linear(1)])
    model.fit(*numbers, epochs=3, batch_size=50, seed=1, validation=0.3, engine=engine)
    text = plain(shown)
    assert text.startswith("batch_size is 50 and there are 16 rows: each batch is all of them.")
    last = text.splitlines()[-2:]
    assert re.fullmatch(r"epoch 3/3 ━{40,} [\d,]+ steps/s  \d\.\d s", last[0].strip())
    assert re.fullmatch(r"loss .* mae .* val_loss .* val_mae \d+\.\d{4}", last[1].strip())
    assert max(map(len, text.splitlines())) <= 80


def test_the_bar_says_why_it_ended(monkeypatch, numbers):
    shown = terminal(monkeypatch)
    fit(numbers, epochs=30, callbacks=[lambda training: training.stop("enough")])
    text = plain(shown)
    assert "epoch 1/30" in text
    assert text.rstrip().endswith("stopped: enough")


def test_the_bar_goes_when_a_training_fails(monkeypatch, numbers):
    shown = terminal(monkeypatch)

    def broken(training):
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError):
        fit(numbers, epochs=30, callbacks=[broken])
    assert shown.getvalue().rstrip().endswith("\x1b[?25h")  # the cursor is back


def test_numbers_of_any_size_are_short():
    """The largest and the least do not fill the line with digits."""
    history = History(("loss", "mae", "mse"))
    for name, value in {"loss": 3.2e-5, "mae": 1.5e25, "mse": 0.25}.items():
        history.put(name, value)
    training = progress.Training(None, history, 1, 1)
    assert progress._numbers(training) == "loss 3.2e-05  mae 1.5e+25  mse 0.2500"


def test_time_reads_as_a_clock():
    assert [progress._clock(s) for s in (0, 9.6, 75, 3661)] == ["0:00", "0:10", "1:15", "1:01:01"]


@pytest.mark.parametrize("wrong", [0, -1, 2.5, "bar"])
def test_another_wish_is_refused(wrong, numbers):
    with pytest.raises(ArgumentError, match="progress"):
        fit(numbers, progress=wrong)
