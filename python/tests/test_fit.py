# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

import hourglass


def test_fit_keeps_what_it_told(waves):
    model = hourglass.Model.fit(waves, model="ae", latent=3, epochs=5)
    assert [e.epoch for e in model.history] == [1, 2, 3, 4, 5]
    assert model.history[-1].train_loss < model.history[0].train_loss
    assert model.result.epochs == 5 and model.result.exit_reason == "done" and model.result.notes == model.notes


def test_fit_goes_on_from_a_model_s_weights(waves):
    model = hourglass.Model.fit(waves, model="dense 4 tanh | dense input", epochs=2, lr=0.01)
    before = model.score(waves).mean()
    assert model.fit(waves, epochs=20, lr=0.01) is model
    assert model.score(waves).mean() < before and model.spec == "dense 4 tanh | dense 12" and len(model.history) == 20


def test_rows_become_their_targets(waves):
    model = hourglass.Model.fit(waves, 1 - waves, model="dense 12 tanh | dense input", epochs=200, lr=0.01)
    assert np.abs(model.reconstruct(waves) - (1 - waves)).mean() < 0.05


def test_an_option_of_anomalies_makes_an_array_a_table(waves):
    model = hourglass.Model.fit(waves, fpr=0.05, steps=50)
    assert model.is_table and model.has_thresholds and len(model.columns) == 12
    assert model.predict(waves).alarms.mean() < 0.2
    assert hourglass.Model.fit(waves, prepare="table", steps=20).is_table
    assert not hourglass.Model.fit(waves, fpr=0.05, model="ae", latent=2, epochs=1).is_table


def test_fit_takes_a_table_by_its_path(tables, table_model):
    assert table_model.is_table and table_model.has_thresholds and table_model.holds_rows
    assert "pump" in table_model.columns and len(table_model.history) > 0
    assert any("threshold" in note for note in table_model.notes)


def test_a_results_folder_is_a_model_with_its_history(tables, tmp_path):
    told = hourglass.train(data=tables / "normal.csv", steps=50, project=tmp_path)
    model = hourglass.load(told.folder)
    assert [(e.epoch, e.is_best) for e in model.history] == [(e.epoch, e.is_best) for e in told.history]
    assert model.history[-1].val_loss == pytest.approx(told.history[-1].val_loss, rel=1e-6)


def test_fit_takes_a_folder_of_images(tmp_path):
    draw = np.random.default_rng(2)
    for i in range(12):
        pixels = draw.integers(0, 256, (24, 24), dtype=np.uint8)
        (tmp_path / f"{i}.pgm").write_bytes(b"P5\n24 24\n255\n" + pixels.tobytes())
    model = hourglass.Model.fit(tmp_path, model="conv", crop=0, epochs=1)
    assert model.shape == (24, 24, 1) and model.score(tmp_path).shape == (12,)


def test_a_value_may_be_a_list_a_path_or_none(tables):
    model = hourglass.Model.fit(tables / "normal.csv", ignore=["time", "pump"], steps=10, label=None)
    assert "steps" not in vars(model.result) and model.is_table


@pytest.mark.parametrize("options, sentence", [
    ({"epoch": 4}, "did you mean 'epochs'"), ({"epochs": -1}, "epochs"), ({"loss": "mes"}, "loss"),
    ({"data": "x"}, "data")])
def test_an_option_that_cannot_be_meant_is_refused_with_the_library_s_sentence(waves, options, sentence):
    with pytest.raises(hourglass.UsageError, match=sentence) as caught:
        hourglass.Model.fit(waves, **options)
    assert isinstance(caught.value, ValueError) and isinstance(caught.value, hourglass.HourglassError)


def test_rows_that_are_not_finite_are_refused(waves):
    bad = waves.copy()
    bad[3, 4] = np.nan
    with pytest.raises(hourglass.DataError, match="finite"):
        hourglass.Model.fit(bad, epochs=1)
    with pytest.raises(hourglass.DataError):
        hourglass.Model.fit(waves, waves[:5], epochs=1)
    with pytest.raises(hourglass.FileError, match="nothing.csv"):
        hourglass.Model.fit("nothing.csv")
