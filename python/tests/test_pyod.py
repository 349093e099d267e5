# SPDX-License-Identifier: Apache-2.0
"""What PyOD expects of each of its detectors."""

import pickle

import numpy as np
import pytest

pytest.importorskip("pyod")
from pyod.models.iforest import IForest  # noqa: E402
from pyod.utils.data import generate_data  # noqa: E402
from pyod.utils.utility import standardizer  # noqa: E402
from scipy.stats import spearmanr  # noqa: E402
from sklearn.base import clone  # noqa: E402
from sklearn.metrics import roc_auc_score  # noqa: E402

from hourglass.pyod import HourglassAutoEncoder  # noqa: E402


@pytest.fixture(scope="module")
def data():
    """x, x_new, labels, labels_new: (200, 20), (100, 20); a tenth of the rows lies elsewhere."""
    return generate_data(n_train=200, n_test=100, n_features=20, contamination=0.1, random_state=42)


@pytest.fixture(scope="module")
def detector(data):
    return HourglassAutoEncoder(contamination=0.1, steps=100, random_state=0).fit(data[0])


def test_what_fit_leaves_is_there(data, detector):
    assert detector.decision_scores_.shape == (200,)
    assert detector.threshold_ == np.percentile(detector.decision_scores_, 90)
    assert np.array_equal(detector.labels_, detector.decision_scores_ > detector.threshold_)
    assert detector.labels_.sum() == 20
    for name in ("_mu", "_sigma", "_classes"):
        assert getattr(detector, name) is not None


def test_outliers_of_training_score_high(data, detector):
    assert roc_auc_score(data[2], detector.decision_scores_) > 0.95


def test_new_outliers_score_high(data, detector):
    scores = detector.decision_function(data[1])
    assert scores.shape == (100,) and roc_auc_score(data[3], scores) > 0.95
    assert np.array_equal(scores, detector.detector_.model_.predict(data[1]).scores)


def test_predictions_are_0_and_1(data, detector):
    found = detector.predict(data[1])
    assert np.array_equal(found, detector.decision_function(data[1]) > detector.threshold_)
    assert roc_auc_score(data[3], found) > 0.9


@pytest.mark.parametrize("method", ["linear", "unify"])
def test_probabilities_are_between_0_and_1_and_follow_the_scores(data, detector, method):
    probability = detector.predict_proba(data[1], method=method)
    assert probability.shape == (100, 2) and probability.min() >= 0 and probability.max() <= 1
    assert np.allclose(probability.sum(1), 1)
    assert roc_auc_score(data[3], probability[:, 1]) > 0.95


def test_a_method_that_is_none_is_refused(data, detector):
    with pytest.raises(ValueError):
        detector.predict_proba(data[1], method="nothing")


def test_labels_and_probabilities_come_with_confidence(data, detector):
    for function in (detector.predict, detector.predict_proba):
        answer, confidence = function(data[1], return_confidence=True)
        assert len(answer) == 100 and confidence.shape == (100,)
        assert confidence.min() >= 0 and confidence.max() <= 1
    assert np.array_equal(detector.predict_confidence(data[1]), confidence)


def test_rows_that_are_not_certain_are_rejected(data, detector):
    found, *stats = detector.predict_with_rejection(data[1], return_stats=True)
    assert set(found) <= {-2, 0, 1} and len(stats) == 1


def test_fit_predict_gives_training_s_labels(data, detector):
    assert np.array_equal(clone(detector).fit_predict(data[0]), detector.labels_)


def test_fit_predict_score_measures(data, detector):
    fresh = clone(detector)
    assert fresh.fit_predict_score(data[1], data[3], scoring="roc_auc_score") > 0.9
    assert fresh.fit_predict_score(data[1], data[3], scoring="prc_n_score") > 0.7
    with pytest.raises(NotImplementedError):
        fresh.fit_predict_score(data[1], data[3], scoring="nothing")


def test_ranks_follow_the_scores(data, detector):
    scores = detector.decision_function(data[1])
    ranks = detector._predict_rank(data[1])
    assert spearmanr(ranks, scores)[0] > 0.98  # rows between two of training share a rank
    assert ranks.max() <= 201 and ranks.min() >= 0
    shares = detector._predict_rank(data[1], normalized=True)
    assert shares.max() <= 1.01 and shares.min() >= 0


def test_clones_and_pickles_are_the_same_detector(data, detector):
    assert clone(detector).get_params() == detector.get_params()
    assert "steps=100" in repr(detector)
    again = pickle.loads(pickle.dumps(detector))
    assert np.array_equal(again.decision_function(data[1]), detector.decision_function(data[1]))
    assert np.array_equal(clone(detector).fit(data[0]).decision_scores_, detector.decision_scores_)


def test_a_contamination_that_is_none_is_refused():
    with pytest.raises(ValueError):
        HourglassAutoEncoder(contamination=0.7)


def test_reasons_and_p_values_are_at_hand(data, detector):
    assert detector.detector_.reasons(data[1])["share"].shape == (100,)
    assert detector.detector_.p_values(data[1]).max() <= 1


def test_scores_combine_with_those_of_others(data, detector):
    other = IForest(random_state=0).fit(data[0])
    both = (
        np.c_[detector.decision_scores_, other.decision_scores_],
        np.c_[detector.decision_function(data[1]), other.decision_function(data[1])],
    )
    assert roc_auc_score(data[3], standardizer(*both)[1].mean(1)) > 0.95
