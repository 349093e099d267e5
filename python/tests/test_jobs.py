# SPDX-License-Identifier: Apache-2.0
"""The job and option tables are what Python has: what a row adds there appears here by itself."""
import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import hourglass
from hourglass import _options, _stubs
from hourglass._lib import lib, sized, table, text

JOBS = [text(row.name) for row in table("hg_job_info", lib.hg_job_at)]


def test_every_job_of_the_command_is_here(command):
    program = os.environ.get("HOURGLASS") or str(Path(__file__).resolve().parents[2] / "build/hourglass")
    told = subprocess.run([program, "help"], check=True, capture_output=True, text=True).stdout
    modes = told.split("Modes\n")[1].split("\n\n")[0]
    own = {"cfg", "help", "version", "completion"}  # of the command line alone
    assert {line.split()[0] for line in modes.splitlines()} - own == set(JOBS)


@pytest.mark.parametrize("job", JOBS)
def test_a_job_is_a_function_and_each_of_its_options_a_keyword(job):
    function = getattr(hourglass, _options.python_name(job))
    parameters = inspect.signature(function).parameters
    options = table("hg_option_info", lambda i, info: lib.hg_option_at(job.encode(), i, info))
    assert options and _options.python_name(job) in dir(hourglass)
    for option in options:
        name = _options.python_name(text(option.name))
        assert name == "progress" or f"    {name} = " in function.__doc__
        assert parameters[name].kind == inspect.Parameter.KEYWORD_ONLY
    assert {"progress", "step", "note"} <= set(parameters)


@pytest.mark.parametrize("job", JOBS)
def test_an_unknown_keyword_gets_the_nearest_name(job):
    name = _options.jobs()[_options.python_name(job)].options[0].name
    with pytest.raises(hourglass.UsageError, match=f"did you mean '{name}'"):
        getattr(hourglass, _options.python_name(job))(**{name + "x": 1})


def test_defaults_are_shown_as_python_has_them():
    parameters = inspect.signature(hourglass.train).parameters
    assert (parameters["epochs"].default, parameters["lr"].default, parameters["shuffle"].default) == (20, 1e-3, True)
    assert parameters["data"].default is None and parameters["loss"].default == "mse"
    assert "epochs: int = 20" in str(inspect.signature(hourglass.Model.fit))


def test_every_default_may_be_said():
    for name, job in _options.jobs().items():
        _options.Options(job.name, {o.keyword: o.default for o in job.options if o.default is not None})


def test_jobs_do_what_the_command_does(waves, tmp_path):
    import numpy as np

    np.save(tmp_path / "x.npy", waves)
    x = tmp_path / "x.npy"
    told = hourglass.train(data=x, model="pca", latent=3, project=tmp_path, prepare="none")
    weights = Path(told.folder) / "weights/best.safetensors"
    assert hourglass.info(model=weights).answer["kind"] == "pca"
    assert hourglass.val(model=weights, data=x).mse == pytest.approx(told.val_mse, rel=1)
    scored = hourglass.predict(model=weights, data=x, out=tmp_path / "s.csv")
    assert scored.rows == 400 and "rows=400" in repr(scored)
    hourglass.encode(model=weights, data=x, out=tmp_path / "z.npy")
    assert np.load(tmp_path / "z.npy").shape == (400, 3)
    assert hourglass.checks().answer


def test_a_job_that_lacks_something_says_what():
    with pytest.raises(hourglass.UsageError, match="data"):
        hourglass.train()
    with pytest.raises(AttributeError, match="nothing"):
        hourglass.nothing


def test_stubs_are_of_today_s_tables():
    folder = Path(hourglass.__file__).parent
    for name, content in _stubs.stubs().items():
        assert (folder / name).read_text() == content, f"{name}: run make stubs"
    assert (folder / "py.typed").exists()


SAMPLE = """
import hourglass
model = hourglass.Model.fit([[1.0]], epochs=3, loss="mse", progress=True)
score: float = next(model.watch([[1.0]])).score
folder: str = hourglass.train(data="x.csv", shuffle=False, init="torch").folder
again: hourglass.Model = model.fit([[1.0]], batch=3).fit("x.csv")
def tell(event: hourglass.Event) -> None: print(event.kind, event.epoch)
hourglass.predict(model="m", data="x", progress=tell)
"""


def test_type_checkers_know_the_keywords(tmp_path):
    pytest.importorskip("mypy", reason="mypy is not installed")

    def check(source):
        (tmp_path / "sample.py").write_text(source)
        words = ["--strict", "--allow-any-generics", "--cache-dir", str(tmp_path / "cache"), "sample.py"]
        return subprocess.run([sys.executable, "-m", "mypy", *words], cwd=tmp_path, capture_output=True, text=True)

    told = check(SAMPLE)
    assert told.returncode == 0, told.stdout
    told = check(SAMPLE + 'hourglass.train(dta="x")\nmodel.fit([[1.0]], epochs="x")\nhourglass.train(init="torhc")\n')
    assert "Found 3 errors" in told.stdout, told.stdout


def test_sizes_are_of_the_structs_that_the_library_knows():
    assert lib.hg_job_at(0, sized("hg_job_info"))
