# SPDX-License-Identifier: Apache-2.0
"""A detector small enough to train in minutes: one stage, no anchors, in plain PyTorch.

Four strides of convolutions, brought back to one pixel in four, and two heads there: how much each place is the centre of a box of each
class, and how far its four sides are (after Zhou and others, Objects as Points, 2019, and Tian and others, FCOS, 2019).
"""
import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

STRIDE = 4  # pixels from a place to the next


def block(inputs, outputs, stride=1):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))


class SmallDetector(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.stem = block(3, 16, 2)
        self.stage4 = nn.Sequential(block(16, 32, 2), block(32, 32))
        self.stage8 = nn.Sequential(block(32, 64, 2), block(64, 64))
        self.stage16 = nn.Sequential(block(64, 96, 2), block(96, 96))
        self.lateral16, self.lateral8, self.lateral4 = nn.Conv2d(96, 32, 1), nn.Conv2d(64, 32, 1), nn.Conv2d(32, 32, 1)
        self.merge = block(32, 32)
        self.centre = nn.Sequential(block(32, 32), nn.Conv2d(32, classes, 1))
        self.sides = nn.Sequential(block(32, 32), nn.Conv2d(32, 4, 1))
        nn.init.constant_(self.centre[-1].bias, -4.0)

    def features(self, x):
        """Maps of one pixel in 4, in 8 and in 16."""
        f4 = self.stage4(self.stem(x))
        f8 = self.stage8(f4)
        return f4, f8, self.stage16(f8)

    def forward(self, x):
        """x (B, 3, H, W), 0 to 1; centres (B, classes, H/4, W/4) as logits, sides (B, 4, H/4, W/4) in places."""
        f4, f8, f16 = self.features(x)
        up = F.interpolate(self.lateral16(f16), scale_factor=2, mode="nearest") + self.lateral8(f8)
        merged = self.merge(F.interpolate(up, scale_factor=2, mode="nearest") + self.lateral4(f4))
        return self.centre(merged), F.softplus(self.sides(merged))


def as_input(frames):
    return torch.from_numpy(np.ascontiguousarray(frames)).permute(0, 3, 1, 2).float() / 255


def targets(boxes, classes, height, width, count):
    """For one frame: heat (count, h, w) with 1 at centres and a Gaussian about them; sides (4, h, w); weight (h, w) of those."""
    h, w = height // STRIDE, width // STRIDE
    heat, sides, weight = np.zeros((count, h, w), np.float32), np.zeros((4, h, w), np.float32), np.zeros((h, w), np.float32)
    y, x = np.mgrid[:h, :w]
    for box, c in zip(boxes / STRIDE, classes):
        cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        spread = max(0.6, 0.12 * max(box[2] - box[0], box[3] - box[1]))
        bell = np.exp(-((x + 0.5 - cx) ** 2 + (y + 0.5 - cy) ** 2) / (2 * spread**2)).astype(np.float32)
        middle = min(int(cy), h - 1), min(int(cx), w - 1)
        bell[middle] = 1
        heat[c] = np.maximum(heat[c], bell)
        near = (np.abs(x - middle[1]) <= 1) & (np.abs(y - middle[0]) <= 1)
        sides[:, near] = np.stack([x + 0.5 - box[0], y + 0.5 - box[1], box[2] - x - 0.5, box[3] - y - 0.5])[:, near].clip(0.05)
        weight[near] = 1
    return heat, sides, weight


def loss_of(logits, sides, heat, true_sides, weight):
    """Focal loss of the centres, and 1 - IoU where sides are known."""
    p = torch.sigmoid(logits).clamp(1e-5, 1 - 1e-5)
    centre = heat == 1
    focal = torch.where(centre, -((1 - p) ** 2) * p.log(), -((1 - heat) ** 4) * p**2 * (1 - p).log()).sum() / centre.sum().clamp(min=1)
    low = torch.minimum(sides, true_sides)
    both = (low[:, 0] + low[:, 2]) * (low[:, 1] + low[:, 3])
    area = (sides[:, 0] + sides[:, 2]) * (sides[:, 1] + sides[:, 3])
    true_area = (true_sides[:, 0] + true_sides[:, 2]) * (true_sides[:, 1] + true_sides[:, 3])
    overlap = both / (area + true_area - both).clamp(min=1e-6)
    return focal + 2 * ((1 - overlap) * weight).sum() / weight.sum().clamp(min=1)


def train(frames, boxes, classes, count, seed, steps, noise=None, batch=16, tell=None):
    """A SmallDetector trained on frames (n, H, W, 3) u8; noise(rng, frame) is what each is spoilt by anew. AdamW, one cycle."""
    torch.manual_seed(seed)
    rng = np.random.default_rng([seed, 99])
    net = SmallDetector(count).train()
    optimiser = torch.optim.AdamW(net.parameters(), weight_decay=1e-4)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1.2e-2, total_steps=steps, pct_start=0.1)
    known = [targets(b, c, *frames.shape[1:3], count) for b, c in zip(boxes, classes)]
    for step in range(steps):
        rows = rng.integers(0, len(frames), batch)
        seen = np.stack([noise(rng, frames[r]) if noise else frames[r] for r in rows])
        x, (heat, sides, weight) = as_input(seen), (torch.from_numpy(np.stack(t)) for t in zip(*(known[r] for r in rows)))
        if rng.random() < 0.5:
            x, heat, weight, sides = x.flip(3), heat.flip(3), weight.flip(2), sides.flip(3)[:, [2, 1, 0, 3]]
        if rng.random() < 0.5:
            x, heat, weight, sides = x.flip(2), heat.flip(2), weight.flip(1), sides.flip(2)[:, [0, 3, 2, 1]]
        loss = loss_of(*net(x), heat, sides, weight)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        cycle.step()
        if tell and step % 100 == 99:
            tell(step + 1, float(loss))
    return net.eval()


@torch.no_grad()
def predict(net, frames, batch=32, most=50):
    """For each frame (boxes (n, 4) x1 y1 x2 y2 in pixels, scores (n,), classes (n,)): peaks of the centres, best first."""
    found = []
    for k in range(0, len(frames), batch):
        logits, sides = net(as_input(frames[k:k + batch]))
        p = torch.sigmoid(logits)
        p = p * (F.max_pool2d(p, 3, 1, 1) == p)
        scores, at = p.flatten(1).topk(most)
        h, w = p.shape[2:]
        kind, place = torch.div(at, h * w, rounding_mode="floor"), at % (h * w)
        x, y = (place % w) + 0.5, torch.div(place, w, rounding_mode="floor") + 0.5
        s = sides.flatten(2).gather(2, place[:, None].expand(-1, 4, -1))
        boxes = STRIDE * torch.stack([x - s[:, 0], y - s[:, 1], x + s[:, 2], y + s[:, 3]], 2)
        for b, score, c in zip(boxes.numpy(), scores.numpy(), kind.numpy()):
            kept = score > 0.01
            found.append((b[kept], score[kept], c[kept]))
    return found


@torch.no_grad()
def embeddings(net, frames, batch=32):
    """What the detector has seen of each frame, whatever it found: logarithms of means and standard deviations of its maps, (n, 320) f32.

    Logarithms, since a covered lens has all of them near 0, which is not far from usual where it is no ratio."""
    rows = []
    for k in range(0, len(frames), batch):
        maps = net.features(as_input(frames[k:k + batch]))[1:]
        rows.append(torch.cat([part for m in maps for part in (m.mean((2, 3)), m.std((2, 3)))], 1))
    return torch.log(torch.cat(rows) + 0.01).numpy()
