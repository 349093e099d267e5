// SPDX-License-Identifier: Apache-2.0
// region_sheet.c - regions as CSV, JSON lines and COCO (Lin et al., "Microsoft COCO: common objects in context", 2014).
#include "jobs/region_sheet.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "csv/cell.h"

enum { FLUSH = 1 << 16 }; // bytes
enum { CATEGORY = 1, DIGITS = 9, DECIMALS = 3 };

static bool ends_in(const char *path, const char *end) {
    const size_t length = strlen(path), size = strlen(end);
    return length > size && strcasecmp(path + length - size, end) == 0;
}

int hg__region_format_find(const char *path, const char *word, hg_error *err) {
    static const char *const words[] = {"csv", "json", "coco", "coco-results"};
    for (int k = 0; k < 4; k++) {
        if (strcmp(word, words[k]) == 0) return k;
    }
    if (strcmp(word, "auto") != 0) {
        return hg__fail(err, HG_ERR_USAGE,
                        "regions: expected auto, csv, json, coco or coco-results, got %s", word);
    }
    if (ends_in(path, ".jsonl")) return HG_REGIONS_JSON;
    return ends_in(path, ".json") ? HG_REGIONS_COCO : HG_REGIONS_CSV;
}

// ---- one region ---------------------------------------------------------------------------------

// Of a region on its picture.
typedef struct row {
    const hg__region_rows *of;
    const hg__region *region;
    int32_t number; // from 1
    hg__box box;
    int64_t area;
    double p_value; // NaN: not known
} row;

static row row_of(const hg__region_rows *rows, int32_t k) {
    const hg__region *region = rows->regions->at + k;
    return (row){.of = rows,
                 .region = region,
                 .number = k + 1,
                 .box = hg__region_box(region, &rows->frame),
                 .area = hg__region_area(region, &rows->frame),
                 .p_value = rows->p_value ? rows->p_value[k] : (double)NAN};
}

static void add_csv(hg__text *t, const row *r) {
    const hg__box *b = &r->box;
    hg__text_add_csv(t, r->of->file, strlen(r->of->file), ',');
    hg__text_add(t, ",%d,%d,%d,%d,%d,%lld,%.*g,", r->number, b->left, b->top, b->width, b->height,
                 (long long)r->area, DIGITS, (double)r->region->peak);
    if (!isnan(r->p_value)) hg__text_add(t, "%.*g", DIGITS, r->p_value);
    hg__text_add(t, "\n");
}

// The corners on the picture: [[x, y], ...] or, flat, [x, y, ...].
static void add_outline(hg__json_writer *w, const char *key, const row *r, bool flat) {
    const hg__corner *corner = r->of->regions->corner + r->region->first_corner;
    hg__json_begin(w, key, '[');
    for (int32_t i = 0; i < r->region->corners; i++) {
        double place[2];
        hg__corner_place(corner[i], &r->of->frame, place);
        if (!flat) hg__json_begin(w, NULL, '[');
        hg__json_add_real(w, NULL, DIGITS, place[0]);
        hg__json_add_real(w, NULL, DIGITS, place[1]);
        if (!flat) hg__json_end(w, ']');
    }
    hg__json_end(w, ']');
}

static void add_json(hg__json_writer *w, const row *r) {
    const hg__region *is = r->region;
    const hg__map_frame *f = &r->of->frame;
    hg__json_begin(w, NULL, '{');
    hg__json_add_text(w, "file", r->of->file);
    hg__json_add_integer(w, "region", r->number);
    hg__json_add_integer(w, "left", r->box.left);
    hg__json_add_integer(w, "top", r->box.top);
    hg__json_add_integer(w, "width", r->box.width);
    hg__json_add_integer(w, "height", r->box.height);
    hg__json_add_integer(w, "area", r->area);
    hg__json_add_real(w, "peak", DIGITS, (double)is->peak);
    if (!isnan(r->p_value)) hg__json_add_real(w, "p_value", DIGITS, r->p_value);
    hg__json_add_real(w, "mean", DIGITS, is->mean);
    hg__json_add_fixed(w, "peak_x", DECIMALS, f->left + ((double)is->peak_x + 0.5) * f->across);
    hg__json_add_fixed(w, "peak_y", DECIMALS, f->top + ((double)is->peak_y + 0.5) * f->down);
    hg__json_add_fixed(w, "x", DECIMALS, f->left + is->x * f->across);
    hg__json_add_fixed(w, "y", DECIMALS, f->top + is->y * f->down);
    add_outline(w, "outline", r, false);
    hg__json_end(w, '}');
}

