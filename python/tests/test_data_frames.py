# SPDX-License-Identifier: Apache-2.0
"""Data frames of pandas, Polars, pyarrow and DuckDB, mappings and records: learned and judged as the command does a CSV
file of them."""
import datetime
import decimal
import threading

import numpy as np
import pytest

import hourglass
from hourglass._data_frames import Table

pd = pytest.importorskip("pandas")
ROWS = 600


def draw_frame(rows=ROWS, seed=0):
    """Readings of every type, with gaps."""
    draw = np.random.default_rng(seed)
    size = draw.uniform(1, 10, rows)
    return pd.DataFrame({
        "size": np.where(draw.random(rows) < 0.05, np.nan, size),
        "weight": (3 * size + draw.normal(0, 0.1, rows)).astype(np.float32),
        "half": np.round(size, 1).astype(np.float16),
        "count": draw.integers(0, 50, rows).astype(np.int32),
        "whole": np.floor(size * 3),
        "gaps": pd.array(np.where(draw.random(rows) < 0.2, None, draw.integers(0, 300, rows)), dtype="Int64"),
        "on": size > 4,
        "maybe": pd.array([None if draw.random() < 0.1 else bool(s > 5) for s in size], dtype="boolean"),
        "kind": pd.Categorical.from_codes(draw.integers(-1, 3, rows), ["box", "bag, large", 'crate "x"']),
        "grade": pd.Categorical(draw.integers(1, 5, rows)),
        "site": [["north", "south", "", "4"][i] for i in draw.integers(0, 4, rows)],
        "code": [f"{i % 7 + 1},{i * 37 % 1000:03d}.50" for i in range(rows)],
        "when": pd.date_range("2024-01-01 00:00:00.25", periods=rows, freq="97min"),
        "day": pd.date_range("2023-01-01", periods=rows, freq="D"),
        "zoned": pd.date_range("2024-03-01", periods=rows, freq="53min", tz="Europe/Berlin"),
        "wild": np.where(draw.random(rows) < 0.02, np.inf, size * 1e-7),
        "always": "same",
    })


@pytest.fixture(scope="module")
def frame():
    return draw_frame()


@pytest.fixture(scope="module")
def trained(frame, command, tmp_path_factory):
    """A model file by the command, of the CSV file that pandas writes, by the options of training."""
    folder, made = tmp_path_factory.mktemp("frames"), {}
    frame.to_csv(folder / "x.csv", index=False)

    def train(**options):
        name = "-".join(map(str, options.values())) or "plain"
        if name not in made:
            run = name.replace(" ", "_")
            command("train", data=folder / "x.csv", project=folder, name=run, samples=0, **OPTIONS, **options)
            made[name] = folder / run / "weights/best.safetensors"
        return folder / "x.csv", made[name]

    return train


OPTIONS = {"steps": 80, "on_bad": "score_missing"}


def other_polars(frame):
    polars = pytest.importorskip("polars")
    return polars.from_pandas(frame)


def other_pyarrow(frame):
    return pytest.importorskip("pyarrow").Table.from_pandas(frame, preserve_index=False)


def other_batch(frame):
    return other_pyarrow(frame).combine_chunks().to_batches()[0]


def other_duckdb(frame):
    duckdb = pytest.importorskip("duckdb")
    rows = other_pyarrow(frame)  # noqa: F841: named in the query
    return duckdb.sql("select * from rows")


def pandas_of_arrow(frame):
    pytest.importorskip("pyarrow")
    return frame.astype({"site": "string[pyarrow]", "code": "large_string[pyarrow]", "gaps": "int64[pyarrow]",
                         "when": "timestamp[us][pyarrow]", "maybe": "bool[pyarrow]", "size": "double[pyarrow]"})


FRAMES = {"pandas": lambda frame: frame, "pandas of arrow": pandas_of_arrow,
          "mapping": lambda frame: {name: frame[name] for name in frame},
          "polars": other_polars, "pyarrow": other_pyarrow, "batch": other_batch}


def same_tensors(model, path):
    wanted = hourglass.load(path).tensors
    return all(np.array_equal(model.tensors[name], wanted[name]) for name in wanted)


def read_scores(path):
    return pd.read_csv(path)["score"].to_numpy().astype(np.float32)


@pytest.mark.parametrize("options", [{}, {"groupby": "site", "fpr": 0.05}, {"label": "on", "normal": "True"},
                                     {"contamination": 0.05}, {"columns": "count category, code ignore"}])
def test_a_frame_is_learned_as_the_command_learns_its_file(frame, trained, options):
    _, path = trained(**options)
    model = hourglass.Model.fit(frame, **OPTIONS, **options)
    assert same_tensors(model, path)
    assert model.columns == hourglass.load(path).columns


