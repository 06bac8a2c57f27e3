"""Every kind of finding: its code, how grave it is, what it is called, and what mends it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import final

from pellucid.arguments import Frozen
from pellucid.diagnose.finding import Finding, Findings, Severity
from pellucid.errors import ArgumentError

__all__ = ["KINDS", "Kind", "codes_of", "found", "silenced"]


@final
class Kind(Frozen):
    """A kind of finding. The hundreds of its code tell the moment: 1 building, …, 4 after, 5 loops.

    Attributes
    ----------
    code, severity, title, remedy : those of its findings
    """

    code: str
    severity: Severity
    title: str
    remedy: str


KINDS = {
    one.code: one
    for one in (
        # --- building ---
        Kind(
            "PEL101", "warning", "softmax or sigmoid before a loss that takes logits",
            'leave the last activation out, or write loss="categorical_cross_entropy" after a '
            'softmax, loss="binary_cross_entropy" after a sigmoid',
        ),
        Kind(
            "PEL102", "error", "a loss that takes probabilities is given any numbers",
            'write loss="cross_entropy" ("binary_cross_entropy_with_logits" for yes or no), or end '
            "the network with a softmax or sigmoid",
        ),
        Kind(
            "PEL103", "error", "softmax over a single unit is always 1",
            'write activation="sigmoid" for one unit, or give two units',
        ),
        Kind(
            "PEL104", "note", "two linear layers with nothing between them are one linear layer",
            'write activation="relu" in the first of them',
        ),
        Kind(
            "PEL105", "error", "all units of a layer begin alike, and stay alike",
            "leave weight_init out: random weights tell units apart",
        ),
        # --- data ---
        Kind(
            "PEL201", "warning", "the inputs are not scaled",
            'write prepare="standard" in fit',
        ),
        Kind("PEL202", "note", "columns that never change", "leave them out: they say nothing"),
        Kind(
            "PEL203", "warning", "the target is not scaled",
            'write prepare="standard" in fit, which scales the target too; predictions come back '
            "in its units",
        ),
        Kind(
            "PEL204", "warning", "some classes are far rarer than others",
            'write class_weight="balanced" in fit, and metrics=["balanced_accuracy"]',
        ),
        Kind(
            "PEL205", "warning", "training and validation rows hold different classes",
            "write validation=0.2, which keeps the shares of the classes, or shuffle before "
            "splitting",
        ),
        Kind(
            "PEL206", "warning", "the rows are sorted by class, and they are not shuffled",
            "leave shuffle=False out",
        ),
        Kind(
            "PEL207", "warning", "a column gives the target away",
            "leave the column out, unless it is known before the target is",
        ),
        Kind(
            "PEL208", "warning", "validation rows are among the training rows",
            "drop duplicates before splitting",
        ),
        # --- during ---
        Kind(
            "PEL301", "warning", "ReLU units that are dead",
            'lower the learning rate, scale the inputs, or write activation="leaky_relu"',
        ),
        Kind(
            "PEL302", "warning", "sigmoid or tanh units that are saturated",
            "scale the inputs, begin with smaller weights, or lower the learning rate",
        ),
        Kind(
            "PEL303", "warning", "the gradient vanishes on its way to the first layers",
            'write activation="relu", use fewer layers, or put nn.BatchNorm1d between them',
        ),
        Kind(
            "PEL304", "warning", "the gradient explodes",
            "write clip_norm=1.0 in the optimizer, lower the learning rate, or begin with smaller "
            "weights",
        ),
        Kind(
            "PEL305", "warning", "the learning rate is too high",
            "divide it by 10; pel.find_learning_rate(model, X, y) suggests one",
        ),
        Kind(
            "PEL306", "warning", "the learning rate is too low",
            "multiply it by 10 or more; pel.find_learning_rate(model, X, y) suggests one",
        ),
        # --- after ---
        Kind(
            "PEL401", "warning", "overfitting: what is learned does not hold for other rows",
            "write early_stopping=10, or use fewer units, nn.Dropout, weight decay, or more data",
        ),
        Kind(
            "PEL402", "warning", "nothing was learned: a constant would do as well",
            "train longer, use more units, look whether the columns say anything of the target; "
            "pel.overfit_one_batch(model, X, y) tells whether the network can learn at all",
        ),
        Kind(
            "PEL403", "warning", "the prediction is the same for every row",
            "look at class imbalance and at dead or saturated units; train longer",
        ),
        Kind(
            "PEL404", "warning", "the first loss is far above that of a network that knows nothing",
            "scale the inputs and the target, and begin with smaller weights",
        ),
        Kind(
            "PEL405", "warning", "the network cannot memorise one batch",
            "use more units or a higher learning rate, and look whether inputs and targets belong "
            "together",
        ),
        # --- a loop of one's own ---
        Kind(
            "PEL501", "warning", "gradients were never set to zero",
            "write stepper.zero_grad() before loss.backward()",
        ),
        Kind(
            "PEL502", "warning", "weights that the optimizer was not given",
            "write optimizer.over(model.parameters()), after the first call of the model",
        ),
        Kind(
            "PEL503", "warning", "a layer is in evaluation mode while the network is trained",
            "write model(x, training=True)",
        ),
        Kind(
            "PEL504", "warning", "a layer is in training mode while the network is evaluated",
            "write model(x), without training=True",
        ),
    )
}  # fmt: skip


def found(code: str, evidence: str, where: str = "") -> Finding:
    """Make a finding of a kind.

    >>> found("PEL202", "1 of 3 columns, the first is number 0").severity
    'note'
    """
    kind = KINDS[code]
    return Finding(code, kind.severity, kind.title, evidence, kind.remedy, where)


def codes_of(silence: Sequence[str]) -> tuple[str, ...]:
    """See a single code as a list of one.

    >>> codes_of("PEL201"), codes_of(["PEL201"])
    (('PEL201',), ('PEL201',))
    """
    return (silence,) if isinstance(silence, str) else tuple(silence)


def silenced(findings: Iterable[Finding], silence: Sequence[str]) -> Findings:
    """Leave those out whose codes are to be silent.

    Raises
    ------
    ArgumentError : for a code that there is not
    """
    codes = codes_of(silence)
    for code in codes:
        if code not in KINDS:
            near = difflib.get_close_matches(str(code).upper(), KINDS, n=1)
            raise ArgumentError(
                f"there is no finding {code!r}", where="silence",
                wanted=f"codes from {min(KINDS)} to {max(KINDS)}",
                mend=f"write silence=[{(near or ['PEL201'])[0]!r}]",
            )  # fmt: skip
    return Findings(one for one in findings if one.code not in codes)
