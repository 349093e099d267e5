// SPDX-License-Identifier: Apache-2.0
// region_sheet.h - regions of many pictures going out: lines of CSV or of JSON, or what COCO's tools read.
//
//   csv           file,region,left,top,width,height,area,peak,p_value
//   json          a line a region: the same, and where the peak and the centroid are, the mean, the outline
//   coco          {"annotations", "images", "categories"}: every picture, also one without regions
//   coco-results  [{"image_id", "category_id", "bbox", "score", "segmentation", ...}]
//
// Pixels are the picture's. Regions count from 1 in each picture, the highest first; pictures and annotations of COCO from 1.
#ifndef HG_JOBS_REGION_SHEET_H
#define HG_JOBS_REGION_SHEET_H
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "inspect/regions.h"

typedef enum hg__region_format {
    HG_REGIONS_CSV,
    HG_REGIONS_JSON,
    HG_REGIONS_COCO,
    HG_REGIONS_COCO_RESULTS
} hg__region_format;

// By the word ("csv", "json", "coco", "coco-results") or, where that is "auto", by the end of `path`: .jsonl, .json (coco), else csv.
// Negative where the word is none of these.
int hg__region_format_find(const char *path, const char *word, hg_error *err);

typedef struct hg__region_sheet {
    hg__region_format format;
    hg__writer file;
    hg__text text;         // owned: what is not in the file yet
    hg__text images;       // owned: of coco, which come behind the annotations
    hg__json_writer write; // to text
    hg__json_writer image; // to images
    int64_t pictures, regions;
} hg__region_sheet;

// One picture's regions, all borrowed.
typedef struct hg__region_rows {
    const char *file;
    const hg__regions *regions;
    hg__map_frame frame;
    // (regions->count), or NULL: not known; NaN: that one is not
    const double *p_value;
} hg__region_rows;

// s does not move until it is closed.
int hg__region_sheet_open(hg__region_sheet *s, const char *path, hg__region_format format,
                          hg_error *err);
int hg__region_sheet_add(hg__region_sheet *s, const hg__region_rows *rows, hg_error *err);
int hg__region_sheet_commit(hg__region_sheet *s,
                            hg_error *err); // all of it is there, or none; closes in every case
void hg__region_sheet_abort(hg__region_sheet *s); // {0} is fine
#endif
