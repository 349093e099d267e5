# SPDX-License-Identifier: Apache-2.0
"""Denoiser: rows or images as they were before noise came over them."""


class Denoiser:
    pass
