# SPDX-License-Identifier: Apache-2.0
"""JAX: the training step and scoring under jit. The whole step, the choice of rows included, is one compiled call."""
import jax
import jax.numpy as jnp

from worker import BATCH, CODE, ROWS, STEPS, WIDTH, median_of, rows, seconds_of


def weights(key):
    a, b = jax.random.split(key)
    return {
        "w1": jax.random.uniform(a, (WIDTH, CODE), minval=-1 / 28, maxval=1 / 28),
        "b1": jnp.zeros(CODE),
        "w2": jax.random.uniform(b, (CODE, WIDTH), minval=-1 / 8, maxval=1 / 8),
        "b2": jnp.zeros(WIDTH),
    }


def forward(w, x):
    return jax.nn.sigmoid(jax.nn.relu(x @ w["w1"] + w["b1"]) @ w["w2"] + w["b2"])


def loss(w, x):
    return jnp.mean((forward(w, x) - x) ** 2)


def step(threads):
    data = jnp.asarray(rows())

    @jax.jit
    def one(state, order, first):
        w, m, v, t = state
        x = data[jax.lax.dynamic_slice(order, (first,), (BATCH,))].astype(jnp.float32) * (1 / 255)
        value, g = jax.value_and_grad(loss)(w, x)
        t = t + 1
        m = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, m, g)
        v = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)
        k1, k2 = 1 - 0.9**t, 1 - 0.999**t
        w = jax.tree.map(lambda p, a, b: p - 1e-3 * (a / k1) / (jnp.sqrt(b / k2) + 1e-8), w, m, v)
        return (w, m, v, t), value

    w = weights(jax.random.key(0))
    zero = jax.tree.map(jnp.zeros_like, w)
    box = {"state": (w, zero, zero, jnp.float32(0)), "order": jax.random.permutation(jax.random.key(1), ROWS)}

    def epoch():
        total = 0.0
        for i in range(STEPS):
            box["state"], value = one(box["state"], box["order"], i * BATCH)
            total += float(value)
        return total

    return lambda: seconds_of(epoch, STEPS)


def score_of():
    return jax.jit(lambda w, x: jnp.mean((forward(w, x) - x) ** 2, 1))


def bulk(threads):
    w, score = weights(jax.random.key(0)), score_of()
    x = jnp.asarray(rows(), jnp.float32) / 255
    parts = [x[first:first + 2000] for first in range(0, ROWS, 2000)]
    return lambda: seconds_of(lambda: [score(w, part).block_until_ready() for part in parts], ROWS)


def single(threads):
    w, score, x = weights(jax.random.key(0)), score_of(), jnp.full((1, WIDTH), 0.3)
    return lambda: median_of(lambda: score(w, x).block_until_ready())


JOBS = {"step, jit": step, "bulk, jit": bulk, "single, jit": single}
