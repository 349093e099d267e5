# SPDX-License-Identifier: Apache-2.0
import csv
import math

import numpy as np
import pytest

import hourglass


@pytest.fixture(scope="module")
def rows(tables):
    with open(tables / "new.csv", newline="") as file:
        return list(csv.DictReader(file))


def test_a_path_gives_scores_p_values_alarms_and_reasons(table_model, tables, rows):
    verdicts = table_model.predict(tables / "new.csv")
    assert len(verdicts) == len(rows) == len(verdicts.scores) == len(verdicts.reasons)
    assert verdicts.alarms[100] and verdicts.reasons[100] == "temperature" and verdicts.p_values[100] < 1e-3
    assert np.array_equal(verdicts.scores, table_model.score(tables / "new.csv"))
    assert "observed_1" in verdicts.sheet and f"{len(rows)} rows" in repr(verdicts)


def test_a_verdict_says_why(table_model, tables):
    verdict = table_model.explain(tables / "new.csv")[100]
    assert verdict.alarm and verdict.reason == "temperature" and 0 < verdict.share <= 1 and float(verdict.expected) < 60


def test_rows_are_judged_as_they_come_like_those_of_a_file(table_model, tables, rows):
    seen = []
    stream = table_model.watch(seen.append(row) or row for row in rows)
    assert next(stream).score > 0 and len(seen) == 1
    scores = [verdict.score for verdict in table_model.watch(rows)]
    wanted = table_model.predict(tables / "new.csv")
    assert np.array_equal(np.float32(scores), wanted.scores.astype(np.float32))
    cells = [list(row.values()) for row in rows[:5]]
    assert [v.score for v in table_model.watch(cells, columns=list(rows[0]))] == scores[:5]


def test_missing_cells_are_none_or_nan(table_model, rows):
    ways = [{**rows[0], "flow": missing} for missing in ("", None, math.nan)]
    first, *others = table_model.watch(ways)
    assert first.missing == 1 and all(v == first or v.score == first.score for v in others)


def test_a_row_of_another_length_is_refused(table_model):
    names = table_model.columns
    with pytest.raises(hourglass.DataError, match="cells"):
        list(table_model.watch([[1.0] * len(names), [1.0]]))


def test_another_rate_of_alarms_needs_no_training(table_model, tables):
    few, many = (table_model.predict(tables / "new.csv", fpr=fpr).alarms.sum() for fpr in (0.001, 0.2))
    assert few < many


def test_numbers_in_memory_are_judged_like_those_of_a_file(waves, tmp_path):
    model = hourglass.Model.fit(waves, fpr=0.01, steps=60)
    np.save(tmp_path / "new.npy", waves[:50] * 1.5)
    wanted, here = model.predict(tmp_path / "new.npy"), model.predict(waves[:50] * 1.5)
    assert np.array_equal(here.scores.astype(np.float32), wanted.scores.astype(np.float32))
    assert np.array_equal(here.alarms, wanted.alarms)
    assert [v.score for v in model.watch(waves[:50] * 1.5)] == list(here.scores)
    assert here[0].reason in model.columns and here[0].threshold > 0
    assert math.isnan(next(model.watch([[math.nan] * 12])).p_value) in (True, False)


def test_rows_of_numbers_without_thresholds_have_scores_alone(waves):
    model = hourglass.Model.fit(waves, model="dense 4 tanh | dense input", epochs=2)
    verdicts = model.predict(waves)
    assert np.array_equal(verdicts.scores.astype(np.float32), model.score(waves))
    assert np.isnan(verdicts.p_values).all() and not verdicts.alarms.any()


def test_options_of_the_job_are_refused_beside_rows_in_memory(table_model):
    with pytest.raises(hourglass.UsageError, match="on_bad"):
        table_model.predict(np.zeros((2, 9)), on_bad="skip")


def test_a_table_s_rows_come_back_under_their_columns(table_model, tables, rows):
    again = table_model.reconstruct(tables / "new.csv")
    assert len(again["flow"]) == len(rows) and again["flow"].dtype == float
    assert table_model.encode(tables / "new.csv").shape == (len(rows), table_model.code_size)


@pytest.fixture(scope="module")
def numbers():
    """Rows of numbers (400, 5) of which the third column is the sum of two others."""
    x = np.random.default_rng(5).normal(10, 2, (400, 5))
    x[:, 2] = x[:, 0] + x[:, 1]
    return x


@pytest.fixture(scope="module")
def number_model(numbers):
    return hourglass.Model.fit({name: numbers[:, i] for i, name in enumerate("abcde")}, steps=100)


def test_one_row_of_a_table_gives_one_answer(number_model, numbers):
    wanted = number_model.predict(numbers[:3])
    assert number_model.score(numbers[1]) == wanted.scores[1] and isinstance(number_model.score(numbers[1]), float)
    assert list(number_model.predict(numbers[1])) == number_model.explain(numbers[1]) == [wanted[1]]
    assert np.array_equal(number_model.encode(numbers[1]), number_model.encode(numbers)[1])


def test_a_table_s_rows_are_cells_everywhere_or_said_to_be_encoded(number_model, numbers):
    frame = {name: numbers[:, i] for i, name in enumerate("abcde")}
    assert np.array_equal(number_model.encode(numbers), number_model.encode(frame))
    made = number_model.reconstruct(numbers)
    assert list(made) == list("abcde") and np.array_equal(made["c"], number_model.reconstruct(frame)["c"])
    inputs = number_model.inputs(numbers)
    assert np.array_equal(inputs, number_model.inputs(frame))
    assert np.array_equal(number_model.encode(inputs, encoded=True), number_model.encode(numbers))
    assert number_model.reconstruct(inputs, encoded=True).shape == inputs.shape
    with pytest.raises(hourglass.DataError, match="expected 5 columns, as of the model, got 4"):
        number_model.encode(numbers[:, :4])


def test_detectors_that_wait_are_bounded(number_model, numbers):
    frame = {name: numbers[:4, i] for i, name in enumerate("abcde")}
    for i in range(40):
        number_model.predict({**frame, f"more {i}": numbers[:4, 0]})
    assert len(number_model._weights.detectors) <= 16
