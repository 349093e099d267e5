// SPDX-License-Identifier: Apache-2.0
// region_run.c - regions of a map as a sheet, for comparison with SciPy:
//
//   region_run HEIGHT WIDTH THRESHOLD BACKGROUND LEAST_AREA FORMAT < MAP > SHEET
//
// MAP, as floats: (H, W). The picture is as large as the map.
#include <stdio.h>
#include <stdlib.h>

#include "jobs/region_sheet.h"

static int run(const hg__raster *map, const hg__region_options *o, const char *word,
               hg_error *err) {
    hg__regions r;
    hg__region_sheet s;
    const int format = hg__region_format_find("-", word, err);
    if (format < 0) return format;
    HG_TRY(hg__regions_find(&r, map, o, err));
    const hg__region_rows rows = {
        "map", &r, hg__map_frame_over(map->width, map->height, map->width, map->height), NULL};
    int code = hg__region_sheet_open(&s, "-", (hg__region_format)format, err);
    if (code == HG_OK) code = hg__region_sheet_add(&s, &rows, err);
    if (code == HG_OK) code = hg__region_sheet_commit(&s, err);
    if (code < 0) hg__region_sheet_abort(&s);
    hg__regions_clear(&r);
    return code;
}

int main(int argc, char **argv) {
    if (argc != 7) return 2;
    const int32_t height = (int32_t)strtol(argv[1], NULL, 10);
    const int32_t width = (int32_t)strtol(argv[2], NULL, 10);
    const hg__region_options o = {strtof(argv[3], NULL), strtof(argv[4], NULL),
                                  strtol(argv[5], NULL, 10), 0};
    hg_error err = {0};
    hg__raster map;
    int code = hg__raster_init(&map, height, width, 1, &err);
    if (code == HG_OK) {
        const size_t n = hg__raster_count(&map);
        code = fread(map.at, sizeof *map.at, n, stdin) == n ? run(&map, &o, argv[6], &err) : -1;
        hg__raster_clear(&map);
    }
    if (code < 0) fprintf(stderr, "%s\n", err.message);
    return code < 0;
}
