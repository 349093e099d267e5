# SPDX-License-Identifier: Apache-2.0
"""Training agrees with PyTorch step by step: from the same weights and the same batches, after 10 steps every
tensor, and over 100 steps every loss, for each activation, loss, optimiser and option."""
import os
import warnings

import numpy as np
import torch
from torch import nn

from common import ACTIVATIONS, Autoencoder, check, finish, hourglass, path, read_safetensors, results, rows, write_safetensors

warnings.filterwarnings("ignore", message="The epoch parameter")
CLASSIC = "dense 64 relu | dense input sigmoid"
SMALL = "dense 24 relu, dense 6 | dense 24 relu, dense input sigmoid"


def loss_of(model, options):
    name = options.get("loss", "mse")
    if name == "bce" and isinstance(model.decoder[-1], nn.Sigmoid):
        inner = nn.BCEWithLogitsLoss()
        return lambda x: inner(model.to_logits(x), x)
    inner = {"mse": nn.MSELoss(), "mae": nn.L1Loss(), "bce": nn.BCELoss(), "huber": nn.HuberLoss(delta=options.get("delta", 1.0))}[name]
    return lambda x: inner(model(x), x)


def optimiser_of(model, options):
    name = options.get("optimizer", "adam")
    lr, decay = options.get("lr", 1e-3), options.get("weight_decay", 0)
    betas = (options.get("beta1", 0.9), options.get("beta2", 0.999))
    eps, momentum = options.get("eps", 1e-8), options.get("momentum", 0)
    if name == "sgd":
        return torch.optim.SGD(model.parameters(), lr, momentum, weight_decay=decay, nesterov=options.get("nesterov") == "true")
    if name == "rmsprop":
        return torch.optim.RMSprop(model.parameters(), lr, options.get("alpha", 0.99), eps, decay, momentum)
    kind = torch.optim.AdamW if name == "adamw" else torch.optim.Adam
    return kind(model.parameters(), lr, betas, eps, decay)


