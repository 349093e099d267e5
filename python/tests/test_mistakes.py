# SPDX-License-Identifier: Apache-2.0
"""What is easily meant otherwise: it works, or is refused with a sentence."""
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import hourglass

QUICK = {"steps": 20}


@pytest.fixture(scope="module")
def judge(waves):
    return hourglass.Model.fit(waves, fpr=0.05, **QUICK)


@pytest.fixture(scope="module")
def plain(waves):
    return hourglass.Model.fit(np.uint8(waves * 255), model="dense 4 tanh | dense input", epochs=2)


def test_a_table_s_model_stays_one(waves, tmp_path):
    columns = {f"wave {i}": waves[:, i] for i in range(12)}
    model = hourglass.Model.fit(columns, fpr=0.05, **QUICK)
    np.save(tmp_path / "waves.npy", waves)
    for rows in (waves, columns, tmp_path / "waves.npy"):
        assert model.fit(rows, **QUICK).is_table and model.has_thresholds and len(model.columns) == 12
        assert isinstance(rows, type(tmp_path)) or model.columns == tuple(columns)
    with pytest.raises(hourglass.UsageError, match="target"):
        model.fit(waves, waves)
    model.save(tmp_path / "model.safetensors")
    told = {"data": tmp_path / "waves.npy", "pretrained": tmp_path / "model.safetensors", "project": tmp_path, **QUICK}
    with pytest.raises(hourglass.UsageError, match="prepare=table"):
        hourglass.train(**told)
    assert hourglass.load(hourglass.train(prepare="table", **told).folder).is_table
    assert not hourglass.load(hourglass.train(prepare="none", **told).folder).is_table


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("call", ["score", "predict"])
def test_ctrl_c_is_heard_while_a_data_frame_is_judged(call):
    program = textwrap.dedent(f"""
        import numpy as np, hourglass
        x = np.random.default_rng(0).normal(size=(20000, 6))
        frame = {{f"c{{i}}": x[:, i] for i in range(6)}}
        model = hourglass.Model.fit(frame, steps=5, fpr=0.05)
        print("ready", flush=True)
        try:
            while True:
                model.{call}(frame)
        except KeyboardInterrupt:
            print("heard", flush=True)
        """)
    for wait in (0.02, 0.05, 0.11):
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline() == "ready\n"
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(wait)
            process.send_signal(signal.SIGINT)
            try:
                assert process.communicate(timeout=20)[0] == "heard\n"
            finally:
                process.kill()


def test_bytes_are_judged_alike_whichever_way_they_come(plain, waves):
    rows = np.uint8(waves[:20] * 255)
    wanted = plain.score(rows)
    assert np.allclose([v.score for v in plain.watch(rows)], wanted) and np.allclose(plain.predict(rows).scores, wanted)


def test_what_is_masked_is_missing(judge, plain, waves):
    masked = np.ma.masked_array(waves.copy(), mask=np.zeros(waves.shape, bool))
    gaps = waves.copy()
    masked[::7, 3], gaps[::7, 3] = np.ma.masked, np.nan
    assert np.array_equal(judge.predict(masked).scores, judge.predict(gaps).scores)
    assert np.array_equal(judge.predict(masked).sheet["missing"], np.arange(len(waves)) % 7 == 0)
    assert next(judge.watch(masked)).missing == 1
    fitted = [hourglass.Model.fit(rows, fpr=0.05, **QUICK).score(gaps) for rows in (masked, gaps)]
    assert np.array_equal(*fitted)
    columns = [{f"column {i + 1}": rows[:, i] for i in range(12)} for rows in (masked, gaps)]
    assert np.array_equal(judge.score(columns[0]), judge.score(columns[1]))
    with pytest.raises(hourglass.DataError, match="masked"):
        plain.predict(masked)


def test_what_is_masked_is_missing_in_scikit_learn_too(waves):
    AutoencoderDetector = pytest.importorskip("hourglass.sklearn").AutoencoderDetector
    detector = AutoencoderDetector(steps=20, random_state=0).fit(waves)
    masked = np.ma.masked_array(waves[:3], mask=np.eye(3, 12, dtype=bool))
    assert np.array_equal(detector.score_samples(masked), detector.score_samples(masked.filled(np.nan)))


@pytest.mark.parametrize("rows", [np.zeros((2, 12), complex), np.array([["a"] * 12]), [["1"] * 12],
                                  np.array([[None] * 12])])
def test_rows_that_are_not_numbers_are_refused(judge, rows):
    with pytest.raises(hourglass.DataError, match="expected numbers"):
        judge.predict(rows)


