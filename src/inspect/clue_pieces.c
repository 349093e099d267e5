// SPDX-License-Identifier: Apache-2.0
// clue_pieces.c - a picture too large to be judged at once, piece by piece.
//
//   +-----------------+   Each piece is judged with a margin, as wide as anything sees, and the margin's cells are dropped. Pieces
//   |  . . . . .      |   begin at multiples of every grid: their cells are those of the whole picture, to the last bit (of pictures
//   |  . +---+ .      |   with an odd side but for how light a place is, whose cells are a little larger than 2 pixels then).
//   |  . |   | .      |
//   |  . +---+ .      |   The picture lies in memory as numbers, or as 16-bit samples in a store.
//   |  . . . . .      |
//   +-----------------+
#include "inspect/clue_pieces.h"

#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "detect/table_model.h"
#include "parts/resize.h"

enum {
    GRID = 64,        // pixels: a multiple of what networks and patches ask for
    SPREAD = 8,       // pixels that smoothing sees beside a cell
    LEAST = 2 * GRID, // of a piece's side
    SHOWN = 1024      // pixels of the longer side of what is shown
};

// What a pixel takes while it is judged: 14 numbers for each channel, most of them patches, 6 of clues, maps and features, and its share of the
// cell that says whether it counts.
static size_t pixel_bytes(int32_t channels) {
    return sizeof(float) * (6 + 14 * (size_t)channels) +
           sizeof(float) / (HG_MAP_CELL * HG_MAP_CELL);
}

bool hg__clues_fit(const hg__inspector *s, int32_t height, int32_t width) {
    if (!s->kind->by_pieces || s->needs.receptive_radius < 0 || GRID % s->needs.multiple) {
        return true;
    }
    return (size_t)height * (size_t)width <= s->max_mem / pixel_bytes(s->view.channels);
}

static int32_t margin_of(const hg__inspector *s) {
    return hg__ceil_div(hg__max(s->needs.receptive_radius, 0) + SPREAD, GRID) * GRID;
}

int32_t hg__piece_side(const hg__inspector *s) {
    const size_t pixels = s->max_mem / 4 / pixel_bytes(s->view.channels);
    const int32_t margins = 2 * margin_of(s);
    int32_t side = LEAST + margins;
    while ((size_t)(side + GRID) * (size_t)(side + GRID) <= pixels) side += GRID;
    return side - margins;
}

// ---- told beforehand ----------------------------------------------------------------------------

// The program, its libraries and what it has in hand of a file; and a network, folded and not, as parts of a model and in a file.
enum { PROCESS = 24 << 20, COPIES = 4 };
// Pictures that are in hand beside the one that is judged, in a quarter of max_mem=, and floats that each of their pixels takes.
enum { TOGETHER = 32, NUMBERS = 6 };

static size_t judging_bytes(const hg_model *m, const hg__part_view *v, int32_t threads,
                            size_t max_mem, const hg__image_needs *needs) {
    const int32_t height = hg__max(1, (int32_t)(v->height * v->factor + 0.5));
    const int32_t width = hg__max(1, (int32_t)(v->width * v->factor + 0.5));
    const size_t pixels = (size_t)height * (size_t)width;
    const size_t line = (size_t)width * (size_t)(v->channels + 1) * sizeof(float);
    const hg__tile_job job = {.height = height,
                              .width = width,
                              .runs = 1,
                              .line_bytes = line,
                              .budget = max_mem - max_mem / 4,
                              .tap = hg__encoder_tap(&m->net.spec)};
    hg__tiling t;
    const bool fits = hg__tiling_pick(&t, &m->net, needs, threads, &job);
    const size_t most = max_mem - max_mem / 4;
    if (!fits || pixels > most / pixel_bytes(v->channels)) return max_mem;
    const size_t numbers = pixels + (size_t)v->height * (size_t)v->width;
    const size_t others = TOGETHER * NUMBERS * sizeof(float) * numbers;
    return pixels * pixel_bytes(v->channels) + t.bytes +
           (others < max_mem / 4 ? others : max_mem / 4);
}

