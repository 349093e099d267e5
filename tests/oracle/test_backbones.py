# SPDX-License-Identifier: Apache-2.0
"""Features of backbones beside PyTorch's: networks of torchvision's names and random weights, maps averaged and enlarged, to
1e-4 of the largest. With torchvision its own networks too."""
import os
import subprocess
import warnings

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from common import COMMAND, check, finish, path, write_safetensors

try:
    import torchvision
except ImportError:
    torchvision = None

RUN = os.path.join(os.path.dirname(COMMAND), "tests", "backbone_run")
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Block(nn.Module):
    """He et al. 2015; the stride of a bottleneck is its 3 x 3 convolution's."""

    def __init__(self, channels, width, out, stride, is_basic):
        super().__init__()
        self.is_basic = is_basic
        self.conv1 = nn.Conv2d(channels, width, 3 if is_basic else 1, stride if is_basic else 1, 1 if is_basic else 0, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, 1 if is_basic else stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        if not is_basic:
            self.conv3 = nn.Conv2d(width, out, 1, bias=False)
            self.bn3 = nn.BatchNorm2d(out)
        self.downsample = None
        if stride > 1 or channels != out:
            self.downsample = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        around = self.downsample(x) if self.downsample else x
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if not self.is_basic:
            y = self.bn3(self.conv3(F.relu(y)))
        return F.relu(y + around)


class ResNet(nn.Module):
    def __init__(self, blocks, width, is_basic):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        channels = 64
        for stage, count in enumerate(blocks):
            out = 64 * 2 ** stage * (1 if is_basic else 4)
            layers = []
            for i in range(count):
                layers.append(Block(channels, width * 2 ** stage, out, 2 if stage and not i else 1, is_basic))
                channels = out
            setattr(self, "layer%d" % (stage + 1), nn.Sequential(*layers))

    def forward(self, x):
        return stages_of(self, x)[-1]


def bottleneck(width):
    """As far as the stages that are compared."""
    return ResNet((3, 4, 6), width, False)


def vgg(convolutions):
    layers, channels = [], 3
    for block, count in enumerate(convolutions):
        for _ in range(count):
            out = min(64 * 2 ** block, 512)
            layers += [nn.Conv2d(channels, out, 3, padding=1), nn.ReLU()]
            channels = out
        layers.append(nn.MaxPool2d(2))
    net = nn.Module()
    net.features = nn.Sequential(*layers)
    return net


def stages_of(net, x):
    """The maps of all stages."""
    if hasattr(net, "features"):
        maps = []
        for layer in net.features:
            if isinstance(layer, nn.MaxPool2d):
                maps.append(x)
            x = layer(x)
        return maps
    x = F.max_pool2d(F.relu(net.bn1(net.conv1(x))), 3, 2, 1)
    maps = []
    for name in ("layer1", "layer2", "layer3", "layer4"):
        if hasattr(net, name):
            x = getattr(net, name)(x)
            maps.append(x)
    return maps


def features_of(net, picture, stages):
    x = torch.from_numpy(np.moveaxis(picture, -1, 0))[None]
    x = (x - torch.tensor(MEAN)[:, None, None]) / torch.tensor(DEVIATION)[:, None, None]
    with torch.no_grad():
        maps = [stages_of(net, x)[i - 1] for i in stages]
        maps = [F.avg_pool2d(value, 3, 1, 1, count_include_pad=False) for value in maps]
        size = maps[0].shape[2:]
        maps = [F.interpolate(value, size, mode="bilinear", align_corners=False) for value in maps]
    return np.moveaxis(torch.cat(maps, 1)[0].numpy(), 0, -1)


def draw_weights(net, seed):
    """Of a size that keeps numbers where they are; batch norms unlike those at the start."""
    torch.manual_seed(seed)
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                nn.init.uniform_(module.bias, -0.3, 0.3)
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.4, 0.9)
            nn.init.uniform_(module.bias, -0.3, 0.3)
            nn.init.uniform_(module.running_mean, -0.3, 0.3)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return net.eval()