def test_numbers_beyond_float32_are_refused_and_infinity_is_itself(plain, waves):
    rows = waves[:2].astype(np.float64)
    rows[1, 3] = 1e300
    for call in (plain.score, plain.predict, plain.encode):
        with pytest.raises(hourglass.DataError, match="up to 3.4e38"):
            call(rows)
    rows[1, 3] = np.inf
    assert not np.isfinite(plain.score(rows)[1])


def test_names_in_lists_may_have_commas(waves):
    columns = {name: waves[:, i] for i, name in enumerate(["x,y", 'say "x"', "x", "y", "z", "w"])}
    model = hourglass.Model.fit(columns, ignore=["x,y", 'say "x"', "z"], **QUICK)
    assert model.columns == ("x", "y", "w")
    with pytest.raises(hourglass.UsageError, match="without commas"):
        hourglass.Model.fit(columns, columns=["x number, y number"], **QUICK)


def test_cells_that_are_no_cells_are_refused(judge):
    with pytest.raises(hourglass.DataError, match="bytes"):
        next(judge.watch([[b"hot"] * 12]))
    with pytest.raises(hourglass.DataError, match="NUL"):
        next(judge.watch([["a\0b"] * 12]))


@pytest.mark.parametrize("cell", [[1, 2], {"a": 1}, (1,), np.zeros(2)])
def test_a_column_of_what_is_no_cell_is_refused(cell):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": range(50), "b": pandas.Series([cell] * 50, dtype=object)})
    with pytest.raises(hourglass.DataError, match="column 'b'"):
        hourglass.Model.fit(frame, **QUICK)


def test_pandas_own_missing_cell_is_missing(judge):
    pandas = pytest.importorskip("pandas")
    assert next(judge.watch([[pandas.NA] + [0.5] * 11])).missing == 1


def test_several_paths_are_of_captures(tables):
    with pytest.raises(hourglass.UsageError, match="captures"):
        hourglass.Model.fit([tables / "normal.csv", tables / "new.csv"])


def test_what_is_not_there_is_python_s_own_error_too(tmp_path):
    with pytest.raises(FileNotFoundError, match="nope") as caught:
        hourglass.load(tmp_path / "nope")
    assert isinstance(caught.value, hourglass.FileError) and caught.value.errno == 2
    assert caught.value.filename == str(tmp_path / "nope") and "cannot open" in str(caught.value)
    with pytest.raises(hourglass.FileError):
        hourglass.Model.fit(tmp_path / "nope.csv")


def test_a_nul_ends_nothing_early(waves):
    with pytest.raises(hourglass.UsageError, match="NUL"):
        hourglass.Model.fit(waves, model="ae\0zzz")
    with pytest.raises(hourglass.DataError, match="NUL"):
        hourglass.Model.fit({"a\0b": waves[:, 0]}, **QUICK)


def test_a_folder_that_is_gone_is_not_named(table_model):
    assert table_model.result.folder == ""


def test_a_series_and_no_columns_are_no_data_frame():
    pandas = pytest.importorskip("pandas")
    with pytest.raises(hourglass.DataError, match="got a Series"):
        hourglass.Model.fit(pandas.Series([1.0, 2.0]))
    for nothing in ({}, pandas.DataFrame()):
        with pytest.raises(hourglass.DataError, match="expected columns"):
            hourglass.Model.fit(nothing)


def test_a_tensor_of_another_type_is_named(tmp_path):
    from hourglass import _safetensors

    header = b'{"w":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}'
    (tmp_path / "w.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\0\0")
    with pytest.raises(hourglass.ModelError, match="'w' of type BF16"):
        _safetensors.read(tmp_path / "w.safetensors")


def test_a_slice_of_verdicts_is_verdicts(judge, waves):
    verdicts = judge.predict(waves)
    part = verdicts[10:40:3]
    assert len(part) == 10 and part[1] == verdicts[13] and np.array_equal(part.scores, verdicts.scores[10:40:3])
    assert len(verdicts[500:]) == 0 and verdicts[-1] == verdicts[len(waves) - 1]


def test_a_transformer_s_options_and_threads_are_the_model_s(waves):
    AutoencoderTransformer = pytest.importorskip("hourglass.sklearn").AutoencoderTransformer
    transformer = AutoencoderTransformer(n_jobs=1, options={"latent": 3, "steps": 5}).fit(waves)
    assert transformer.transform(waves).shape == (400, 3) and transformer.model_.threads == 1
