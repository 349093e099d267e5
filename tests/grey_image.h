// SPDX-License-Identifier: Apache-2.0
// grey_image.h - bytes as a grey image that can be saved.
#ifndef HG_TESTS_GREY_IMAGE_H
#define HG_TESTS_GREY_IMAGE_H
#include "image/image.h"

// pixels (height, width): borrowed.
static inline hg__image grey_image(int32_t height, int32_t width, uint8_t *pixels) {
    return (hg__image){
        .info = {.width = width,
                 .height = height,
                 .channels = 1,
                 .dtype = HG_U8,
                 .white = 255,
                 .orientation = 1,
                 .pages = 1},
        .pixels = pixels
    };
}
#endif