// While a network learns a quarter of max_mem= holds pictures, an eighth templates, an eighth a reference; then half of it is what is
// made beside the network.
int hg__inspector_measure(const hg_model *m, int32_t threads, size_t plan, size_t max_mem,
                          const char *where, hg__inspector_needs *needs, hg_error *err) {
    hg__part_view v = {0};
    hg__image_needs image;
    const size_t weights = (size_t)m->net.spec.params * sizeof(float);
    const hg__json *o = hg__json_object_get(hg__model_detector(m), "parts");
    *needs = (hg__inspector_needs){0};
    HG_TRY(hg__part_view_parse(&v, hg__json_object_get(o, "view"), where, err));
    const hg__part_kind *kind = hg__part_kind_of(m, v.channels, where, err);
    int code = kind ? HG_OK : (int)err->code;
    if (kind && kind->by_pieces) code = hg__image_needs_of(&m->net, &image, err);
    if (!kind || !kind->by_pieces || code < 0) {
        hg__part_view_clear(&v);
        return code;
    }
    const size_t held = max_mem / 2, process = PROCESS + COPIES * weights;
    needs->training = process + held + (plan > max_mem / 2 ? plan : max_mem / 2);
    if (v.height > 0) needs->judging = process + judging_bytes(m, &v, threads, max_mem, &image);
    hg__part_view_clear(&v);
    return HG_OK;
}

// ---- frames -------------------------------------------------------------------------------------

int hg__frame_cut(const hg__frame *f, const hg__crop *at, hg__raster *to, hg_error *err) {
    if (f->store) {
        return hg__part_store_cut(f->store, f->number, at->top, at->left, at->height, at->width, to,
                                  err);
    }
    HG_TRY(hg__raster_init(to, at->height, at->width, f->raster->channels, err));
    const size_t line = (size_t)at->width * (size_t)to->channels;
    for (int32_t y = 0; y < at->height; y++) {
        memcpy(hg__raster_pixel(to, y, 0), hg__raster_pixel(f->raster, at->top + y, at->left),
               line * sizeof *to->at);
    }
    return HG_OK;
}

void hg__frame_size(const hg__frame *f, int32_t *height, int32_t *width) {
    if (f->store) {
        hg__part_store_size(f->store, f->number, height, width);
        return;
    }
    *height = f->raster->height;
    *width = f->raster->width;
}

// ---- pieces -------------------------------------------------------------------------------------

typedef struct piece {
    hg__crop core, all; // without and with its margin, pixels
} piece;

static piece piece_at(int32_t top, int32_t left, int32_t side, int32_t margin, int32_t height,
                      int32_t width) {
    piece p = {
        .core = {left, top, hg__min(side, width - left), hg__min(side, height - top)}
    };
    p.all.top = hg__max(0, top - margin);
    p.all.left = hg__max(0, left - margin);
    p.all.height = hg__min(height, top + p.core.height + margin) - p.all.top;
    p.all.width = hg__min(width, left + p.core.width + margin) - p.all.left;
    return p;
}

// As make_reference() in clue_mask.c makes the whole one.
int hg__piece_reference(hg__inspector *s, const hg__crop *at, int32_t height, int32_t width,
                        hg_error *err) {
    hg__raster lines;
    const hg__crop columns = {at->left, 0, at->width, at->height};
    const hg__frame frame = {.raster = &lines};
    hg__raster_clear(&s->reference);
    if (!s->expected.at) return HG_OK;
    HG_TRY(hg__raster_resize_lines(&lines, &s->expected, height, width, at->top, at->height, err));
    const int code = hg__frame_cut(&frame, &columns, &s->reference, err);
    hg__raster_clear(&lines);
    return code;
}

// Means of by x by pixels each.
static void shrink(const hg__raster *from, const piece *p, int32_t by, hg__raster *to) {
    const int32_t down = p->core.top - p->all.top, along = p->core.left - p->all.left;
    for (int32_t y = 0; y < p->core.height; y++) {
        for (int32_t x = 0; x < p->core.width; x++) {
            const int32_t v = (p->core.top + y) / by, u = (p->core.left + x) / by;
            if (v >= to->height || u >= to->width) continue;
            const float *pixel = hg__raster_pixel(from, down + y, along + x);
            float *own = hg__raster_pixel(to, v, u);
            for (int32_t c = 0; c < to->channels; c++) own[c] += pixel[c] / (float)(by * by);
        }
    }
}

// Whose cells, without those of the margin, go on.
static int take_core(const hg__raster *clue, const piece *p, const hg__piece_work *w,
                     hg__clue_place at, hg_error *err) {
    hg__raster core = {0};
    const hg__frame frame = {.raster = clue};
    at.top = p->core.top / HG_MAP_CELL;
    at.left = p->core.left / HG_MAP_CELL;
    const hg__crop cells = {(p->core.left - p->all.left) / HG_MAP_CELL,
                            (p->core.top - p->all.top) / HG_MAP_CELL, p->core.width / HG_MAP_CELL,
                            p->core.height / HG_MAP_CELL};
    if (cells.width < 1 || cells.height < 1) return HG_OK;
    HG_TRY(hg__frame_cut(&frame, &cells, &core, err));
    const int code = w->take(w->context, &core, &at, err);
    hg__raster_clear(&core);
    return code;
}