// Of either kind: results have no need of id, area and iscrowd, and nothing against them.
static void add_annotation(hg__region_sheet *s, const row *r) {
    hg__json_writer *w = &s->write;
    const int32_t box[4] = {r->box.left, r->box.top, r->box.width, r->box.height};
    hg__json_break(w, 0);
    hg__json_begin(w, NULL, '{');
    if (s->format == HG_REGIONS_COCO) hg__json_add_integer(w, "id", s->regions);
    hg__json_add_integer(w, "image_id", s->pictures);
    hg__json_add_integer(w, "category_id", CATEGORY);
    hg__json_begin(w, "bbox", '[');
    for (int k = 0; k < 4; k++) hg__json_add_integer(w, NULL, box[k]);
    hg__json_end(w, ']');
    hg__json_add_integer(w, "area", r->area);
    hg__json_add_real(w, "score", DIGITS, (double)r->region->peak);
    if (!isnan(r->p_value)) hg__json_add_real(w, "p_value", DIGITS, r->p_value);
    if (s->format == HG_REGIONS_COCO) hg__json_add_integer(w, "iscrowd", 0);
    if (s->format == HG_REGIONS_COCO_RESULTS) hg__json_add_text(w, "file_name", r->of->file);
    hg__json_begin(w, "segmentation", '[');
    add_outline(w, NULL, r, true);
    hg__json_end(w, ']');
    hg__json_end(w, '}');
}

// ---- the sheet ----------------------------------------------------------------------------------

static int flush(hg__region_sheet *s, hg_error *err) {
    if (s->text.failed || s->images.failed) {
        return hg__fail(err, HG_ERR_MEMORY, "out of memory while writing regions");
    }
    HG_TRY(hg__writer_add(&s->file, s->text.data, s->text.length, err));
    s->text.length = 0;
    return HG_OK;
}

int hg__region_sheet_open(hg__region_sheet *s, const char *path, hg__region_format format,
                          hg_error *err) {
    *s = (hg__region_sheet){.format = format, .file = {.fd = -1}};
    s->write.to = &s->text;
    s->image.to = &s->images;
    hg__sweep_beside(path);
    HG_TRY(hg__writer_open(&s->file, path, err));
    if (format == HG_REGIONS_CSV) {
        hg__text_add(&s->text, "file,region,left,top,width,height,area,peak,p_value\n");
    } else if (format == HG_REGIONS_COCO) {
        hg__json_begin(&s->write, NULL, '{');
        hg__json_begin(&s->write, "annotations", '[');
        hg__json_begin(&s->image, "images", '[');
    } else if (format == HG_REGIONS_COCO_RESULTS) {
        hg__json_begin(&s->write, NULL, '[');
    }
    return HG_OK;
}

static void add_image(hg__region_sheet *s, const hg__region_rows *rows) {
    hg__json_writer *w = &s->image;
    hg__json_break(w, 0);
    hg__json_begin(w, NULL, '{');
    hg__json_add_integer(w, "id", s->pictures);
    hg__json_add_text(w, "file_name", rows->file);
    hg__json_add_integer(w, "width", rows->frame.width);
    hg__json_add_integer(w, "height", rows->frame.height);
    hg__json_end(w, '}');
}

int hg__region_sheet_add(hg__region_sheet *s, const hg__region_rows *rows, hg_error *err) {
    s->pictures++;
    if (s->format == HG_REGIONS_COCO) add_image(s, rows);
    for (int32_t k = 0; k < rows->regions->count; k++) {
        const row r = row_of(rows, k);
        s->regions++;
        if (s->format == HG_REGIONS_CSV) {
            add_csv(&s->text, &r);
        } else if (s->format == HG_REGIONS_JSON) {
            hg__json_writer line = {.to = &s->text};
            add_json(&line, &r);
            hg__text_add(&s->text, "\n");
        } else {
            add_annotation(s, &r);
        }
        if (s->text.length >= FLUSH || s->text.failed) HG_TRY(flush(s, err));
    }
    return HG_OK;
}

static void add_end(hg__region_sheet *s) {
    hg__json_writer *w = &s->write;
    if (s->format < HG_REGIONS_COCO) return;
    hg__json_break(w, 0);
    hg__json_end(w, ']');
    if (s->format == HG_REGIONS_COCO) {
        hg__json_break(&s->image, 0);
        hg__json_end(&s->image, ']');
        hg__text_add(&s->text, ",\n");
        hg__text_add_bytes(&s->text, s->images.data, s->images.length);
        hg__json_break(w, 0);
        hg__json_begin(w, "categories", '[');
        hg__json_begin(w, NULL, '{');
        hg__json_add_integer(w, "id", CATEGORY);
        hg__json_add_text(w, "name", "anomaly");
        hg__json_end(w, '}');
        hg__json_end(w, ']');
        hg__json_end(w, '}');
    }
    hg__text_add(&s->text, "\n");
}

int hg__region_sheet_commit(hg__region_sheet *s, hg_error *err) {
    add_end(s);
    int code = flush(s, err);
    if (code == HG_OK) code = hg__writer_commit(&s->file, err);
    hg__region_sheet_abort(s); // of what was committed nothing is left to be taken back
    return code;
}

void hg__region_sheet_abort(hg__region_sheet *s) {
    hg__writer_abort(&s->file);
    hg__text_clear(&s->text);
    hg__text_clear(&s->images);
    *s = (hg__region_sheet){.file = {.fd = -1}};
}
