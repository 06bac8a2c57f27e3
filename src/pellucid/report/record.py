"""What a report shows, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from numpy.typing import ArrayLike

from pellucid.diagnose import Finding

__all__ = ["Report"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Report:
    """What a report shows, as plain data.

    Parameters
    ----------
    title : the heading, such as the name of the data
    task : ``"classification"`` or ``"regression"``
    train, test : the loss and the metrics of both parts, by name
    data : facts about the data by name: source, rows, features, …
    notes : sentences about what was done to the data
    network : one (layer, output shape, parameters) for each layer
    history : a column for each metric, one value an epoch, ``val_…`` for validation
    findings : probable mistakes, in the order in which they are told
    best : the epoch whose weights were kept, from 1; else that of the least validation loss
    truth, predicted : the test part, (n,): class numbers or names, or numbers in a regression
    probabilities : (n, K), or (n,) of class 1 of two: how sure each prediction is
    names : class names in the order of their numbers
    target : what is predicted, with its unit if it has one, such as ``"price in €"``
    inputs : the test part's inputs (n, …) before scaling: the images, or rows of features
    image_shape : shape of one image when `inputs` are images, such as (8, 8); they may be flat
    features : names of the columns of `inputs` when they are not images
    kernels : weights (filters, channels, h, w) of each convolution, by the name of its layer
    feature_maps : what each layer makes of the first test image, (channels, h, w) or (n,), by name
    settings : what the run was made with, by name: seed, engine, optimizer, epochs, seconds, …
    command, script : how to do it again, in a shell and in Python

    Examples
    --------
    >>> from pellucid.report import Report, render_report
    >>> coins = Report(title="coins", task="classification", truth=[0, 1, 1], predicted=[0, 1, 0])
    >>> "2 of 3 right" in render_report(coins)
    True
    """

    title: str
    task: Literal["classification", "regression"]
    truth: ArrayLike
    predicted: ArrayLike
    train: Mapping[str, float] = field(default_factory=dict)
    test: Mapping[str, float] = field(default_factory=dict)
    data: Mapping[str, object] = field(default_factory=dict)
    notes: Sequence[str] = ()
    network: Sequence[tuple[str, str, int]] = ()
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    best: int | None = None
    probabilities: ArrayLike | None = None
    names: Sequence[str] | None = None
    target: str = ""
    inputs: ArrayLike | None = None
    image_shape: Sequence[int] | None = None
    features: Sequence[str] | None = None
    kernels: Mapping[str, ArrayLike] = field(default_factory=dict)
    feature_maps: Mapping[str, ArrayLike] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    command: str = ""
    script: str = ""