def schedule_of(optimiser, options, total, steps):
    """A scheduler to be stepped once a batch."""
    from torch.optim import lr_scheduler

    warmup = options.get("warmup", 0)
    if options.get("schedule") == "cosine":
        main = lr_scheduler.CosineAnnealingLR(optimiser, total - warmup)
    elif options.get("schedule") == "step":  # by epochs, of which the warm-up is part
        gamma, every = options.get("gamma", 0.1), options.get("step_every", 10)
        main = lr_scheduler.LambdaLR(optimiser, lambda step: gamma ** ((step + warmup) // steps // every))
    else:
        main = lr_scheduler.LambdaLR(optimiser, lambda step: 1.0)
    if not warmup:
        return main
    rise = lr_scheduler.LinearLR(optimiser, 1 / warmup, total_iters=warmup)
    return lr_scheduler.SequentialLR(optimiser, [rise, main], [warmup])


def train_torch(model, x, options, epochs, batch):
    optimiser, loss = optimiser_of(model, options), loss_of(model, options)
    steps = -(-len(x) // batch)
    schedule = schedule_of(optimiser, options, steps * epochs, steps)
    means = []
    for _ in range(epochs):
        total = 0.0
        for first in range(0, len(x), batch):
            rows_now = torch.from_numpy(x[first:first + batch])
            optimiser.zero_grad()
            value = loss(rows_now)
            value = value + model.pays() / x.shape[1]
            value.backward()
            if options.get("clip"):
                torch.nn.utils.clip_grad_norm_(model.parameters(), options["clip"])
            optimiser.step()
            schedule.step()
            total += value.item() * len(rows_now)
        means.append(total / len(x))
    return means


def compare(name, spec, width, count, batch, epochs, tensors, losses, **options):
    model = Autoencoder(spec, width)
    start = {key: value.clone() for key, value in model.state_dict().items()}
    x = rows(count, width)
    np.save(path("x.npy"), x)
    write_safetensors(path("start.safetensors"), start)
    hourglass("train", "-q", data=path("x.npy"), model=spec, pretrained=path("start.safetensors"), shuffle="false", val=0,
              pca="false", samples=0, epochs=epochs, batch=batch, project=FOLDER_RUNS, name="t", exist_ok="true", **options)
    theirs = train_torch(model, x, options, epochs, batch)
    ours = [float(row["train/loss"]) for row in results(os.path.join(FOLDER_RUNS, "t"))]
    worst = max(abs(a - b) / max(abs(b), 1e-12) for a, b in zip(ours, theirs))
    check(name + ": losses", len(ours) == len(theirs) and worst <= losses, "worst %.2g" % worst)
    if not tensors:
        return
    weights = read_safetensors(os.path.join(FOLDER_RUNS, "t", "weights", "last.safetensors"))
    worst = moved = 0.0
    for key, value in model.state_dict().items():
        a, b = weights[key].astype("f8"), value.numpy().astype("f8")
        worst = max(worst, np.linalg.norm(a - b) / np.linalg.norm(b))
        moved = max(moved, np.linalg.norm(b - start[key].numpy()) / np.linalg.norm(b))
    check(name + ": tensors", worst <= tensors and moved > 10 * tensors, "worst %.2g, moved %.2g" % (worst, moved))


FOLDER_RUNS = path("runs")

# Ten steps of plain gradient descent: every tensor to 1e-5.
ten = dict(count=64, batch=64, epochs=10, tensors=1e-5, losses=1e-5, optimizer="sgd", lr=0.5)
compare("sgd, 784-64-784", CLASSIC, 784, **ten)
for activation in ACTIVATIONS:
    spec = "dense 24 %s, dense 6 | dense 24 %s, dense input %s" % (activation, activation, activation)
    compare("sgd, " + activation, spec, 50, **dict(ten, lr=0.1))
compare("sgd, layernorm", "dense 40, layernorm gelu, dense 7 | dense 40, layernorm silu, dense input sigmoid", 61, **ten)
for loss in ("mse", "mae", "bce", "huber"):
    compare("sgd, " + loss, SMALL, 50, loss=loss, **ten)
compare("sgd, huber, delta 0.1", SMALL, 50, loss="huber", delta=0.1, **ten)
compare("sgd, mae, linear end", "dense 9 tanh | dense input", 50, loss="mae", **dict(ten, lr=0.1))
compare("sgd, momentum", SMALL, 50, momentum=0.9, **ten)
compare("sgd, nesterov", SMALL, 50, momentum=0.9, nesterov="true", **ten)
compare("sgd, weight decay", SMALL, 50, weight_decay=0.01, **ten)
compare("sgd, momentum, weight decay", SMALL, 50, momentum=0.5, weight_decay=0.01, **ten)
compare("sgd, clip", SMALL, 50, clip=0.01, **dict(ten, lr=5))
compare("sgd, clip that never bites", SMALL, 50, clip=100, **ten)
batches = dict(ten, count=100, batch=32, epochs=3)  # the last batch has 4 rows
compare("sgd, several batches", SMALL, 50, **batches)
compare("sgd, rows fewer than a batch", SMALL, 50, **dict(ten, count=5))
compare("sgd, one row a batch", SMALL, 50, **dict(ten, count=7, batch=1, epochs=2))
for schedule in ("cosine", "step"):
    compare("sgd, " + schedule, SMALL, 50, schedule=schedule, step_every=2, gamma=0.5, **dict(batches, epochs=6))
    compare("sgd, %s after warm-up" % schedule, SMALL, 50, schedule=schedule, warmup=5, step_every=2, gamma=0.5, **dict(batches, epochs=6))

# A hundred steps of the optimisers that divide: every loss to 1e-4.
hundred = dict(count=64, batch=64, epochs=100, tensors=0, losses=1e-4)
compare("adam, 784-64-784", CLASSIC, 784, **hundred)
compare("adam", SMALL, 50, **hundred)
compare("adam, betas and eps", SMALL, 50, beta1=0.8, beta2=0.99, eps=1e-6, **hundred)
compare("adam, weight decay", SMALL, 50, weight_decay=0.01, **hundred)
compare("adamw", SMALL, 50, optimizer="adamw", weight_decay=0.1, **hundred)
compare("rmsprop", SMALL, 50, optimizer="rmsprop", **hundred)
compare("rmsprop, momentum, alpha", SMALL, 50, optimizer="rmsprop", momentum=0.9, alpha=0.9, lr=1e-4, **hundred)
compare("adam, bce", SMALL, 50, loss="bce", **hundred)
compare("adam, huber", SMALL, 50, loss="huber", delta=0.05, **hundred)
compare("adam, clip", SMALL, 50, clip=0.01, **hundred)
compare("adam, cosine, several batches", SMALL, 50, schedule="cosine", warmup=10, **dict(hundred, count=100, batch=32, epochs=25))

# What keeps a code sparse, with several batches an epoch.
several = dict(hundred, count=100, batch=25, epochs=25)
compare("sparse, l1", "dense 30 relu, l1 0.1 | dense input sigmoid", 50, **several)
compare("sparse, kl", "dense 30 sigmoid, kl_sparse 0.05 weight=0.5 | dense input sigmoid", 50, **several)
compare("sparse, topk", "dense 30, topk 5 | dense input sigmoid", 50, **several)
compare("sparse, topk of relu", "dense 30 relu, topk 5 | dense input", 50, **several)
compare("sparse, batch_topk", "dense 30 relu, batch_topk 5 | dense input sigmoid", 50, **several)
finish()
