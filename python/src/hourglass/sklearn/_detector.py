# SPDX-License-Identifier: Apache-2.0
"""AutoencoderDetector: what is unusual in rows, and why."""

from numbers import Real
from typing import Any

import numpy as np
from sklearn.base import OutlierMixin
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from .._verdicts import Verdicts
from ._base import Model, Trained, as_columns, checked_table, column_names

# contamination="auto": rows at hand hardly ever are all normal, and those that a model learned score low whatever they
# are. On the 17 tables of docs/ANOMALIES.md, normal rows only, leaving these out costs nothing (docs/SKLEARN.md).
ODDEST = 0.002


class AutoencoderDetector(OutlierMixin, Trained):
    """Finds rows that are unlike those it was trained on, names the column that is to blame, and what was expected
    there.

    X may have missing numbers (NaN) and, as a data frame, columns of categories, texts and times: each is scaled or
    encoded as `hourglass train` does it.

    Parameters
    ----------
    fpr : float in (0, 0.5], with contamination="auto": the share of normal rows that may be called unusual. A tenth of
        the rows is held out of training for that threshold.
    contamination : "auto": X is normal but for some rows; the oddest 0.2 % are left out of training. Or float in (0,
        0.5]: this share of X is unusual; the rows are looked for and left out of training, and offset_ has this share
        of X below it.
    model : the network as a preset or a spec (`hourglass help model`); None: that of tables.
    latent : size of the code of a preset.
    epochs, steps : how long to train, in passes over the rows or in steps; neither: 2400 steps.
    batch : rows in a step.
    lr : learning rate.
    random_state : int, RandomState or None; the same int gives the same bits.
    n_jobs : threads, None: 1, -1: all; the bits are the same.
    options : dict of further options of `hourglass train`: columns, ignore, references ...

    Attributes
    ----------
    model_ : hourglass.Model, a table's.
    offset_ : float, what decision_function() takes off the scores: rows below it are unusual.
    n_features_in_, feature_names_in_ : as scikit-learn has them.
    """

    _OWN = frozenset(("options", "contamination"))
    _parameter_constraints = {
        **Trained._parameter_constraints,
        "fpr": [Interval(Real, 0, 0.5, closed="right")],
        "contamination": [StrOptions({"auto"}), Interval(Real, 0, 0.5, closed="right")],
    }

    def __init__(
        self,
        *,
        fpr: float = 0.01,
        contamination: float | str = "auto",
        model: str | None = None,
        latent: int | None = None,
        epochs: int | None = None,
        steps: int | None = None,
        batch: int | None = None,
        lr: float | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
        options: dict[str, Any] | None = None,
    ):
        self.fpr = fpr
        self.contamination = contamination
        self.model = model
        self.latent = latent
        self.epochs = epochs
        self.steps = steps
        self.batch = batch
        self.lr = lr
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.options = options

    def fit(self, X: Any, y: Any = None) -> "AutoencoderDetector":
        """Learns rows X (n, N); y is ignored."""
        is_auto = isinstance(self.contamination, str)
        options = self._training(prepare="table")
        if "groupby" in options:
            raise ValueError(
                "groupby: expected one threshold for all rows, offset_; hourglass.Model has one for each group"
            )
        if not {"clean", "contamination"} & options.keys():
            options["contamination"] = ODDEST if is_auto else float(self.contamination)
        rows = checked_table(self, X, reset=True)
        self.model_ = Model.fit(as_columns(column_names(self), rows), **options)
        self.model_.threads = options["threads"]
        threshold = self.model_.predict(rows[:1]).thresholds[0] if is_auto else np.nan
        if np.isnan(threshold):  # the training rows are to say, also where none was held out
            share = self.fpr if is_auto else self.contamination
            self.offset_ = float(np.percentile(-self.model_.predict(rows).scores, 100 * share))
        else:
            self.offset_ = -float(threshold)
        return self

    def score_samples(self, X: Any) -> np.ndarray:
        """Minus the scores of rows X (n, N), (n,): the lower, the more unusual; an ordinary row has about -1."""
        return -self._judged(X).scores

    def decision_function(self, X: Any) -> np.ndarray:
        """score_samples(X) - offset_, (n,): below 0 is unusual."""
        return self.score_samples(X) - self.offset_

    def predict(self, X: Any) -> np.ndarray:
        """Of each of the rows X (n, N): 1 where it is like those of training, -1 where it is not."""
        return np.where(self.decision_function(X) < 0, -1, 1)

    def p_values(self, X: Any) -> np.ndarray:
        """How often a normal row scores as high, (n,); NaN where training held no rows out."""
        return self._judged(X).p_values

    def reasons(self, X: Any) -> np.ndarray:
        """Why each of the rows X (n, N) has its score: a structured array (n,) of `feature`, the column with the
        largest part of the score, "" for none; `share`, that part, from 0 to 1; `expected`, what the other columns let
        expect there, as text: of rows beyond the model's own threshold, "" of others."""
        verdicts = self._judged(X)
        names = np.array([*column_names(self), ""], dtype=object)
        table = np.empty(len(verdicts), [("feature", object), ("share", np.float64), ("expected", object)])
        table["feature"] = names[verdicts.sheet["column"]]
        table["share"] = verdicts.shares
        table["expected"] = verdicts.expected
        return table

    def _judged(self, X: Any) -> Verdicts:
        check_is_fitted(self)
        return self.model_.predict(checked_table(self, X, reset=False))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _more_tags(self):
        return {"allow_nan": True}
