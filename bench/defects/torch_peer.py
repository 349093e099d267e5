#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A model of parts beside the same work in PyTorch: torch_peer.py SET [threads=1] [steps=20] [images=40]

SET is a folder in MVTec's layout, of 256 x 256 pixels. Two jobs:

  training    a step of 16 crops of 128 x 128: the preset `repair`, mse_mask, AdamW. Ours cuts the crops and draws the damage besides
              (the difference of two runs, so that nothing else counts); PyTorch's are ready in memory.
  prediction  a picture of 256 x 256: network, mask and residual to cells, patches of two levels along 48 axes, distances to a memory
              of 1024, a map, its score, the map as a PNG of 16 bits, a mask and an overlay. Ours has two clues more, reads the file,
              and writes contact sheet and gallery (one part in a hundred of the pictures' time, of 300).

Figures are seconds of CPU, of all threads: what else runs on the machine counts for little. Wall time is beside them.
"""
import os
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

COMMAND = os.environ.get("HOURGLASS", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/hourglass"))


def normed(cin, cout, conv):
    return nn.Sequential(conv, nn.BatchNorm2d(cout), nn.ReLU(inplace=True))


def same(cin, cout):
    return normed(cin, cout, nn.Conv2d(cin, cout, 3, padding=1))


def halved(cin, cout):
    return normed(cin, cout, nn.Conv2d(cin, cout, 2, stride=2))


def doubled(cin, cout):
    return normed(cin, cout, nn.ConvTranspose2d(cin, cout, 2, stride=2))


class Repair(nn.Module):
    """src/graph/preset.c's `repair`, for pictures of one channel and their reference."""

    def __init__(self, channels=2):
        super().__init__()
        self.first = nn.Sequential(same(4 * channels, 32), same(32, 32))
        self.second = nn.Sequential(halved(32, 64), same(64, 64))
        self.third = nn.Sequential(halved(64, 96), same(96, 96))
        self.fourth = nn.Sequential(halved(96, 128), same(128, 128), same(128, 128))
        self.up = nn.ModuleList([doubled(128, 96), doubled(96, 64), doubled(64, 32)])
        self.joined = nn.ModuleList([same(192, 96), same(128, 64), nn.Sequential(same(64, 32), same(32, 32))])
        self.last = nn.ConvTranspose2d(32, channels, 4, stride=2, padding=1)

    def forward(self, x):
        return self.encoded(x)[0]

    def encoded(self, x):
        """Beside what comes out the features of an eighth."""
        a = self.first(F.pixel_unshuffle(x, 2))
        b = self.second(a)
        c = self.third(b)
        y = self.fourth(c)
        for kept, up, joined in zip((c, b, a), self.up, self.joined):
            y = joined(torch.cat((up(y), kept), 1))
        return self.last(y) + x, c


def mse_mask(y, target):
    return F.mse_loss(y[:, :1], target[:, :1]) + F.binary_cross_entropy_with_logits(y[:, 1], target[:, 1])


def spent(job):
    """CPU of this process, and wall time."""
    cpu, wall = time.process_time(), time.perf_counter()
    job()
    return time.process_time() - cpu, time.perf_counter() - wall


def run(*arguments):
    """CPU of the command, and wall time."""
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([COMMAND, *arguments], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.perf_counter() - wall


def torch_training(steps, channels_last):
    net = Repair()
    if channels_last:
        net = net.to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(net.parameters(), 2e-3, weight_decay=1e-3)
    x = torch.rand(16, 2, 128, 128)
    target = torch.cat((x[:, :1], (x[:, 1:] > 0.9).float()), 1)
    if channels_last:
        x, target = (t.to(memory_format=torch.channels_last) for t in (x, target))

    def job():
        for _ in range(steps):
            optimiser.zero_grad()
            mse_mask(net(x), target).backward()
            optimiser.step()

    spent(job)
    return [t / steps for t in spent(job)]


def torch_prediction(images, folder):
    net = Repair().eval()
    picture = torch.rand(1, 2, 256, 256)
    axes, memory, encodings = torch.rand(50, 48), torch.rand(1024, 48), torch.rand(2048, 96)
    blur = torch.tensor([1., 4., 6., 4., 1.]) / 16
    kernel = (blur[:, None] * blur[None])[None, None]

    def write(cells, number):
        large = F.interpolate(cells, size=(256, 256), mode="bilinear", align_corners=False)[0, 0].numpy()
        Image.fromarray(np.clip(large * 1000, 0, 65535).astype(np.uint16)).save(f"{folder}/{number}_map.png")
        Image.fromarray(((large > 1) * 255).astype(np.uint8)).save(f"{folder}/{number}_mask.png")
        grey = (picture[0, 0].numpy() * 255).astype(np.uint8)
        heat = np.stack((np.clip(large * 90, 0, 255).astype(np.uint8), grey, grey), 2)
        Image.fromarray(heat).save(f"{folder}/{number}_overlay.jpg", quality=90)

    @torch.inference_mode()
    def one(number):
        y, features = net.encoded(picture)
        mask = F.avg_pool2d(y[:, 1:].clamp(min=-10), 2)
        residual = F.avg_pool2d((y[:, :1] - picture[:, :1]) ** 2, 2).sqrt()
        quarter = F.avg_pool2d(picture[:, :1], 4)
        near = F.unfold(F.pad(quarter, (2, 2, 2, 2), mode="reflect"), 5, stride=2)[0].T
        far = F.unfold(F.pad(F.avg_pool2d(quarter, 2), (2, 2, 2, 2), mode="reflect"), 5)[0].T
        patches = torch.cat((near, far), 1) @ torch.cat((axes[:25], axes[25:]))
        distance = torch.cdist(patches, memory).min(1).values.reshape(1, 1, 32, 32)
        distance = F.interpolate(distance, size=(128, 128), mode="bilinear", align_corners=False)
        novel = torch.cdist(features[0].flatten(1).T, encodings).min(1).values.reshape(1, 1, 32, 32)
        novel = F.interpolate(novel, size=(128, 128), mode="bilinear", align_corners=False)
        cells = sum(F.conv2d(c, kernel, padding=2) for c in (mask, residual, distance, novel)) / 4
        float(cells.flatten().topk(16).values.mean())
        write(cells, number)

    def job():
        for i in range(images):
            one(i)

    one(0)
    return [t / images for t in spent(job)]


def our_training(data, folder, threads, steps):
    def seconds(count):
        return run("train", "-q", f"data={data}", "imgsz=256", "align=false", f"steps={count}", "batch=16", f"threads={threads}",
                   f"project={folder}", f"name=of{count}", "exist_ok=true", "fraction=0.2")

    few, many = seconds(2), seconds(2 + steps)
    return [(b - a) / steps for a, b in zip(few, many)]


def our_prediction(data, folder, threads, images):
    pictures = os.path.join(folder, "pictures")
    os.mkdir(pictures)
    good = os.path.join(data, "train/good")
    for name in sorted(os.listdir(good))[:images]:
        os.symlink(os.path.join(os.path.abspath(good), name), os.path.join(pictures, name))
    run_one = run("predict", "-q", f"model={folder}/of2", f"data={pictures}", f"threads={threads}", f"out={folder}/x.csv",
                  f"maps={folder}/maps")
    return [t / len(os.listdir(pictures)) for t in run_one]


def main():
    named = dict(a.split("=", 1) for a in sys.argv[2:])
    threads, steps, images = (int(named.get(k, v)) for k, v in (("threads", 1), ("steps", 20), ("images", 40)))
    torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as folder:
        rows = [("a training step", our_training(sys.argv[1], folder, threads, steps),
                 min(torch_training(steps, False), torch_training(steps, True))),
                ("a prediction", our_prediction(sys.argv[1], folder, threads, images), torch_prediction(images, folder))]
    print(f"| {threads} threads | ours, ms CPU | PyTorch {torch.__version__} | ratio | ours, ms wall | PyTorch | ratio |")
    print("|---|---|---|---|---|---|---|")
    for name, ours, theirs in rows:
        figures = [f"{1e3 * o:.1f} | {1e3 * t:.1f} | {t / o:.2f}" for o, t in zip(ours, theirs)]
        print(f"| {name} | " + " | ".join(figures) + " |")


if __name__ == "__main__":
    main()
