// SPDX-License-Identifier: Apache-2.0
// backbone_run.c - a backbone's features of one picture, for comparison with PyTorch:
//
//   backbone_run WEIGHTS STAGES THREADS HEIGHT WIDTH CHANNELS < PICTURE > FEATURES
//
// Both are floats, (height, width, channels); the features' size and the backbone's name go to standard error.
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "inspect/backbone.h"

static int32_t number(const char *text) {
    return (int32_t)strtol(text, NULL, 10);
}

static int run(hg__backbone *b, hg__raster *picture, hg__raster *features, hg_error *err) {
    const size_t count = hg__raster_count(picture);
    if (fread(picture->at, sizeof *picture->at, count, stdin) != count) return 1;
    if (hg__backbone_maps(b, picture, features, err) < 0) return 1;
    fprintf(stderr, "%s %s %d %d %d\n", hg__backbone_name(b), hg__backbone_stages(b),
            (int)features->height, (int)features->width, (int)features->channels);
    const size_t made = hg__raster_count(features);
    return fwrite(features->at, sizeof *features->at, made, stdout) != made;
}

int main(int argc, char **argv) {
    hg_error err = {0};
    hg__raster picture = {0}, features = {0};
    if (argc != 7) return 2;
    hg__pool *pool = hg__pool_new(number(argv[3]), &err);
    hg__backbone *b = pool ? hg__backbone_open(argv[1], argv[2], pool, &err) : NULL;
    int code =
        b ? hg__raster_init(&picture, number(argv[4]), number(argv[5]), number(argv[6]), &err) : 1;
    if (code == 0) code = run(b, &picture, &features, &err);
    if (code) fprintf(stderr, "%s\n", err.message);
    hg__raster_clear(&picture);
    hg__raster_clear(&features);
    hg__backbone_close(b);
    hg__pool_free(pool);
    return code != 0;
}
