// SPDX-License-Identifier: Apache-2.0
// part_pages.c - the worst, the borderline and the best of pictures that were judged, on a contact sheet and on a page.
//
// Which these are is known at the end. They are a dozen at most, and judged once more: pictures and reconstructions of all that could
// have been shown would take a hundred megabytes.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/int.h"
#include "base/mem.h"
#include "jobs/predict_parts.h"
#include "parts/resize.h"
#include "report/contact_sheet.h"
#include "report/gallery.h"

enum {
    EACH = 4, // pictures a group
    GROUPS = 3,
    MOST_SIDE = 640,  // of a picture that is kept
    MOST_CELLS = 1024 // of its map's side
};

static const char *const headlines[GROUPS] = {"the worst", "the borderline", "the best"};

typedef struct shown {
    hg__raster picture, reconstruction, map;
    hg__regions regions;
} shown;

typedef struct pages {
    hg__inspection *j;
    const hg__part_set *set;
    const hg__part_row *row; // the highest score first, (rows)
    int32_t rows;
    int32_t pick[GROUPS][EACH], count[GROUPS];
    shown *shown;       // owned, (GROUPS, EACH)
    hg__judged *judged; // owned, (GROUPS, EACH)
} pages;

static int by_score(const void *a, const void *b) {
    const hg__part_row *x = a, *y = b;
    if (x->score != y->score) return x->score > y->score ? -1 : 1;
    return x->part < y->part ? -1 : 1;
}

// ---- which --------------------------------------------------------------------------------------

// A third of few pictures each; the borderline are those around the threshold, or without one around the middle.
static void pick(pages *p) {
    const int32_t n = p->rows, ends = hg__min(EACH, (n + 1) / 3), best = hg__min(ends, n - ends);
    const int32_t first = ends, last = n - best; // what is between
    int32_t at = n / 2;
    if (p->j->has_thresholds) {
        for (at = 0; at < n && p->row[at].score > p->j->threshold;) at++;
    }
    const int32_t between = hg__min(EACH, last - first);
    const int32_t lowest = hg__max(last - between, first);
    const int32_t begin = hg__max(first, hg__min(at - between / 2, lowest));
    p->count[0] = ends;
    p->count[1] = between;
    p->count[2] = best;
    for (int32_t i = 0; i < EACH; i++) {
        p->pick[0][i] = i;
        p->pick[1][i] = begin + i;
        p->pick[2][i] = last + i;
    }
}

// ---- once more ----------------------------------------------------------------------------------

// The highest of `by` x `by` cells each.
static int reduce_map(hg__raster *to, const hg__raster *from, int32_t by, hg_error *err) {
    HG_TRY(
        hg__raster_init(to, hg__ceil_div(from->height, by), hg__ceil_div(from->width, by), 1, err));
    for (int32_t y = 0; y < from->height; y++) {
        for (int32_t x = 0; x < from->width; x++) {
            const float value = *hg__raster_pixel(from, y, x);
            float *cell = hg__raster_pixel(to, y / by, x / by);
            if ((y % by == 0 && x % by == 0) || value > *cell) *cell = value;
        }
    }
    return HG_OK;
}

static int keep_raster(hg__raster *to, hg__raster *from, hg_error *err) {
    const int32_t side = hg__max(from->height, from->width);
    if (side > MOST_SIDE) {
        const double by = (double)MOST_SIDE / side;
        const int32_t height = hg__max(1, (int32_t)(from->height * by));
        return hg__raster_resize(to, from, height, hg__max(1, (int32_t)(from->width * by)), err);
    }
    *to = *from;
    *from = (hg__raster){0};
    return HG_OK;
}

static int keep(shown *s, const hg__inspection *j, hg__inspected *r, hg_error *err) {
    const int32_t by = hg__ceil_div(hg__max(r->map.height, r->map.width), MOST_CELLS);
    const hg__region_options o = {.threshold = j->pixel_threshold, .background = j->background};
    HG_TRY(reduce_map(&s->map, &r->map, by, err));
    HG_TRY(keep_raster(&s->picture, &r->picture, err));
    HG_TRY(keep_raster(&s->reconstruction, &r->reconstruction, err));
    return hg__regions_find(&s->regions, &s->map, &o, err);
}

static int judge_again(pages *p, const hg__part_row *row, shown *s, hg_error *err) {
    char path[2048];
    hg__inspected r = {0};
    if (hg__is_stopped(p->j->l)) {
        return hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", p->j->o->values.data);
    }
    HG_TRY(hg__part_path(p->set, row->part, path, sizeof path, err));
    int code = hg__inspector_load(p->j->inspector, path, p->set->part[row->part].pair, &r, err);
    if (code == HG_OK) code = hg__inspector_run(p->j->inspector, &r, true, err);
    if (code == HG_OK) code = keep(s, p->j, &r, err);
    hg__inspected_clear(&r);
    return code;
}