def run(weights, stages, picture, threads=2, **environment):
    words = [RUN, weights, stages, threads] + list(picture.shape)
    done = subprocess.run([str(word) for word in words], input=picture.tobytes(), capture_output=True, env=dict(os.environ, **environment))
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    said = done.stderr.decode().split()
    return said[0], np.frombuffer(done.stdout, "<f4").reshape([int(side) for side in said[2:]]), done.stdout


def distance(ours, theirs):
    return np.max(np.abs(ours - theirs)) / np.max(np.abs(theirs)) if ours.shape == theirs.shape else np.inf


def compare(name, net, stages, shape=(75, 98, 3), said=None):
    picture = np.random.RandomState(2).uniform(0, 1, shape).astype("f4")
    weights = write(name, draw_weights(net, 4).state_dict())
    found, ours, bits = run(weights, ",".join(str(i) for i in stages), picture)
    theirs = features_of(net, picture if shape[2] == 3 else picture.repeat(3, 2), stages)
    off = distance(ours, theirs)
    what = "%s, stages %s of a picture %s" % (name, stages, shape)
    check(what, found == (said or name) and off <= 1e-4, "worst %.2g of %s" % (off, ours.shape))
    return weights, picture, bits


def write(name, state):
    file = path(name + ".safetensors")
    write_safetensors(file, {key: value for key, value in state.items() if value.ndim})
    return file


resnet18 = ResNet((2, 2, 2, 2), 64, True)
weights, picture, bits = compare("resnet18", resnet18, (2, 3))
check("one thread gives the same bits", run(weights, "layer2,layer3", picture, 1)[2] == bits)
for isa in ("ref", "avx2", "avx512"):
    has_it = subprocess.run([COMMAND, "checks"], capture_output=True, env=dict(os.environ, HG_ISA=isa)).returncode == 0
    check("%s gives the same bits" % isa, not has_it or run(weights, "layer2,layer3", picture, 3, HG_ISA=isa)[2] == bits)
compare("resnet18", resnet18, (1, 2, 3, 4), (64, 64, 1))
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    x, modes = torch.zeros(1, 3, 64, 64), torch.onnx.TrainingMode
    torch.onnx.export(resnet18, x, path("named.onnx"), training=modes.PRESERVE, do_constant_folding=False)
    torch.onnx.export(resnet18, x, path("folded.onnx"))
check("ONNX gives the same bits", run(path("named.onnx"), "layer2,layer3", picture)[2] == bits)
try:
    run(path("folded.onnx"), "layer2,layer3", picture)
    check("an export without names is refused", False)
except RuntimeError as refused:
    check("an export without names is refused", "whose names are lost" in str(refused))
compare("resnet34", ResNet((3, 4, 6), 64, True), (2, 3))
compare("resnet50", bottleneck(64), (2, 3))
compare("resnet50", ResNet((3, 4, 6, 3), 64, False), (4,), (128, 64, 3))
compare("wide_resnet50_2", bottleneck(128), (2, 3), (65, 66, 3))
compare("vgg16", vgg((2, 2, 3, 3, 3)), (3, 4))
compare("vgg16", vgg((2, 2, 3, 3, 3)), (1, 5), (64, 47, 1))
compare("vgg19", vgg((2, 2, 4, 4, 4)), (2, 4), (50, 33, 3))
if torchvision:
    compare("resnet18", torchvision.models.resnet18(weights=None), (2, 3), (64, 64, 3))
    compare("vgg16", torchvision.models.vgg16(weights=None).eval(), (3, 4), (64, 64, 3))
    for name, ours in (("resnet50", bottleneck(64)), ("wide_resnet50_2", bottleneck(128))):
        theirs = {key: value.shape for key, value in getattr(torchvision.models, name)(weights=None).state_dict().items()}
        same = all(theirs.get(key) == value.shape for key, value in ours.state_dict().items())
        check("torchvision's names and shapes of a %s" % name, same)
else:
    print("skipped: torchvision's own networks (apt-get install python3-torchvision)")
finish()
