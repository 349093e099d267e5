// SPDX-License-Identifier: Apache-2.0
// fuzz_part_view.c - any bytes as a view of parts: one that survives writing and that pictures can be seen by, or one sentence.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../whole_mask.h"
#include "base/mem.h"
#include "parts/part_view.h"

// NOLINTNEXTLINE(readability-identifier-naming)
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_PIXELS = 1 << 16 };

static void check_writing(const hg__part_view *v) {
    hg_error err = {0};
    hg__part_view back;
    hg__json *json = hg__part_view_json(v, NULL);
    char *text = json ? hg__json_text(json, NULL) : NULL;
    if (!text || hg__part_view_parse(&back, json, "again", &err) < 0) abort();
    hg__json *second = hg__part_view_json(&back, NULL);
    char *again = second ? hg__json_text(second, NULL) : NULL;
    if (!again || strcmp(text, again) != 0) abort();
    hg__free(text);
    hg__free(again);
    hg__json_free(json);
    hg__json_free(second);
    hg__part_view_clear(&back);
}

// What is looked at of a picture of the view's size.
static void check_region(const hg__part_view *v) {
    hg__part_geometry g = {.height = v->height, .width = v->width};
    hg__raster mask;
    if (!v->region.run || (int64_t)v->height * v->width > MOST_PIXELS) return;
    g.frame_height = g.frame_width = 16;
    if (whole_mask(v, &g, &mask) < 0) abort();
    for (size_t i = 0; i < hg__raster_count(&mask); i++) {
        if (mask.at[i] != 0 && mask.at[i] != 1) abort();
    }
    hg__raster_clear(&mask);
}

static void check_alignment(const hg__alignment *a) {
    hg__raster r;
    hg__pose pose;
    double score;
    if (!hg__alignment_has(a) || (int64_t)a->height * a->width > MOST_PIXELS) return;
    if (hg__raster_init(&r, 20, 31, 1, NULL) < 0) abort();
    for (int i = 0; i < 20 * 31; i++) r.at[i] = (float)(i * i % 97) / 97;
    if (hg__align_find(a, &r, &pose, &score, NULL) < 0) abort();
    if (!isfinite(pose.turn) || !isfinite(pose.dy) || !isfinite(pose.dx)) abort();
    if (!(score >= -1.001 && score <= 1.001)) abort();
    hg__raster_clear(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    hg_error err = {0};
    hg__part_view v;
    hg__json *json = hg__json_read((const char *)data, size, "fuzz", NULL);
    if (!json) return 0;
    const int code = hg__part_view_parse(&v, json, "fuzz", &err);
    hg__json_free(json);
    if (code < 0 && (err.code != HG_ERR_MODEL || !err.message[0])) abort();
    if (code < 0) return 0;
    check_writing(&v);
    check_region(&v);
    check_alignment(&v.alignment);
    hg__part_view_clear(&v);
    return 0;
}
