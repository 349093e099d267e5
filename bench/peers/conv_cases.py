# SPDX-License-Identifier: Apache-2.0
"""The jobs on images that `hourglass bench what=conv` measures, told once for all rivals. The names are its figures'."""
import json
import os
import subprocess
from collections import namedtuple

PASSES = ("forward", "data", "weights")

# side: of the layer's own input; shown: the side in the figure's name
Layer = namedtuple("Layer", "name kind kernel stride inputs outputs side")
LAYERS = [
    Layer("conv k3 64-64, 512^2,", "conv", 3, 1, 64, 64, 512),
    Layer("conv k3 s2 64-64, 512^2,", "conv", 3, 2, 64, 64, 512),
    Layer("deconv k4 s2 64-64, 256^2,", "deconv", 4, 2, 64, 64, 256),
    Layer("conv k3 1-64, 512^2,", "conv", 3, 1, 1, 64, 512),
    Layer("conv k3 3-64, 512^2,", "conv", 3, 1, 3, 64, 512),
    Layer("conv k3 64-1, 512^2,", "conv", 3, 1, 64, 1, 512),
    Layer("conv k3 64-3, 512^2,", "conv", 3, 1, 64, 3, 512),
    Layer("conv k3 s2 3-32, 512^2,", "conv", 3, 2, 3, 32, 512),
    Layer("deconv k4 s2 32-3, 256^2,", "deconv", 4, 2, 32, 3, 256),
]

Scene = namedtuple("Scene", "name spec shape batch rows")
SCENES = [
    Scene("training step conv 28^2, batch 128",
          "conv 16 k3 s2 relu, conv 32 k3 s2 relu, dense 64 | dense like relu, deconv 16 k4 s2 relu, deconv input k4 s2 sigmoid",
          (1, 28, 28), 128, 3840),
    Scene("training step conv 256^2 x 3, batch 8",
          "conv 32 k3 s2 relu, conv 64 k3 s2 relu, conv 128 k3 s2 relu, conv 256 k3 s2 relu | deconv 128 k4 s2 relu, deconv 64 k4 s2 relu, "
          "deconv 32 k4 s2 relu, deconv input k4 s2 sigmoid", (3, 256, 256), 8, 16),
]


class Image(namedtuple("Image", "name model side channels repeat")):
    def spec(self):
        """The spec behind a preset's name, from the command itself."""
        if " " in self.model:
            return self.model
        command = os.environ.get("HOURGLASS", "build/hourglass")
        return json.loads(subprocess.run([command, "bench", "what=conv", "only=" + self.name, "seconds=0.001", "--json"], check=True,
                                         capture_output=True, text=True).stdout)["results"][0]["spec"]


IMAGES = [
    Image("DnCNN 17 x 64, 512^2 grey", ", ".join(["conv 64 k3 relu"] * 8) + " | " + ", ".join(["conv 64 k3 relu"] * 8) + ", conv input k3", 512, 1, 2),
    Image("U-Net (preset unet), 512^2 grey", "unet", 512, 1, 5),
    Image("U-Net (preset unet), 512^2 colour", "unet", 512, 3, 5),
]
