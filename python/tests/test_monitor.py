# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

import hourglass


def draw(steps, seed, fault=0):
    t = np.arange(steps)[:, None] / np.array([4, 5])
    x = np.sin(t) + 0.1 * np.random.default_rng(seed).standard_normal((steps, 2))
    x[fault : fault + 40, 1] += 2 * (fault > 0)
    return x.astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("signals")
    for name, x in (("normal", draw(2000, 0)), ("fault", draw(900, 1, 600))):
        np.savetxt(folder / f"{name}.csv", x, "%.6g", ",", header="a,b", comments="")
    return folder


@pytest.fixture(scope="module")
def model(folder):
    return hourglass.Model.fit(folder / "normal.csv", window="auto", steps=60)


def test_steps_are_judged_as_predict_does(model, folder):
    x = np.loadtxt(folder / "fault.csv", delimiter=",", skiprows=1, dtype=np.float32)
    monitor = model.monitor()
    assert monitor.channels == ("a", "b")
    verdicts = monitor.push(x)
    wanted = model.predict(folder / "fault.csv")
    assert np.array_equal(verdicts.alarms, wanted.alarms) and verdicts.alarms[600:640].sum() > 20
    assert np.allclose(verdicts.p_values, wanted.p_values, rtol=1e-6, equal_nan=True)
    (named,) = np.nonzero(verdicts.alarms[600:640])
    assert set(verdicts.reasons[600 + named]) == {"b"} and set(verdicts.sheet["channel"][600 + named]) == {1}
    assert np.array_equal(verdicts.sheet["event"] > 0, verdicts.alarms)


def test_verdicts_do_not_depend_on_how_steps_are_cut(model):
    x = draw(600, 2, 300)
    whole, one = model.monitor().push(x), model.monitor(threads=2)
    scores = [one.push(step).scores[0] for step in x]
    assert np.array_equal(whole.scores, scores, equal_nan=True)
    one.restart()
    assert np.array_equal(one.push(x).scores, whole.scores, equal_nan=True)


def test_what_is_no_step_is_refused(model):
    monitor = model.monitor()
    with pytest.raises(hourglass.DataError, match=r"steps: expected \(steps, 2\), got \(3, 3\)"):
        monitor.push(np.zeros((3, 3)))
    assert len(monitor.push(np.zeros((0, 2)))) == 0


def test_a_model_of_rows_is_no_monitor(waves):
    with pytest.raises(hourglass.ModelError, match="expected a model of a signal"):
        hourglass.Model.fit(waves, epochs=1).monitor()


def test_a_window_of_an_array_is_refused(waves):
    with pytest.raises(hourglass.UsageError, match="window"):
        hourglass.Model.fit(waves, window="auto")
