# SPDX-License-Identifier: Apache-2.0
import copy
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")
joblib = pytest.importorskip("joblib")
from sklearn.base import clone  # noqa: E402
from sklearn.cluster import KMeans  # noqa: E402
from sklearn.compose import ColumnTransformer  # noqa: E402
from sklearn.datasets import load_breast_cancer, load_digits  # noqa: E402
from sklearn.decomposition import PCA  # noqa: E402
from sklearn.impute import SimpleImputer  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.metrics import roc_auc_score  # noqa: E402
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import OrdinalEncoder, StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402

import hourglass  # noqa: E402
from hourglass.sklearn import AutoencoderDetector, AutoencoderTransformer, Denoiser  # noqa: E402

VERSION = tuple(map(int, sklearn.__version__.split(".")[:2]))
QUICK = {"steps": 60, "random_state": 0}
ESTIMATORS = [
    AutoencoderDetector(steps=20),
    AutoencoderDetector(contamination=0.1, steps=20),
    AutoencoderTransformer(steps=50),
    Denoiser(steps=50),
]


@parametrize_with_checks(ESTIMATORS)
def test_scikit_learn_s_checks_pass(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def cells():
    """Rows of benign tumours, and of malignant ones: (357, 30), (212, 30), columns from 1e-3 to 1e3."""
    data = load_breast_cancer()
    return data.data[data.target == 1], data.data[data.target == 0]


@pytest.fixture(scope="module")
def detector(cells):
    return AutoencoderDetector(**QUICK).fit(cells[0][:250])


@pytest.fixture(scope="module")
def pumps():
    """A data frame with a category and a gap: `power` is made of the others."""
    pandas = pytest.importorskip("pandas")
    draw = np.random.default_rng(0)
    frame = pandas.DataFrame(
        {"load": draw.normal(size=800), "kind": draw.choice(["old", "new"], 800), "heat": draw.normal(50, 5, 800)}
    )
    frame["power"] = 2 * frame["load"] + 5 * (frame["kind"] == "old") + draw.normal(0, 0.05, 800)
    frame.loc[7, "heat"] = np.nan
    return frame


# ---- AutoencoderDetector ------------------------------------------------------------------------


def test_scores_and_threshold_are_the_model_s_to_the_bit(cells):
    normal, odd = cells
    detector = AutoencoderDetector(fpr=0.05, options={"clean": True}, **QUICK).fit(normal)
    model = hourglass.Model.fit(normal, prepare="table", fpr=0.05, clean=True, epochs=0, steps=60, seed=0)
    verdicts = model.predict(odd)
    assert np.array_equal(detector.score_samples(odd), -verdicts.scores)
    assert np.array_equal(detector.p_values(odd), verdicts.p_values)
    assert detector.offset_ == -verdicts.thresholds[0]
    assert np.array_equal(detector.predict(odd) == -1, verdicts.alarms)
    assert np.array_equal(detector.decision_function(odd), detector.score_samples(odd) - detector.offset_)


def test_malignant_rows_are_found_among_benign_ones(cells, detector):
    normal, odd = cells
    rows = np.vstack([normal[250:], odd])
    labels = np.r_[np.zeros(len(normal) - 250), np.ones(len(odd))]
    assert roc_auc_score(labels, -detector.score_samples(rows)) > 0.9
    assert (detector.predict(normal[250:]) == -1).mean() < 0.1 < (detector.predict(odd) == -1).mean()


def test_a_share_of_contamination_is_below_the_offset(cells):
    rows = np.vstack([cells[0], cells[1][:40]])
    detector = AutoencoderDetector(contamination=0.1, **QUICK)
    found = detector.fit_predict(rows)
    assert (found == -1).sum() == round(0.1 * len(rows))
    assert detector.offset_ == np.percentile(detector.score_samples(rows), 10)
    assert (found[-40:] == -1).mean() > 0.3 > (found[:-40] == -1).mean()


def test_fpr_is_the_share_of_new_normal_rows_that_is_called_unusual():
    draw = np.random.default_rng(0)
    causes = draw.normal(size=(3, 8))
    train, new = (draw.normal(size=(n, 3)) @ causes + 0.1 * draw.normal(size=(n, 8)) for n in (4000, 4000))
    for fpr in (0.01, 0.1):
        found = (AutoencoderDetector(fpr=fpr, **QUICK).fit(train).predict(new) == -1).mean()
        assert 0.1 * fpr < found < 2 * fpr


def test_reasons_name_the_column_and_what_was_expected(pumps):
    detector = AutoencoderDetector(steps=400, random_state=0).fit(pumps)
    rows = pumps.head(3).copy()
    rows.loc[1, "power"] = 30
    reasons = detector.reasons(rows)
    assert detector.predict(rows).tolist() == [1, -1, 1]
    assert reasons["feature"][1] == "power" and reasons["share"][1] > 0.5
    expected = 2 * rows["load"][1] + 5 * (rows["kind"][1] == "old")
    assert float(reasons["expected"][1]) == pytest.approx(expected, abs=2)
    assert reasons["expected"][0] == ""
    assert set(AutoencoderDetector(steps=5).fit(np.eye(30)).reasons(np.eye(30))["feature"]) <= {
        "",
        *(f"x{i}" for i in range(30)),
    }


def test_frames_keep_names_and_their_order(pumps):
    detector = AutoencoderDetector(**QUICK).fit(pumps)
    assert detector.model_.columns == tuple(pumps.columns) == tuple(detector.feature_names_in_)
    assert detector.n_features_in_ == 4
    with pytest.raises(ValueError, match="same order"):
        detector.predict(pumps[["kind", "load", "heat", "power"]])
    with pytest.raises(ValueError, match="unseen at fit time"):
        detector.predict(pumps.rename(columns={"heat": "warmth"}))


def test_polars_frames_score_as_pandas_ones(pumps):
    polars = pytest.importorskip("polars")
    twin = polars.DataFrame({name: pumps[name].tolist() for name in pumps})
    detectors = [AutoencoderDetector(**QUICK).fit(frame) for frame in (pumps, twin)]
    assert np.array_equal(detectors[0].score_samples(pumps), detectors[1].score_samples(twin))


def test_frames_of_numbers_score_as_arrays(pumps):
    frame = pumps[["load", "heat", "power"]]
    scores = [AutoencoderDetector(**QUICK).fit(x).score_samples(x) for x in (frame, frame.to_numpy())]
    assert np.array_equal(*scores)


def test_missing_numbers_are_taken_and_infinite_ones_are_not(cells, detector):
    rows = cells[0][:5].copy()
    rows[2, 3] = np.nan
    assert np.isfinite(detector.score_samples(rows)).all()
    rows[2, 3] = np.inf
    with pytest.raises(ValueError, match="infinity"):
        detector.score_samples(rows)


def test_thresholds_of_groups_are_refused(pumps):
    with pytest.raises(ValueError, match="groupby: expected one threshold"):
        AutoencoderDetector(options={"groupby": "kind"}).fit(pumps)


def test_without_held_out_rows_the_training_rows_say_the_offset(cells):
    detector = AutoencoderDetector(fpr=0.1, options={"val": 0}, **QUICK).fit(cells[0])
    assert np.isnan(detector.p_values(cells[0])).all()
    assert detector.offset_ == np.percentile(detector.score_samples(cells[0]), 10)


def test_an_option_s_name_that_is_wrong_is_named(cells):
    with pytest.raises(hourglass.UsageError, match="did you mean 'momentum'"):
        AutoencoderDetector(options={"momentun": 0.9}).fit(cells[0])
    with pytest.raises(ValueError, match="contamination"):
        AutoencoderDetector(contamination=0.6).fit(cells[0])


def test_quality_on_a_real_table_is_that_of_the_command():
    file = (
        Path(os.environ.get("HG_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
        / "adbench/Classical/6_cardio.npz"
    )
    if not file.exists():
        pytest.skip(f"there is no {file} (HG_DATA says where data is)")
    table = np.load(file)
    normal, odd = (table["X"][table["y"] == label] for label in (0, 1))
    order = np.random.default_rng(0).permutation(len(normal))
    half = len(normal) // 2
    rows = np.vstack([normal[order[half:]], odd])
    scores = -AutoencoderDetector(random_state=0).fit(normal[order[:half]]).score_samples(rows)
    assert roc_auc_score(np.arange(len(rows)) >= len(rows) - len(odd), scores) > 0.95  # IsolationForest: 0.94


# ---- random_state, copies -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", [AutoencoderDetector, AutoencoderTransformer, Denoiser])
def test_the_same_seed_gives_the_same_bits_on_any_number_of_threads(cells, kind):
    def bits(**more):
        return kind(steps=20, **more).fit(cells[0]).model_.to_bytes()

    assert bits(random_state=3) == bits(random_state=3, n_jobs=2) == bits(random_state=np.int64(3), n_jobs=-1)
    assert bits(random_state=3) != bits(random_state=4)
    state = np.random.RandomState(1)
    first, second = bits(random_state=state), bits(random_state=state)
    assert first != second and first == bits(random_state=np.random.RandomState(1))
    assert bits() != bits()


@pytest.mark.parametrize("kind", [AutoencoderDetector, AutoencoderTransformer, Denoiser])
@pytest.mark.parametrize("way", ["pickle", "joblib", "copy"])
def test_copies_give_the_same_bits(cells, tmp_path, kind, way):
    one = kind(**QUICK).fit(cells[0])
    if way == "joblib":
        joblib.dump(one, tmp_path / "one.joblib")
        other = joblib.load(tmp_path / "one.joblib")
    else:
        other = copy.deepcopy(one) if way == "copy" else pickle.loads(pickle.dumps(one))
    name = "score_samples" if kind is AutoencoderDetector else "transform"
    assert np.array_equal(getattr(one, name)(cells[1]), getattr(other, name)(cells[1]))
    fresh = clone(one)
    assert not hasattr(fresh, "model_") and fresh.get_params() == one.get_params()
    assert np.array_equal(getattr(fresh.fit(cells[0]), name)(cells[1]), getattr(one, name)(cells[1]))


# ---- AutoencoderTransformer ---------------------------------------------------------------------


def test_codes_bring_back_more_than_principal_components_do():
    digits = load_digits().data
    scaled = StandardScaler().fit(digits)
    pca = PCA(8).fit(scaled.transform(digits))
    ours = AutoencoderTransformer(latent=8, random_state=0).fit(digits)
    back = scaled.transform(ours.inverse_transform(ours.transform(digits)))
    linear = np.mean((pca.inverse_transform(pca.transform(scaled.transform(digits))) - scaled.transform(digits)) ** 2)
    assert np.mean((back - scaled.transform(digits)) ** 2) < 0.6 * linear
    assert ours.score(digits) == pytest.approx(-np.mean((back - scaled.transform(digits)) ** 2), rel=1e-3)


def test_units_of_columns_do_not_matter(cells):
    scale = 2.0 ** np.arange(-15, 15)
    codes = [AutoencoderTransformer(latent=4, **QUICK).fit_transform(x) for x in (cells[0], cells[0] * scale)]
    assert np.array_equal(*codes)
    fitted = AutoencoderTransformer(latent=4, **QUICK).fit(cells[0])
    standard = (cells[0] - cells[0].mean(0)) / cells[0].std(0)
    assert np.array_equal(codes[0], fitted.model_.encode(standard))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_type_of_rows_is_kept(cells, dtype):
    transformer = AutoencoderTransformer(latent=3, **QUICK).fit(cells[0].astype(dtype))
    codes = transformer.transform(cells[1].astype(dtype))
    assert codes.dtype == dtype and codes.shape == (212, 3)
    assert transformer.inverse_transform(codes).dtype == dtype
    with pytest.raises(ValueError, match="X has 4 features, but AutoencoderTransformer has codes of 3"):
        transformer.inverse_transform(np.zeros((2, 4)))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_outputs_are_frames_where_they_are_asked_for(cells, library):
    frames = pytest.importorskip(library)
    if library == "polars" and VERSION < (1, 4):
        pytest.skip(f"scikit-learn {sklearn.__version__} knows no Polars")
    transformer = AutoencoderTransformer(latent=2, **QUICK).set_output(transform=library)
    codes = transformer.fit_transform(cells[0])
    assert isinstance(codes, frames.DataFrame)
    assert (
        list(codes.columns)
        == list(transformer.get_feature_names_out())
        == ["autoencodertransformer0", "autoencodertransformer1"]
    )
    names = [f"c{i}" for i in range(30)]
    cleaned = (
        Denoiser(**QUICK).set_output(transform=library).fit_transform(frames.DataFrame(dict(zip(names, cells[0].T))))
    )
    assert list(cleaned.columns) == names


# ---- Denoiser -----------------------------------------------------------------------------------


def test_noisy_rows_come_nearer_to_clean_ones():
    draw = np.random.default_rng(0)
    scale = np.logspace(-3, 3, 12)
    clean, fresh = (np.sin(draw.uniform(0, 6.28, (n, 1)) + np.arange(12) / 2) * scale for n in (2000, 500))
    noise = 0.3 * scale
    noisy = fresh + draw.normal(size=fresh.shape) * noise
    before = np.mean(((noisy - fresh) / scale) ** 2)
    alone = Denoiser(noise=0.4, steps=800, random_state=0).fit(clean)
    pairs = Denoiser(steps=800, random_state=0).fit(clean + draw.normal(size=clean.shape) * noise, clean)
    for denoiser in (alone, pairs):
        assert np.mean(((denoiser.transform(noisy) - fresh) / scale) ** 2) < 0.5 * before
        assert np.array_equal(denoiser.predict(noisy), denoiser.transform(noisy))


@pytest.mark.parametrize("white", [1, 255])
def test_images_are_cleaned_as_rows_of_pixels_and_as_they_are(white):
    digits = load_digits().images / 16 * white
    noisy = digits + np.random.default_rng(0).normal(0, 0.2 * white, digits.shape)
    options = {
        "noise": 0.2,
        "white": white,
        "steps": 60,
        "random_state": 0,
        "model": "keep 1, conv 16 relu | conv 1, add 1",
    }
    cube = Denoiser(**options).fit(digits)
    flat = Denoiser(image_shape=(8, 8), **options).fit(digits.reshape(-1, 64))
    assert np.array_equal(cube.transform(noisy).reshape(-1, 64), flat.transform(noisy.reshape(-1, 64)))
    assert np.mean((cube.transform(noisy) - digits) ** 2) < 0.7 * np.mean((noisy - digits) ** 2)


def test_what_full_white_is_is_found():
    draw = np.random.default_rng(0)
    for highest, white in ((0.9, 1), (200, 255), (1000, 65535), (1e6, 1e6)):
        images = draw.random((20, 4, 4))
        images[0, 0, 0] = 1
        assert Denoiser(steps=2, model="conv 4 | conv 1").fit(images * highest).scale_[0] == white


def test_partners_of_another_shape_are_refused():
    x = np.random.default_rng(0).random((40, 6))
    with pytest.raises(ValueError, match=r"clean partners of the shape \(40, 6\)"):
        Denoiser(steps=2).fit(x, x[:, :5])
    with pytest.raises(ValueError, match="image_shape: expected"):
        Denoiser(steps=2, image_shape=(2, 2)).fit(x)


# ---- in scikit-learn's company ------------------------------------------------------------------


def test_pipelines_take_them_at_any_place(cells):
    rows = np.vstack([cells[0][:100], cells[1][:100]])
    labels = np.repeat([0, 1], 100)
    codes = make_pipeline(
        SimpleImputer(), AutoencoderTransformer(latent=4, steps=400, random_state=0), LogisticRegression()
    )
    assert cross_val_score(codes, rows, labels, cv=3).mean() > 0.85
    assert make_pipeline(Denoiser(**QUICK), KMeans(2, n_init=1, random_state=0)).fit_predict(rows).shape == (200,)
    found = make_pipeline(StandardScaler(), AutoencoderDetector(**QUICK)).fit(cells[0])
    assert (
        found.predict(cells[1]).shape == (212,)
        and found.score_samples(cells[1]).mean() < found.score_samples(cells[0]).mean()
    )


def test_columns_are_made_ready_by_others_too(pumps):
    columns = ColumnTransformer(
        [("kinds", OrdinalEncoder(), ["kind"]), ("codes", AutoencoderTransformer(latent=2, **QUICK), ["load", "power"])]
    )
    assert columns.fit_transform(pumps).shape == (800, 3)
    assert list(columns.get_feature_names_out())[1:] == [
        "codes__autoencodertransformer0",
        "codes__autoencodertransformer1",
    ]


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_a_grid_is_searched_in_processes_and_threads(cells, backend):
    search = GridSearchCV(AutoencoderTransformer(**QUICK), {"latent": [1, 6]}, cv=2, n_jobs=2)
    with joblib.parallel_backend(backend):
        search.fit(cells[0])
    assert search.best_params_ == {"latent": 6}
    alone = GridSearchCV(AutoencoderTransformer(**QUICK), {"latent": [1, 6]}, cv=2).fit(cells[0])
    assert np.array_equal(search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"])


def test_a_detector_is_chosen_by_labels(cells):
    rows = np.vstack([cells[0], cells[1][:20]])
    labels = np.r_[np.ones(len(cells[0])), -np.ones(20)]
    search = GridSearchCV(
        AutoencoderDetector(steps=20, random_state=0),
        {"contamination": ["auto", 0.05]},
        scoring="roc_auc",
        cv=StratifiedKFold(2),
    )
    assert search.fit(rows, labels).best_score_ > 0.8
    pairs = GridSearchCV(Denoiser(random_state=0), {"steps": [1, 200]}, scoring="neg_mean_squared_error", cv=2)
    clean = (cells[0] - cells[0].mean(0)) / cells[0].std(0)
    assert pairs.fit(clean + np.random.default_rng(0).normal(0, 0.5, clean.shape), clean).best_params_ == {"steps": 200}


@pytest.mark.skipif(VERSION < (1, 4), reason="pipelines route metadata from scikit-learn 1.4 on")
def test_metadata_is_routed_past_them(cells):
    with sklearn.config_context(enable_metadata_routing=True):
        line = make_pipeline(
            StandardScaler().set_fit_request(sample_weight=True),
            Denoiser(**QUICK),
            AutoencoderTransformer(latent=2, **QUICK),
            LogisticRegression().set_fit_request(sample_weight=True),
        )
        rows = np.vstack([cells[0][:50], cells[1][:50]])
        assert line.fit(rows, np.repeat([0, 1], 50), sample_weight=np.ones(100)).predict(rows).shape == (100,)
        with pytest.raises(TypeError, match="sample_weight"):
            make_pipeline(StandardScaler().set_fit_request(sample_weight=False), AutoencoderDetector(**QUICK)).fit(
                rows, sample_weight=np.ones(100)
            )