static int run_piece(hg__inspector *s, const hg__piece_work *w, const piece *p, int32_t height,
                     int32_t width, hg_error *err) {
    hg__inspected r = {0};
    hg__raster clue = {0}, made = {0};
    const hg__clue_place at = {.height = height / HG_MAP_CELL, .width = width / HG_MAP_CELL};
    s->piece_of = at;
    s->piece_of.top = p->all.top / HG_MAP_CELL;
    s->piece_of.left = p->all.left / HG_MAP_CELL;
    hg__shown *shown = w->shown;
    const bool shows = shown && shown->reconstruction.at;
    int code = hg__frame_cut(&w->frame, &p->all, &r.picture, err);
    if (code == HG_OK && s->has_pairs) code = hg__frame_cut(&w->pair, &p->all, &r.pair, err);
    if (code == HG_OK) code = hg__piece_reference(s, &p->all, height, width, err);
    if (code == HG_OK) code = hg__clues_of(s, &r, &clue, shows ? &made : NULL, err);
    if (code == HG_OK && shown) shrink(&r.picture, p, shown->by, &shown->picture);
    if (code == HG_OK && shows) shrink(&made, p, shown->by, &shown->reconstruction);
    hg__raster_clear(&made);
    hg__inspected_clear(&r);
    if (code == HG_OK) code = take_core(&clue, p, w, at, err);
    hg__raster_clear(&clue);
    return code;
}

static int init_shown(const hg__inspector *s, hg__shown *shown, int32_t height, int32_t width,
                      hg_error *err) {
    const int32_t channels = s->view.channels, by = hg__ceil_div(hg__max(height, width), SHOWN);
    const int32_t h = hg__max(1, height / by), w = hg__max(1, width / by);
    shown->by = by;
    HG_TRY(hg__raster_init(&shown->picture, h, w, channels, err));
    return shown->wants_reconstruction
               ? hg__raster_init(&shown->reconstruction, h, w, channels, err)
               : HG_OK;
}

int hg__pieces_run(hg__inspector *s, const hg__piece_work *w, hg_error *err) {
    const int32_t side = hg__piece_side(s), margin = margin_of(s);
    int32_t height, width;
    hg__frame_size(&w->frame, &height, &width);
    int code = w->shown ? init_shown(s, w->shown, height, width, err) : HG_OK;
    if (code == HG_OK) code = hg__clues_begin(s, &w->frame, err);
    s->in_pieces = true;
    for (int32_t top = 0; code == HG_OK && top < height; top += side) {
        for (int32_t left = 0; code == HG_OK && left < width; left += side) {
            const piece p = piece_at(top, left, side, margin, height, width);
            code = run_piece(s, w, &p, height, width, err);
        }
    }
    s->in_pieces = false;
    hg__raster_clear(&s->reference);
    hg__tiles_free(s->tiles);
    s->tiles = NULL;
    return code;
}

// ---- a large picture ----------------------------------------------------------------------------

typedef struct filling {
    hg__part_store *store;
    float *grey;      // owned, (width): of a template; NULL: lines are kept as they come
    int32_t channels; // of lines
    int32_t width;
} filling;

static void take_line(void *context, const float *line) {
    const filling *f = context;
    for (int32_t x = 0; f->grey && x < f->width; x++) {
        float sum = 0;
        for (int32_t c = 0; c < f->channels; c++) sum += line[x * f->channels + c];
        f->grey[x] = sum / (float)f->channels;
    }
    hg__part_store_add(f->store, 0, f->grey ? f->grey : line);
}

int hg__part_store_load(hg__part_store **to, const hg__part_view *v, const char *path,
                        const hg__part_geometry *where, bool is_grey, size_t memory,
                        hg_error *err) {
    const hg__crop *size = &where->working;
    filling f = {.channels = v->channels, .width = size->width};
    f.store = *to = hg__part_store_new(1, is_grey ? 1 : v->channels, memory, err);
    int code =
        f.store ? hg__part_store_begin(f.store, 0, size->height, size->width, err) : HG_ERR_MEMORY;
    if (code == HG_OK && is_grey) {
        f.grey = hg__alloc((size_t)size->width, sizeof *f.grey, err);
        if (!f.grey) code = HG_ERR_MEMORY;
    }
    if (code == HG_OK) code = hg__part_load_lines(v, path, take_line, &f, where, err);
    if (code == HG_OK) code = hg__part_store_end(f.store, 0, err);
    hg__free(f.grey);
    if (code == HG_OK) return HG_OK;
    hg__part_store_free(*to);
    *to = NULL;
    return code;
}
