// SPDX-License-Identifier: Apache-2.0
// predict_parts.h - what the files of `hourglass predict` for a model of parts share.
//
//   job_predict.c ──> predict_parts.c ── pictures by batches (judge_parts.h), written side by side
//                        ├──> inspection.c ───────── a model at work; what was found, in the picture's own pixels
//                        ├──> part_places.c ──────── where to everything is written
//                        ├──> part_maps.c ────────── overlay, mask and map of a picture as files
//                        ├──> part_score_sheet.c ─── a row a picture
//                        ├──> part_pages.c ───────── contact sheet and gallery
//                        └──> part_video.c ───────── frames of a stream
#ifndef HG_JOBS_PREDICT_PARTS_H
#define HG_JOBS_PREDICT_PARTS_H
#include "base/host.h"
#include "inspect/inspector.h"
#include "inspect/regions.h"
#include "options/options.h"
#include "parts/part_set.h"
#include "report/overlay.h"

// ---- a model at work ----------------------------------------------------------------------------

typedef struct hg__inspection {
    const hg_options *o;      // borrowed
    const hg_listener *l;     // borrowed, or NULL
    hg_model *model;          // owned
    hg__pool *pool;           // owned
    hg__inspector *inspector; // owned
    size_t max_mem;           // bytes
    bool has_thresholds;      // of pictures
    double threshold;         // of scores; NaN without
    float pixel_threshold;    // infinite without
    float background;         // of maps (regions.h); NaN without
    hg__heat heat;
    bool by_fdr; // fdr=: an alarm is a p-value of at most `limit`; else the threshold decides
    double limit;
} hg__inspection;

// Takes m, also on failure.
int hg__inspection_open(hg__inspection *j, hg_model *m, const hg_options *o, const hg_listener *l,
                        hg_error *err);
void hg__inspection_close(hg__inspection *j); // {0} is fine
// NaN where nothing was held out.
double hg__inspection_p(const hg__inspection *j, double score);
double hg__inspection_region_p(const hg__inspection *j, float peak);
bool hg__inspection_is_alarm(const hg__inspection *j, double score, double p);
void hg__inspection_note(const hg__inspection *j, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// What was found in a picture, in its own pixels.
typedef struct hg__found {
    hg__regions regions;
    hg__map_frame frame; // of the regions' map on the picture
    hg__raster map;      // as large as the picture; {0} where that was not needed
} hg__found;

int hg__found_make(hg__found *f, const hg__inspection *j, const hg__inspected *r, bool wants_map,
                   hg_error *err);
void hg__found_clear(hg__found *f); // {0} is fine

// A picture that was judged.
typedef struct hg__part_row {
    int32_t part; // of the set
    double score, p_value;
    float peak;
    int32_t regions;
    hg__box box; // of the highest region; width 0: there is none
} hg__part_row;

void hg__part_row_of(hg__part_row *row, const hg__inspection *j, const hg__inspected *r,
                     const hg__found *f);

// ---- files of a picture -------------------------------------------------------------------------

typedef enum hg__map_file {
    HG_FILE_OVERLAY = 1,
    HG_FILE_MASK = 2,
    HG_FILE_MAP = 4,
    HG_FILE_NPY = 8
} hg__map_file;

// maps_as=: hg__map_file added up; negative where a word is none of them.
int hg__map_files_parse(const char *words, hg_error *err);

// NAME of each picture's files, relative to maps=: the picture's without its extension, where no other has the same then.
// (set->count) owned in one block for hg__free().
char **hg__map_names(const hg__part_set *set, hg_error *err);

// The files of one picture; stem: maps=/NAME. path: of the picture. By many threads at once.
int hg__map_files_write(const hg__inspection *j, const hg__inspected *r, const hg__found *f,
                        int files, const char *path, const char *stem, hg_error *err);

// ---- where to -----------------------------------------------------------------------------------

typedef struct hg__part_places {
    const hg_options *o;             // borrowed
    const hg__part_set *set;         // borrowed
    const char *maps;                // borrowed: maps=; "": none
    int files;                       // hg__map_file
    char **name;                     // owned: hg__map_names(); NULL without
    char sheet[1024], gallery[1024]; // "": none
} hg__part_places;

// Of out=, regions=, maps= and pages; HG_ERR_USAGE where one of them is a picture of the set, or cannot be made. Nothing is made yet.
int hg__part_places_find(hg__part_places *p, const hg_options *o, const hg__part_set *set,
                         hg_error *err);
void hg__part_places_clear(hg__part_places *p); // {0} is fine
// stem (size): maps=/NAME of a part, whose folder is made. By many threads at once.
int hg__part_places_make(const hg__part_places *p, int32_t part, char *stem, size_t size,
                         hg_error *err);

// out=: a row for each.
int hg__part_rows_write(const hg__inspection *j, const hg__part_set *set, const hg__part_row *row,
                        int32_t rows, hg_error *err);

// ---- pages --------------------------------------------------------------------------------------

// sheet, gallery: files, or "". Judges those that are shown once more. row (rows) is put into the order of scores.
int hg__part_pages(hg__inspection *j, const hg__part_set *set, hg__part_row *row, int32_t rows,
                   const char *sheet, const char *gallery, hg_error *err);

// ---- video --------------------------------------------------------------------------------------

// Whether data= is video: YUV4MPEG2 by its first bytes, or raw frames where pix_fmt= says so.
bool hg__is_part_video(const hg_options *o);
// A line of JSON a frame to `out`.
int hg__predict_video(hg__inspection *j, const char *data, const char *out, hg_result *result,
                      hg_error *err);
#endif