static hg__judged judged_of(const pages *p, const hg__part_row *row, const shown *s) {
    const hg__part *part = &p->set->part[row->part];
    hg__judged is = {.file = part->path,
                     .kind = part->kind,
                     .score = row->score,
                     .p_value = row->p_value,
                     .is_alarm = hg__inspection_is_alarm(p->j, row->score, row->p_value)};
    if (!s) return is;
    is.picture = &s->picture;
    is.reconstruction = s->reconstruction.at ? &s->reconstruction : NULL;
    is.map = &s->map;
    is.regions = &s->regions;
    is.frame = hg__map_frame_over(s->map.width, s->map.height, s->picture.width, s->picture.height);
    return is;
}

static int judge_picked(pages *p, hg_error *err) {
    p->shown = hg__alloc((size_t)GROUPS * EACH, sizeof *p->shown, err);
    p->judged = hg__alloc((size_t)GROUPS * EACH, sizeof *p->judged, err);
    if (!p->shown || !p->judged) return HG_ERR_MEMORY;
    for (int g = 0; g < GROUPS; g++) {
        for (int32_t i = 0; i < p->count[g]; i++) {
            const hg__part_row *row = &p->row[p->pick[g][i]];
            shown *s = &p->shown[g * EACH + i];
            HG_TRY(judge_again(p, row, s, err));
            p->judged[g * EACH + i] = judged_of(p, row, s);
        }
    }
    return HG_OK;
}

// ---- the pages ----------------------------------------------------------------------------------

static int show_groups(const pages *p, hg__gallery *g, hg_error *err) {
    for (int k = 0; k < GROUPS; k++) {
        if (p->count[k]) hg__gallery_start_group(g, headlines[k]);
        for (int32_t i = 0; i < p->count[k]; i++) {
            HG_TRY(hg__gallery_show(g, &p->judged[k * EACH + i], err));
        }
    }
    for (int32_t i = 0; i < p->rows; i++) {
        const hg__judged is = judged_of(p, &p->row[i], NULL);
        hg__gallery_list(g, &is);
    }
    return HG_OK;
}

static int write_gallery(const pages *p, const hg__judged_head *head, const char *path,
                         hg_error *err) {
    hg__gallery g = {0};
    hg__sweep_beside(path);
    HG_TRY(hg__gallery_open(&g, path, head, err));
    const int code = show_groups(p, &g, err);
    if (code == HG_OK) return hg__gallery_commit(&g, err);
    hg__gallery_abort(&g);
    return code;
}

static int write_sheet(const pages *p, const hg__judged_head *head, const char *path,
                       hg_error *err) {
    hg__judged_group group[GROUPS];
    for (int k = 0; k < GROUPS; k++) {
        group[k] = (hg__judged_group){headlines[k], &p->judged[k * EACH], p->count[k]};
    }
    hg__sweep_beside(path);
    return hg__contact_sheet_save(path, head, group, GROUPS, err);
}

// Both at once: most of their time goes into their pictures.
typedef struct writing {
    const pages *p;
    const hg__judged_head *head;
    const char *sheet, *gallery; // "": none
    int code[2];
    hg_error err[2];
} writing;

static void write_page(void *context, int32_t task, int32_t thread) {
    writing *w = context;
    (void)thread;
    if (task == 0 && *w->sheet) w->code[0] = write_sheet(w->p, w->head, w->sheet, &w->err[0]);
    if (task == 1 && *w->gallery) w->code[1] = write_gallery(w->p, w->head, w->gallery, &w->err[1]);
}

static int write_pages(writing *w, hg_error *err) {
    hg__pool_run(w->p->j->pool, write_page, w, 2);
    for (int i = 0; i < 2; i++) {
        if (w->code[i] == HG_OK) continue;
        if (err) *err = w->err[i];
        return w->code[i];
    }
    return HG_OK;
}

static void clear(pages *p) {
    for (int i = 0; p->shown && i < GROUPS * EACH; i++) {
        hg__raster_clear(&p->shown[i].picture);
        hg__raster_clear(&p->shown[i].reconstruction);
        hg__raster_clear(&p->shown[i].map);
        hg__regions_clear(&p->shown[i].regions);
    }
    hg__free(p->shown);
    hg__free(p->judged);
}

int hg__part_pages(hg__inspection *j, const hg__part_set *set, hg__part_row *row, int32_t rows,
                   const char *sheet, const char *gallery, hg_error *err) {
    char title[300];
    pages p = {.j = j, .set = set, .row = row, .rows = rows};
    snprintf(title, sizeof title, "%.200s", j->o->values.data);
    const hg__judged_head head = {title, j->heat, j->threshold};
    qsort(row, (size_t)rows, sizeof *row, by_score);
    pick(&p);
    int code = judge_picked(&p, err);
    writing w = {.p = &p, .head = &head, .sheet = sheet, .gallery = gallery};
    if (code == HG_OK) code = write_pages(&w, err);
    clear(&p);
    return code;
}
