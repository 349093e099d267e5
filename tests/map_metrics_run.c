// SPDX-License-Identifier: Apache-2.0
// map_metrics_run.c - metrics of maps on standard input, for comparison with scikit-learn and definitions in NumPy:
//
//   map_metrics_run THRESHOLD MOST_BYTES RESAMPLES < pictures     "name value low high" a line, then errors, best threshold
//
// IN, a picture: int32 height, width, has_mask; floats (height, width); with a mask as many floats again.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/map_metrics.h"

static int read_raster(hg__raster *r, const int32_t *size, hg_error *err) {
    if (hg__raster_init(r, size[0], size[1], 1, err) != HG_OK) return HG_ERR_MEMORY;
    const size_t n = hg__raster_count(r);
    return fread(r->at, sizeof *r->at, n, stdin) == n ? HG_OK : HG_ERR_DATA;
}

static int add_pictures(hg__map_tally *t, hg_error *err) {
    int32_t size[3];
    int code = HG_OK;
    while (code == HG_OK && fread(size, sizeof size, 1, stdin) == 1) {
        hg__raster map = {0}, mask = {0};
        code = read_raster(&map, size, err);
        if (code == HG_OK && size[2]) code = read_raster(&mask, size, err);
        if (code == HG_OK) code = hg__map_tally_add(t, &map, size[2] ? &mask : NULL, NULL, err);
        hg__raster_clear(&map);
        hg__raster_clear(&mask);
    }
    return code;
}

static void print(const hg__map_metrics *m) {
    const char *name;
    hg__interval x;
    for (int32_t i = 0; hg__map_metrics_at(m, i, &name, &x); i++) {
        printf("%s %.17g %.17g %.17g\n", name, x.value, x.low, x.high);
    }
    const hg__map_errors *e = &m->error;
    printf("error_1 %.17g %.17g %.17g\n", e->auroc, e->ap, e->best_f1);
    printf("error_2 %.17g %.17g %.17g\n", e->aupro_30, e->aupro_5, e->aupimo);
    printf("threshold %.17g %lld %d\n", m->best_f1_threshold, (long long)m->regions, m->resamples);
}

int main(int count, char **word) {
    hg_error err = {.message = "expected THRESHOLD MOST_BYTES RESAMPLES and whole pictures"};
    hg__map_tally *t = NULL;
    hg__map_metrics m;
    int code = HG_ERR_USAGE;
    if (count == 4) t = hg__map_tally_new(strtod(word[1], NULL), strtoul(word[2], NULL, 10), &err);
    if (t) code = add_pictures(t, &err);
    if (code == HG_OK) {
        const hg__map_metrics_options o = {0.95, (int32_t)strtol(word[3], NULL, 10), 1};
        code = hg__map_tally_finish(t, &o, &m, &err);
    }
    if (code == HG_OK) print(&m);
    hg__map_tally_free(t);
    if (code < 0) fprintf(stderr, "map_metrics_run: %s\n", err.message);
    return code < 0;
}
