# SPDX-License-Identifier: Apache-2.0
"""Parquet files beside NPY files of the same rows, as pyarrow and polars read them."""
import numpy as np
import pytest

import hourglass


def read_both(path):
    """What pyarrow and polars make of a file: names, and (rows, width) of each."""
    parquet, polars = pytest.importorskip("pyarrow.parquet"), pytest.importorskip("polars")
    table = parquet.read_table(path)
    columns = np.stack([column.to_numpy() for column in table.columns], 1)
    return table.column_names, columns, polars.read_parquet(path).to_numpy()


@pytest.fixture(scope="module")
def model(waves, tmp_path_factory):
    path = tmp_path_factory.mktemp("parquet") / "m.safetensors"
    hourglass.Model.fit(waves, model="dense 3 tanh | dense input", epochs=1).save(path)
    return path


@pytest.mark.parametrize("job, letter", [("encode", "z"), ("reconstruct", "x")])
def test_a_parquet_file_has_the_numbers_of_the_npy_file(job, letter, model, waves, tmp_path):
    np.save(tmp_path / "x.npy", waves)
    for name in ("a.npy", "a.parquet"):
        getattr(hourglass, job)(model=model, data=tmp_path / "x.npy", out=tmp_path / name)
    want = np.load(tmp_path / "a.npy")
    names, *found = read_both(tmp_path / "a.parquet")
    assert names == [f"{letter}{i}" for i in range(want.shape[1])]
    assert all(x.dtype == np.float32 and np.array_equal(x, want) for x in found)


def test_many_rows_make_groups_and_odd_names_are_kept(tmp_path):
    rows, names = 300_000, ["a, b", "größe", 'say "x"']
    x = np.random.default_rng(2).random((rows, 3), dtype=np.float32)
    with open(tmp_path / "x.csv", "w") as file:
        file.write('"a, b",größe,"say ""x"""\n')
        np.savetxt(file, x[:1000], fmt="%.7g", delimiter=",")
    np.save(tmp_path / "x.npy", x)
    model = tmp_path / "m.safetensors"
    hourglass.train(data=tmp_path / "x.csv", model="dense 2 | dense input", epochs=1, prepare="none", pca=False,
                    project=tmp_path, name="run")
    (tmp_path / "run/weights/best.safetensors").rename(model)
    for name in ("a.npy", "a.parquet"):
        hourglass.reconstruct(model=model, data=tmp_path / "x.npy", out=tmp_path / name)
    hourglass.reconstruct(model=model, data=tmp_path / "x.csv", out=tmp_path / "b.parquet")
    _, *found = read_both(tmp_path / "a.parquet")
    assert all(np.array_equal(y, np.load(tmp_path / "a.npy")) for y in found)
    assert read_both(tmp_path / "b.parquet")[0] == names


def test_rows_of_a_table_are_not_made_numbers(table_model, tables, tmp_path):
    path = tmp_path / "m.safetensors"
    table_model.save(path)
    with pytest.raises(hourglass.HourglassError, match="ends in .csv, or a database"):
        hourglass.reconstruct(model=path, data=tables / "new.csv", out=tmp_path / "a.parquet")
    hourglass.encode(model=path, data=tables / "new.csv", out=tmp_path / "z.parquet")
    assert read_both(tmp_path / "z.parquet")[1].shape[0] == 600
