"""The verb *diagnose*: all that can be said of a network and rows, trained or not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pellucid.diagnose import Finding, Findings, silenced
from pellucid.diagnose.data import constant_columns
from pellucid.train.copying import copied
from pellucid.train.fitting import prepared
from pellucid.train.history import History
from pellucid.train.looking import look_before
from pellucid.train.options import FitOptions
from pellucid.train.watching import look_inside

if TYPE_CHECKING:
    from pellucid.models import Network

__all__ = ["diagnose"]

OF_OPTIONS = {"PEL204", "PEL206"}  # which the last fit has been asked about, with its options


def diagnose(network: Network, X: Any, y: Any, options: FitOptions) -> Findings:
    """Look at rows, graph, weights, activations, gradients and predictions, and at the last fit.

    It works on a copy, so that the network is left as it is, random streams and weights that are
    not drawn yet included.
    """
    twin, last = copied(network, draw=False), network._record
    twin._record = last
    history = History(("loss",), seed=options.seed or 0)
    if last is not None:
        losses = options.loss or {head.name: head.loss for head in last.objective}
        options = FitOptions(losses, validation=options.validation, seed=last.history.seed,
                             silence=options.silence)  # fmt: skip
    record, rows, held, predicted = prepared(twin, X, y, options, history)
    look_before(twin, record, predicted, (rows, held), options)
    now = [*history.findings, *look_inside(twin, record, rows, trained=last is not None)]
    for k, x in enumerate(rows.inputs):
        now += constant_columns(x, f"input {k}" * (len(rows.inputs) > 1))
    if last is not None:
        before = [one for one in last.history.findings if _lasts(one)]
        now = [one for one in now if one.code not in OF_OPTIONS] + before
    return silenced(_each_once(now), options.silence)


def _lasts(finding: Finding) -> bool:
    """Tell whether a finding of the last fit is about the fit, and not about rows or graph."""
    return finding.code >= "PEL3" or finding.code in OF_OPTIONS


def _each_once(findings: Iterable[Finding]) -> list[Finding]:
    """Keep the first of each code and place, in the order of codes."""
    kept = {(one.code, one.where): one for one in [*findings][::-1]}
    return [kept[key] for key in sorted(kept)]
