# SPDX-License-Identifier: Apache-2.0
"""The loss by columns beside PyTorch's mse_loss, huber_loss, cross_entropy and binary_cross_entropy_with_logits: losses, slopes,
errors of each column, finished outputs."""
import os
import subprocess

import numpy as np
import torch
from torch.nn import functional as F

from common import COMMAND, check, finish

RUN = os.path.join(os.path.dirname(COMMAND), "tests", "spans_run")
draw = np.random.RandomState(3)
ROWS = 13


def column_loss(column, y, t, delta):
    """Of one row: y, t (floats of the column)."""
    loss = torch.zeros(())
    is_missing = False
    if column.endswith("m"):
        loss = F.binary_cross_entropy_with_logits(y[-1], t[-1])
        is_missing = t[-1] > 0.5
        y, t = y[:-1], t[:-1]
    if is_missing:
        return loss
    if column[0] == "c":
        return loss + F.cross_entropy(y[None], t[None])
    return loss + (2 * F.huber_loss(y, t, delta=delta) if delta else F.mse_loss(y, t))


def targets(columns, soft):
    parts = []
    for column in columns:
        n = int(column[1:].rstrip("m")) - column.endswith("m")
        if column[0] == "c":
            part = draw.dirichlet(np.ones(n), ROWS) if soft else np.eye(n)[draw.randint(n, size=ROWS)]
        else:
            part = draw.randn(ROWS, n)
        if column.endswith("m"):
            missing = draw.rand(ROWS, 1) < 0.4
            part = np.concatenate([np.where(missing, 0 if column[0] == "c" else part, part), missing], 1)
        parts.append(part)
    return np.concatenate(parts, 1).astype("f4")


def compare(columns, delta=0.0, soft=False, scale=2.0):
    columns = columns.split()
    widths = [int(column[1:].rstrip("m")) for column in columns]
    t = targets(columns, soft)
    y = torch.from_numpy((draw.randn(*t.shape) * scale).astype("f4")).requires_grad_()
    rows = [[column_loss(c, a, b, delta) for c, a, b in zip(columns, y[r].split(widths), torch.from_numpy(t[r]).split(widths))]
            for r in range(ROWS)]
    errors = torch.stack([torch.stack(row) for row in rows])
    losses = errors.mean(1)
    losses.sum().backward()
    finished = []
    for column, part in zip(columns, y.detach().split(widths, 1)):
        value, flag = (part[:, :-1], part[:, -1:].sigmoid()) if column.endswith("m") else (part, part[:, :0])
        finished += [value.softmax(1) if column[0] == "c" else value, flag]
    done = subprocess.run([RUN, str(delta), str(ROWS)] + columns, input=y.detach().numpy().tobytes() + t.tobytes(), capture_output=True)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    ours, at = np.frombuffer(done.stdout, "f4"), 0
    for what, theirs in [("losses", losses), ("slopes", y.grad), ("errors", errors), ("finished", torch.cat(finished, 1))]:
        theirs = theirs.detach().numpy()
        got = ours[at:at + theirs.size].reshape(theirs.shape)
        at += theirs.size
        worst = np.max(np.abs(got - theirs)) / max(1, np.max(np.abs(theirs)))
        check("%s of %s" % (what, " ".join(columns)), worst <= 2e-6, "worst difference %.2g" % worst)
    check("nothing beside", at == ours.size)


compare("n1")
compare("c2")
compare("n1 c3 n1 n2 c17 n5")
compare("n2m c4m n1 c71 n6m")
compare("c16 c15m c33 c32", scale=30.0)
compare("n1 n2m c5 n3", delta=0.7)
compare("c3 c70 c17m", soft=True)
compare(" ".join(["n1"] * 34 + ["c3", "c70", "c11", "n2m"]))
finish()
