"""A network that tells classes, as an estimator of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, final

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.metaestimators import available_if

from pellucid import losses
from pellucid.errors import ArgumentError
from pellucid.losses import Loss
from pellucid.sklearn.estimator import Target
from pellucid.sklearn.labels import LabelledEstimator
from pellucid.sklearn.neural import NeuralEstimator

__all__ = ["NeuralClassifier"]


def _gives_probabilities(estimator: NeuralClassifier) -> bool:
    """Whether the loss says how an output becomes a probability."""
    loss = estimator._wanted_loss()
    return loss is None or loss.link is not None


@final
@dataclass(eq=False, repr=False)
class NeuralClassifier(LabelledEstimator, NeuralEstimator):
    """Tells classes with a network; MLPClassifier and more.

    Labels may be of any kind; a matrix of 0 and 1 is several labels for each row at once. Two
    classes make one output, more make one each. Without a `loss` it is the cross entropy.

    Parameters
    ----------
    hidden : how many units each hidden layer has
    activation : of the hidden layers, a name or a function of a tensor; or one for each in a list
    dropout : the share of each hidden layer that is dropped in training
    batch_norm : whether batches are normalised in front of each activation
    network : any network instead, copied for each fit, or a function that makes one from the
        numbers of inputs and outputs; one that is trained already goes on from its weights
    loss, metrics : by name or objects of ``nn`` and ``metrics``, or functions
    optimizer : a name such as "adam" or "sgd", or an object of ``optim``
    learning_rate : in place of the optimizer's own, a number or a schedule
    alpha : α, so that α/2 · Σ w² is added to the loss; MLPClassifier's is that over a batch's rows
    batch_size : how many rows are in a batch; "auto" is 200, or all rows if they are fewer
    max_iter : the most epochs of a fit
    tol, n_iter_no_change : a fit ends when the loss has not fallen by `tol` for so many epochs;
        ``n_iter_no_change=None`` trains all epochs
    early_stopping : whether `validation_fraction` of the rows, or those given to ``fit``, decide
        the end, and the best weights are kept; or an ``EarlyStopping``
    class_weight : how much classes count in the loss: "balanced", or a dict from labels
    prepare : how inputs are scaled, as part of the network: "standard", "minmax" or ``None``
    callbacks : callbacks of a fit, or functions called after each epoch
    shuffle : whether each epoch takes the rows in a new order
    warm_start : whether ``fit`` goes on from the weights of the fit before
    random_state : a whole number is the seed of ``Network.fit``
    dtype : "float32" or "float64", that of X by default: float32 only where X is float32
    engine : "native" or "reference"
    verbose : whether there is a progress bar; a number for a line every so many epochs

    Attributes
    ----------
    network_ : the trained network, with which all of pellucid can be done
    classes_ : the labels, sorted
    history_, loss_curve_, loss_, best_loss_, validation_loss_curve_ : how training went
    n_iter_, t_ : how many epochs it was trained, and on how many rows in all
    coefs_, intercepts_, n_layers_, n_outputs_ : the dense layers, as scikit-learn shows them
    n_features_in_, feature_names_in_ : the columns of X

    Raises
    ------
    ArgumentError, DataError, LabelError : all of them ValueErrors, from ``fit``

    Examples
    --------
    >>> from pellucid import data
    >>> from pellucid.sklearn import NeuralClassifier
    >>> X, y = data.moons(200, seed=1)
    >>> names = ["left" if label else "right" for label in y]
    >>> model = NeuralClassifier((16, 16), learning_rate=0.01, random_state=1).fit(X, names)
    >>> model.score(X, names) > 0.95, model.classes_.tolist()
    (True, ['left', 'right'])
    >>> model.predict_proba(X).shape
    (200, 2)
    """

    class_weight: str | Mapping[Any, float] | None = None

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Go on for one epoch over these rows.

        Scaling is that of the first rows, and the optimizer's running means begin anew.

        Parameters
        ----------
        classes : all labels that there will be; needed at the first call
        """
        self._check_first(not hasattr(self, "network_"), classes)
        if self.class_weight == "balanced":
            raise ArgumentError(
                "a part of the rows cannot say how frequent the classes are", where="class_weight",
                got="class_weight='balanced'", mend="write class_weight={label: weight, …}",
            )  # fmt: skip
        return self._trained(X, y, sample_weight, part=True, classes=classes)

    def predict(self, X: Any) -> NDArray[Any]:
        """Give the label of each row; of several labels at once, 1 or 0 for each."""
        outputs = self._told(X)
        if self._is_multilabel:
            return (outputs > 0.5).astype(np.int64)
        found: NDArray[Any] = self.classes_[outputs.argmax(axis=1)]
        return found

    @available_if(_gives_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Give the probability of each class, or of each of several labels, for each row."""
        outputs = self._told(X)
        if self._is_multilabel or not self._is_in_columns:
            return outputs
        return outputs / outputs.sum(axis=1, keepdims=True)  # a yes or no for each class

    @available_if(_gives_probabilities)  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: Any) -> NDArray[Any]:
        """Give the logarithms of the probabilities."""
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags

    def _told(self, X: Any) -> NDArray[Any]:
        """Give a column for each class or label, the larger the more probable."""
        if _gives_probabilities(self):
            return self._asked(lambda network, rows: network.predict_proba(rows), X)
        outputs = self._asked(lambda network, rows: network.predict(rows), X)
        if outputs.shape[1] == 1 and not self._is_multilabel:
            return np.concatenate([1 - outputs, outputs], axis=1)
        return outputs

    def _target(self, y: NDArray[Any], *, fresh: bool, classes: Any = None) -> Target:
        if fresh:
            self._learn_labels(y, classes)
        codes = self._codes(y)
        wish = self.class_weight
        weight = None if wish is None else self._class_weights(wish, codes)
        loss, count = self._wanted_loss(), len(self.classes_)
        if self._is_multilabel:
            return Target(codes, count, loss or losses.binary_cross_entropy_with_logits, weight)
        outputs = count if count > 2 or (loss is not None and loss.task == "classes") else 1
        self._is_in_columns = _takes_columns(loss, outputs)
        if self._is_in_columns:
            codes = np.eye(count)[codes] if outputs > 1 else codes.astype(np.float64)
        return Target(codes, outputs, loss, weight)


def _takes_columns(loss: Loss | None, outputs: int) -> bool:
    """Whether a loss compares each output with a number: that of its class is 1, the others 0."""
    if loss is None or loss.task == "classes":
        return False
    return outputs > 1 or loss.task != "binary"
