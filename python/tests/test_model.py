# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest

import hourglass


def waves(rows=400, width=12):
    draw = np.random.default_rng(0)
    phase = draw.uniform(0, 6.28, (rows, 1))
    return (0.5 + 0.4 * np.sin(phase + np.arange(width) / 2)).astype(np.float32)


def test_a_model_fits_saves_loads_and_scores_alike(tmp_path):
    x = waves()
    model = hourglass.Model.fit(x, model="dense 4 tanh | dense input", epochs=4, lr=0.02)
    model.save(tmp_path / "m.safetensors")
    again = hourglass.Model.load(tmp_path / "m.safetensors")
    assert np.array_equal(model.score(x), again.score(x))
    assert np.allclose(model.score(x), ((model.reconstruct(x) - x) ** 2).mean(1), rtol=1e-4)
    assert np.array_equal(model.decode(model.encode(x)), model.reconstruct(x))


def test_an_error_carries_the_library_s_sentence():
    with pytest.raises(hourglass.UsageError, match="did you mean 'epochs'"):
        hourglass.Model.fit(waves(), epoch=4)


def test_every_job_is_a_function():
    assert "parameters" in str(hourglass.checks().answer) or hourglass.checks().answer
    with pytest.raises(AttributeError):
        hourglass.nothing
