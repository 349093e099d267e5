// SPDX-License-Identifier: Apache-2.0
// fuzz_coco.c - any bytes as COCO's annotations: images with boxes, and outlines that are filled, or a sentence.
#include <stdlib.h>
#include <string.h>

#include "parts/coco_read.h"

// NOLINTNEXTLINE(readability-identifier-naming)
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_image(const hg__coco *c, int32_t i) {
    const hg__coco_image *image = &c->image[i];
    if (hg__coco_find(c, image->name) != image || !image->name[0]) abort();
    if ((image->boxes > 0) != (image->kind[0] != 0)) abort();
    if (i > 0 && strcmp(c->image[i - 1].name, image->name) >= 0) abort();
    for (int32_t k = 0; k < image->boxes; k++) {
        const hg__part_box *b = &image->box[k];
        if (!(b->width > 0) || !(b->height > 0) || b->x - b->x != 0 || b->y - b->y != 0) abort();
    }
}

static void fill_outline(const hg__coco_image *image) {
    char path[] = "x.png";
    double *numbers = malloc(image->outlines * sizeof *numbers);
    hg__part part = {.path = path, .has_label = true, .is_defect = true};
    const hg__part_set set = {.part = &part, .count = 1};
    hg__raster mask;
    if (!numbers) abort();
    memcpy(numbers, image->outline, image->outlines * sizeof *numbers);
    part.outline = numbers;
    part.outlines = image->outlines;
    if (hg__part_mask_load(&set, 0, 13, 17, &mask, NULL) != HG_OK) abort();
    for (size_t i = 0; i < hg__raster_count(&mask); i++) {
        if (mask.at[i] != 0 && mask.at[i] != 1) abort();
    }
    hg__raster_clear(&mask);
    free(numbers);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    hg__coco c;
    hg_error err = {0};
    const int code = hg__coco_read(&c, (const char *)bytes, size, "x.json", &err);
    if (code < 0 && (code != (int)err.code || !err.message[0] || c.image || c.box || c.outline)) {
        abort();
    }
    for (int32_t i = 0; c.image && i < c.count; i++) {
        check_image(&c, i);
        if (c.image[i].outline) fill_outline(&c.image[i]);
    }
    hg__coco_clear(&c);
    return 0;
}