@pytest.mark.parametrize("kind", FRAMES)
def test_frames_of_every_library_give_the_same_model_and_scores(frame, trained, command, tmp_path, kind):
    csv, path = trained()
    other = FRAMES[kind](frame)
    model = hourglass.Model.fit(other, **OPTIONS)
    assert same_tensors(model, path)
    command("predict", model=path, data=csv, out=tmp_path / "s.csv", on_bad="score_missing")
    verdicts = model.predict(other)
    assert np.array_equal(verdicts.scores.astype(np.float32), read_scores(tmp_path / "s.csv"))
    assert np.array_equal(hourglass.load(path).score(other), verdicts.scores)


def test_what_duckdb_selects_is_learned_and_scored_as_its_rows(frame):
    known = frame.drop(columns="half")  # which it has no type for
    model, wanted = hourglass.Model.fit(other_duckdb(known), **OPTIONS), hourglass.Model.fit(known, **OPTIONS)
    assert np.array_equal(model.score(other_duckdb(known)), wanted.score(known))


def test_verdicts_of_new_rows_are_those_of_the_command(trained, command, tmp_path):
    _, path = trained(groupby="site", fpr=0.05)
    new = draw_frame(200, seed=1)
    new.loc[::10, "weight"] *= -4
    new.loc[5, "kind"] = None
    new.to_csv(tmp_path / "new.csv", index=False)
    command("predict", model=path, data=tmp_path / "new.csv", out=tmp_path / "s.csv", on_bad="score_missing",
            reasons="all", top=1)
    wanted, verdicts = pd.read_csv(tmp_path / "s.csv", keep_default_na=False), hourglass.load(path).predict(new)
    assert np.array_equal(verdicts.scores.astype(np.float32), wanted["score"].astype(np.float32))
    assert np.array_equal(verdicts.alarms, wanted["alarm"] == 1) and verdicts.alarms.sum() > 10
    assert np.allclose(verdicts.p_values, wanted["p_value"].astype(float), rtol=1e-6)
    assert list(verdicts.reasons) == list(wanted["column_1"])
    told = list(zip(verdicts.expected, map(str, wanted["expected_1"]), verdicts.alarms))
    assert all(mine == theirs for mine, theirs, alarm in told if alarm)


def test_columns_may_stand_in_any_order_beside_others(frame, trained):
    model = hourglass.load(trained()[1])
    turned = frame[frame.columns[::-1]].assign(more="unknown")
    assert np.array_equal(model.score(turned), model.score(frame))
    with pytest.raises(hourglass.DataError, match="column 'weight' as in training"):
        model.score(frame.drop(columns="weight"))


def test_shares_say_how_much_of_a_score_each_column_has(frame, trained):
    model = hourglass.load(trained()[1])
    shares, verdicts = model.shares(frame), model.predict(frame)
    assert shares.shape == (ROWS, len(model.columns)) and np.allclose(shares.sum(1), 1, atol=1e-5)
    assert [model.columns[i] for i in shares.argmax(1)] == list(verdicts.reasons)
    assert np.allclose(shares.max(1), verdicts.shares)


def test_numbers_have_shares_too(waves):
    model = hourglass.Model.fit(waves, model="dense 3 tanh | dense input", epochs=2)
    shares = model.shares(waves)
    error = (model.reconstruct(waves) - waves) ** 2
    assert np.allclose(shares, error / error.sum(1, keepdims=True), atol=1e-4)


def test_codes_of_a_frame_are_those_of_its_file(frame, trained, command, tmp_path):
    csv, path = trained()
    model = hourglass.load(path)
    command("encode", model=path, data=csv, out=tmp_path / "z.npy", on_bad="score_missing")
    assert np.array_equal(model.encode(frame), np.load(tmp_path / "z.npy"))
    assert model.inputs(frame).shape == (ROWS, model.width)


def test_a_frame_is_given_back_in_its_own_columns_and_units(frame, trained, command, tmp_path):
    csv, path = trained()
    command("reconstruct", model=path, data=csv, out=tmp_path / "y.csv", on_bad="score_missing")
    wanted = pd.read_csv(tmp_path / "y.csv", keep_default_na=False, dtype=str)
    made = hourglass.load(path).reconstruct(frame)
    assert list(made) == list(wanted)
    assert list(made["kind"]) == list(wanted["kind"])
    assert set(made["kind"]) <= {"box", "bag, large", 'crate "x"', "", "(other)"}
    numbers = pd.to_numeric(wanted["weight"]).to_numpy()
    assert made["weight"].dtype == float and np.allclose(made["weight"], numbers, rtol=1e-5)
    gaps = pd.to_numeric(wanted["gaps"]).to_numpy()
    assert np.array_equal(np.isnan(made["gaps"]), np.isnan(gaps))


def test_a_model_of_numbers_takes_a_frame_by_its_names(waves):
    frame = pd.DataFrame(waves, columns=[f"s{i}" for i in range(12)])
    model = hourglass.Model.fit(waves, model="dense 3 tanh | dense input", epochs=2)
    assert np.array_equal(model.score(frame).astype(np.float32), model.score(waves))


