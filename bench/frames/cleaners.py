# SPDX-License-Identifier: Apache-2.0
"""What may stand before a detector: nothing, a Gaussian filter, non-local means, Hourglass; each with the settings to choose from."""
import os

import cv2

import hourglass

MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../models/denoise.safetensors")


def nothing(_):
    return lambda frame: frame


def gaussian(sigma):
    return lambda frame: cv2.GaussianBlur(frame, (0, 0), sigma)


def nlmeans(strength):
    return lambda frame: cv2.fastNlMeansDenoisingColored(frame, None, strength, strength, 5, 11)


def by_hourglass(model):
    return hourglass.FrameDenoiser(model, threads=1)


# name: (what makes it of a setting, settings: sigma in pixels, strength in grey levels, model file)
CLEANERS = {
    "nothing": (nothing, (0,)),
    "Gaussian": (gaussian, (0.5, 0.8, 1.3)),
    "non-local means": (nlmeans, (4, 8, 16)),
    "Hourglass": (by_hourglass, (MODEL,)),
}
