# SPDX-License-Identifier: Apache-2.0
"""What a running job tells, and how it is ended."""
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

import hourglass


def test_progress_is_told_of_epochs_and_stages(tables, waves):
    events = []
    hourglass.Model.fit(waves, model="ae", latent=2, epochs=3, progress=events.append)
    ends = [e for e in events if e.kind == "train" and e.epoch_end]
    assert [e.epoch for e in ends] == [1, 2, 3] and ends[0].epochs == 3
    assert ends[0].train_loss > 0 and "epoch=1" in repr(ends[0])
    events.clear()
    hourglass.Model.fit(tables / "normal.csv", steps=20, progress=events.append)
    assert any(e.kind == "progress" and e.stage and e.end for e in events)


def test_a_step_that_says_true_ends_training_with_a_model(waves):
    steps = []

    def step(e):
        steps.append(e.loss)
        return e.step == 7

    model = hourglass.Model.fit(waves, model="ae", latent=2, epochs=50, step=step)
    assert len(steps) == 7 and model.result.exit_reason == "callback" and np.isfinite(model.score(waves)).all()


def test_notes_are_told_and_kept(tables):
    told = []
    model = hourglass.Model.fit(tables / "normal.csv", steps=20, note=told.append)
    assert told and told == model.notes


@pytest.mark.parametrize("hook", ["progress", "step", "note"])
def test_what_a_callback_raises_comes_out_and_nothing_is_printed(tables, hook, capfd):
    class Mine(Exception):
        pass

    def fail(_):
        raise Mine

    with pytest.raises(Mine):
        hourglass.Model.fit(tables / "normal.csv", steps=200000, **{hook: fail})
    assert capfd.readouterr().err == ""


def test_a_bar_shows_on_standard_error(waves, capfd):
    hourglass.Model.fit(waves, model="ae", latent=2, epochs=3, progress=True)
    assert "training" in capfd.readouterr().err


def test_without_tqdm_a_line_does(waves, capfd, monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    hourglass.Model.fit(waves, model="ae", latent=2, epochs=3, progress=True)
    assert "training 100 %  loss" in capfd.readouterr().err


CHILD = """
import sys, numpy as np, hourglass
x = np.random.default_rng(0).random((3000, 40), dtype=np.float32)
print("begun", flush=True)
try:
    {call}
except KeyboardInterrupt:
    print("interrupted", flush=True)
    sys.exit(3)
"""
NETWORK = "model='dense 64 relu | dense input', epochs=1000000"
CALLS = {
    "fit": f"hourglass.Model.fit(x, {NETWORK})",
    "fit with a bar": f"hourglass.Model.fit(x, {NETWORK}, progress=True)",
    "job": f"np.save('x.npy', x); hourglass.train(data='x.npy', prepare='none', {NETWORK})",
    "score": "m = hourglass.Model.new('dense 256 relu | dense input', (40,))\n    while True: m.score(x)",
}


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("call", CALLS)
def test_ctrl_c_ends_it_quickly(call, tmp_path):
    words = [sys.executable, "-c", CHILD.format(call=CALLS[call])]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=tmp_path) as child:
        assert child.stdout.readline() == "begun\n"
        time.sleep(0.5)
        started = time.monotonic()
        child.send_signal(signal.SIGINT)
        assert child.stdout.read() == "interrupted\n" and child.wait() == 3
    assert time.monotonic() - started < 5


def test_another_thread_goes_on_meanwhile(waves):
    count, done = 0, threading.Event()

    def work():
        nonlocal count
        while not done.is_set():
            count += 1

    worker = threading.Thread(target=work)
    worker.start()
    before = count
    hourglass.Model.fit(waves, model="dense 64 relu | dense input", epochs=300)
    counted = count - before
    done.set()
    worker.join()
    assert counted > 1000


def test_jobs_run_in_several_threads(waves):
    models, workers = {}, []
    for i in range(4):
        def fit(i=i):
            models[i] = hourglass.Model.fit(waves, model="ae", latent=2, epochs=3, seed=i % 2)
        workers.append(threading.Thread(target=fit))
        workers[-1].start()
    for worker in workers:
        worker.join()
    assert np.array_equal(models[0].score(waves), models[2].score(waves))
    assert not np.array_equal(models[0].score(waves), models[1].score(waves))


def test_a_forked_child_uses_its_parent_s_model(waves):
    model = hourglass.Model.fit(waves, model="ae", latent=2, epochs=1)
    wanted = model.score(waves)
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(model.score(waves), wanted) else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_import_takes_no_numpy():
    code = "import sys, hourglass; hourglass.train; print('numpy' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert told.stdout == "False\n"