def test_a_structured_array_is_a_frame(waves, tmp_path):
    records = np.rec.fromarrays(list(waves.T), names=[f"s{i}" for i in range(12)])
    pd.DataFrame(records).to_csv(tmp_path / "x.csv", index=False)
    model = hourglass.Model.fit(records, steps=40)
    wanted = hourglass.Model.fit(tmp_path / "x.csv", prepare="table", steps=40)
    assert all(np.array_equal(model.tensors[name], wanted.tensors[name]) for name in wanted.tensors)
    assert np.array_equal(model.score(records), model.score(pd.DataFrame(records)))


def test_objects_are_what_a_file_has_of_them(tmp_path):
    draw = np.random.default_rng(3)
    frame = pd.DataFrame({
        "mixed": [[1, "a", None, 2.5, True][i] for i in draw.integers(0, 5, 300)],
        "day": [datetime.date(2024, 1, 1) + datetime.timedelta(days=i) for i in range(300)],
        "clock": [datetime.time(i % 24, i % 60) for i in range(300)],
        "price": [decimal.Decimal(int(i)) / 100 for i in draw.integers(0, 9999, 300)],
        "size": draw.normal(size=300)}).astype({"mixed": object})
    frame.to_csv(tmp_path / "x.csv", index=False)
    model, wanted = hourglass.Model.fit(frame, steps=40), hourglass.Model.fit(tmp_path / "x.csv", steps=40)
    assert all(np.array_equal(model.tensors[name], wanted.tensors[name]) for name in wanted.tensors)


@pytest.mark.parametrize("numbers", ["f4", "f2"])
def test_short_floats_are_the_numbers_their_digits_say(numbers):
    bits = np.random.default_rng(5).integers(0, 2 ** (8 * np.dtype(numbers).itemsize), 20000).astype(f"u{numbers[1]}")
    x = bits.view(numbers)
    x = x[np.isfinite(x)]
    model = hourglass.Model.fit({"x": np.arange(200.0) % 17, "y": np.arange(200.0) % 13}, steps=5)
    as_text = np.array([float(str(value)) for value in x])
    rows = {"x": as_text, "y": np.ones(len(x))}
    assert np.array_equal(model.inputs({**rows, "x": x}), model.inputs(rows))


def test_columns_of_numbers_and_times_are_not_copied(frame):
    values = {"x": np.arange(5.0), "t": np.arange(5).astype("datetime64[us]")}
    addresses = [a.__array_interface__["data"][0] for a in values.values()]
    from hourglass._data_frames import Columns
    from hourglass._lib import ffi

    columns = Columns()
    for name, column in values.items():
        columns.add(name, column)
    assert [int(ffi.cast("uintptr_t", array.buffers[1])) for array in columns.arrays] == addresses


def test_a_table_outlives_the_frame_it_is_of():
    pa = pytest.importorskip("pyarrow")
    for made in (pa.table({"x": np.arange(1000.0)}), {"x": [str(i) for i in range(1000)]}):
        table = Table(made)
        del made
        assert len(table) == 1000 and table.names == ("x",)


@pytest.mark.parametrize("bad, says", [
    ({"x": [1, 2], "y": [1]}, "column 'y': expected 2 rows as in the others, got 1"),
    ({"x": np.zeros((2, 2))}, "column 'x': expected one value a row"),
    ({"x": [1j, 2j]}, "column 'x': expected numbers, texts, booleans or times, got complex128"),
    ({"x": np.array([b"a", None], object)}, "got bytes"),
    ({"x": ["a\0b"]}, "zero byte"),
    ({"x": ["\ud800"]}, "UTF-8"),
    ({}, "expected columns, got none"),
])
def test_columns_that_cannot_be_meant_are_named(bad, says):
    with pytest.raises(hourglass.DataError, match=says):
        Table(bad)


def test_nested_columns_are_named_with_their_format():
    pa = pytest.importorskip("pyarrow")
    with pytest.raises(hourglass.DataError, match=r"column 'x'.*format '\+l' \(nested"):
        Table(pa.table({"x": [[1, 2], [3]]}))
    with pytest.raises(hourglass.DataError, match=r"column 'y'.*'z' \(bytes\)"):
        Table(pa.table({"x": [1], "y": [b"a"]}))


def test_options_of_files_are_refused_beside_a_frame(frame):
    with pytest.raises(hourglass.UsageError, match="query"):
        hourglass.Model.fit(frame, query="select 1")
    with pytest.raises(hourglass.UsageError, match="target"):
        hourglass.Model.fit(frame, target=frame)


def test_several_threads_judge_one_frame(frame, trained):
    model = hourglass.load(trained()[1])
    wanted, found = model.score(frame), [None] * 4

    def judge(i):
        found[i] = model.score(frame)

    threads = [threading.Thread(target=judge, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(scores, wanted) for scores in found)
