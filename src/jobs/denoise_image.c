// SPDX-License-Identifier: Apache-2.0
// denoise_image.c - one image file through the model: lines in, windows over them, lines out.
//
// What samples become 0 and 1 is range.h's rule: found beforehand, by reading the file once more. Samples that are
// outside of the picture are filled as lines are read, so that the model sees their neighbours there, and put back as
// lines are written.
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "image/range.h"
#include "jobs/denoise.h"
#include "model/model.h"
#include "options/options.h"

// What the file's first reading found of a page.
typedef struct page_range {
    hg__sample_range range; // {0}: 0 .. white
    bool has_outside;       // there are, or may be, samples outside
    bool is_own;            // found on the page itself, and another range than 0 .. white
} page_range;

typedef struct picture {
    hg__denoiser *d; // borrowed
    const char *path;
    hg__image_reader *reader; // owned
    hg__image_writer *writer; // owned
    page_range *page;         // owned, (ranges); NULL: all pages are 0 .. white
    int32_t ranges;
    hg__image_info info;          // of this page, with its range
    page_range now;               // of this page
    int64_t outside;              // samples of this page, so far
    size_t pixel, line;           // bytes
    int32_t first, read, written; // lines: the first in `in`, behind its last, the first in `out`
    uint8_t *in, *out;            // owned, (window_height, line)
    uint8_t *raw;        // owned, as `in` before it was filled; NULL where nothing is outside
    uint8_t *last;       // owned, beside raw: the line before those just read, filled
    uint8_t *is_outside; // owned, (width, channels), beside raw
    float *number;       // owned, (threads, window_width, 3)
    uint8_t *sample;     // owned, (threads, window_width) grey samples of any type
    int32_t widest;      // window_width, or width where pieces are as wide as the picture
} picture;

// ---- the range of a page ------------------------------------------------------------------------

static int read_page(picture *p, hg__image_reader *r, hg__range_finder *f, hg_error *err) {
    const hg__image_info *info = hg__image_info_of(r);
    const bool is_open = hg__range_is_open(info);
    uint8_t *line = hg__alloc(hg__image_line_bytes(info), 1, err);
    int code = line ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK && is_open) code = hg__range_begin(f, info, err);
    for (int32_t y = 0; code == HG_OK && y < info->height; y++) {
        code = hg__image_read_lines(r, line, 1, err);
        if (code == HG_OK && is_open) hg__range_add(f, line);
        if (code == HG_OK && hg__denoise_is_stopped(p->d)) {
            code = hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", p->path);
        }
    }
    hg__free(line);
    return code;
}

static void tell_of_other(const picture *p, const hg__range_rule *rule) {
    char text[160];
    snprintf(text, sizeof text,
             "the model was trained on %s samples of %.6g .. %.6g, which these are not: they are "
             "taken by their own range",
             hg__dtype_name(rule->dtype), rule->low, rule->high);
    if (p->d->has_told_other) {
        hg__denoise_detail(p->d, "%s: %s", p->path, text);
    } else {
        hg__denoise_note(p->d, "%s: %s", p->path, text);
    }
    p->d->has_told_other = true;
}

static page_range pick_range(const picture *p, const hg__image_info *info, hg__range_finder *f) {
    const hg__range_rule *rule = &p->d->model->range;
    hg__page_samples found;
    hg__range_end(f, &found);
    page_range page = {.range = found.own, .has_outside = found.has_outside, .is_own = true};
    if (hg__range_suits(rule, info, f)) {
        page.range = hg__range_within(&found, rule->low, rule->high);
        page.is_own = false;
    } else if (rule->kind == HG_RANGE_FIXED && info->page == 0) {
        tell_of_other(p, rule);
    }
    return page;
}

static int find_page(picture *p, hg__image_reader *r, hg__range_finder **f, hg_error *err) {
    const hg__image_info *info = hg__image_info_of(r);
    page_range *grown = hg__grow(p->page, (size_t)p->ranges + 1, sizeof *grown, err);
    if (!grown) return HG_ERR_MEMORY;
    p->page = grown;
    page_range *page = &grown[p->ranges++];
    *page = (page_range){.has_outside = info->has_nodata};
    const bool is_open = hg__range_is_open(info);
    if (is_open && !*f) *f = hg__range_finder_new(err);
    if (is_open && !*f) return HG_ERR_MEMORY;
    HG_TRY(read_page(p, r, *f, err));
    if (is_open) *page = pick_range(p, info, *f);
    return HG_OK;
}

static int find_ranges(picture *p, hg_error *err) {
    const hg__image_info *info = hg__image_info_of(p->reader);
    if (!hg__outside_is_open(info) && info->pages == 1) return HG_OK;
    hg__image_reader *r = hg__image_open(p->path, err);
    hg__range_finder *f = NULL;
    int more = r ? 1 : (int)err->code;
    while (more > 0) {
        more = find_page(p, r, &f, err);
        if (more == HG_OK) more = hg__image_next_page(r, err);
    }
    hg__range_finder_free(f);
    hg__image_close(r);
    return more;
}

// ---- lines to numbers and back ------------------------------------------------------------------

static hg__image_info info_of_piece(const picture *p, const hg__tile_piece *piece) {
    hg__image_info info = p->info;
    info.width = piece->width;
    info.height = 1;
    return info;
}

static const uint8_t *in_at(const picture *p, int32_t line, int32_t left) {
    return p->in + (size_t)(line - p->first) * p->line + (size_t)left * p->pixel;
}

static const uint8_t *raw_at(const picture *p, int32_t line, int32_t left) {
    return p->raw + (in_at(p, line, left) - p->in);
}

static float *numbers_of(const picture *p, int32_t thread) {
    return p->number + (size_t)thread * (size_t)p->widest * 3;
}

static bool is_apart(const picture *p) { // each channel in a run of its own
    return p->d->needs.channels == 1 && p->info.channels == 3;
}

static void get(void *context, const hg__tile_piece *piece, float *to) {
    const picture *p = context;
    const hg__image_info info = info_of_piece(p, piece);
    const uint8_t *from = in_at(p, piece->line, piece->left);
    const int32_t channels = p->d->needs.channels;
    if (is_apart(p)) {
        float *colour = numbers_of(p, piece->thread);
        hg__image_to_real(&info, from, 1, 3, colour);
        for (int32_t x = 0; x < piece->width; x++) to[x] = colour[3 * x + piece->run];
    } else {
        hg__image_to_real(&info, from, 1, channels, to);
    }
}

// One of three channels: grey samples put where they belong.
static void put_channel(const picture *p, const hg__tile_piece *piece, const float *from,
                        uint8_t *to) {
    const size_t size = hg__dtype_size(p->info.dtype);
    uint8_t *grey = p->sample + (size_t)piece->thread * (size_t)p->widest * sizeof(double);
    hg__image_info info = info_of_piece(p, piece);
    info.channels = 1;
    info.alpha = false;
    hg__image_from_real(&info, from, 1, 1, grey);
    to += (size_t)piece->run * size;
    for (int32_t x = 0; x < piece->width; x++, to += p->pixel, grey += size) memcpy(to, grey, size);
}

static void put(void *context, const hg__tile_piece *piece, const float *from) {
    const picture *p = context;
    const hg__image_info info = info_of_piece(p, piece);
    const int32_t channels = p->d->needs.channels;
    uint8_t *to =
        p->out + (size_t)(piece->line - p->written) * p->line + (size_t)piece->left * p->pixel;
    if (piece->run == 0) { // alpha is kept
        memcpy(to, in_at(p, piece->line, piece->left), (size_t)piece->width * p->pixel);
    }
    if (is_apart(p)) {
        put_channel(p, piece, from, to);
    } else {
        hg__image_from_real(&info, from, 1, channels, to);
    }
    if (p->raw) {
        hg__outside_keep(&info, raw_at(p, piece->line, piece->left), (size_t)piece->width, to);
    }
}

// ---- lines in, lines out ------------------------------------------------------------------------

// Lines just read, the first of them number `line` of the page.
static void fill(picture *p, int32_t line, int32_t end) {
    for (; line < end; line++) {
        uint8_t *to = p->in + (size_t)(line - p->first) * p->line;
        memcpy(p->raw + (to - p->in), to, p->line);
        const int64_t found = hg__outside_mark(&p->info, to, (size_t)p->info.width, p->is_outside);
        const uint8_t *above = line > p->first ? to - p->line : p->last;
        if (found) hg__outside_fill(&p->info, to, line > 0 ? above : NULL, p->is_outside);
        p->outside += found;
    }
}

static int need(void *context, int32_t first, int32_t end, hg_error *err) {
    picture *p = context;
    const size_t kept = (size_t)(p->read - first) * p->line;
    if (p->raw && p->read > 0) memcpy(p->last, in_at(p, p->read - 1, 0), p->line);
    if (p->raw) memmove(p->raw, raw_at(p, first, 0), kept);
    memmove(p->in, in_at(p, first, 0), kept);
    p->first = first;
    HG_TRY(hg__image_read_lines(p->reader, p->in + kept, end - p->read, err));
    if (p->raw) fill(p, p->read, end);
    p->read = end;
    return HG_OK;
}

// A disk that is full is so for every file.
static int writing(picture *p, int code) {
    if (code == HG_ERR_IO) p->d->is_fatal = true;
    return code;
}

static int done(void *context, int32_t end, hg_error *err) {
    picture *p = context;
    HG_TRY(writing(p, hg__image_write_lines(p->writer, p->out, end - p->written, err)));
    p->written = end;
    return HG_OK;
}

// ---- pages --------------------------------------------------------------------------------------

// What the codecs hold of a page: the reader says it, a writer of the same format holds as much.
static int plan_page(picture *p, hg__tiling *t, hg_error *err) {
    const char *note = hg__image_note(p->reader);
    if (*note) hg__denoise_note(p->d, "%s: %s", p->path, note);
    p->info = *hg__image_info_of(p->reader);
    p->line = hg__image_line_bytes(&p->info);
    p->pixel = p->line / (size_t)p->info.width;
    p->now = (page_range){.is_own = false};
    if (p->page && p->info.page < p->ranges) p->now = p->page[p->info.page];
    p->info.range = p->now.range;
    p->outside = 0;
    hg__tile_job job = {.height = p->info.height,
                        .width = p->info.width,
                        .line_bytes = (p->now.has_outside ? 3 : 2) * p->line};
    const size_t held = 2 * hg__image_held(p->reader);
    return hg__denoise_plan(p->d, p->path, &job, p->info.channels, held, t, err);
}

static void free_lines(picture *p) {
    hg__free(p->in);
    hg__free(p->out);
    hg__free(p->number);
    hg__free(p->sample);
    hg__free(p->raw);
    hg__free(p->last);
    hg__free(p->is_outside);
    p->in = p->out = p->sample = p->raw = p->last = p->is_outside = NULL;
    p->number = NULL;
}

static int make_raw_lines(picture *p, int32_t lines, hg_error *err) {
    const size_t samples = (size_t)p->info.width * (size_t)p->info.channels;
    if (!p->now.has_outside) return HG_OK;
    p->raw = hg__alloc((size_t)lines, p->line, err);
    if (p->raw) p->last = hg__alloc(1, p->line, err);
    if (p->last) p->is_outside = hg__alloc(samples, 1, err);
    return p->is_outside ? HG_OK : HG_ERR_MEMORY;
}

static int make_lines(picture *p, const hg__tiling *t, hg_error *err) {
    const size_t threads = (size_t)hg__pool_threads(p->d->pool);
    const int32_t lines = t->window_height < t->height ? t->window_height : t->height;
    p->widest = t->blend && t->width > t->window_width ? t->width : t->window_width;
    p->first = p->read = p->written = 0;
    const size_t numbers = threads * (size_t)p->widest;
    p->in = hg__alloc((size_t)lines, p->line, err);
    if (p->in) p->out = hg__alloc((size_t)lines, p->line, err);
    if (p->out) p->number = hg__alloc(numbers, 3 * sizeof *p->number, err);
    if (p->number) p->sample = hg__alloc(numbers, sizeof(double), err);
    return p->sample ? make_raw_lines(p, lines, err) : HG_ERR_MEMORY;
}

static void tell_of_range(picture *p) {
    const hg__sample_range *r = &p->info.range;
    const hg__denoiser *d = p->d;
    if (p->now.is_own && hg__range_is_other(&p->info)) {
        hg__denoise_detail(d, "%s: page %d: its own range, %.6g .. %.6g, is 0 .. 1 to the model",
                           p->path, p->info.page + 1, r->low, r->high);
    }
    if (p->outside == 0) return;
    char text[128];
    snprintf(text, sizeof text, "%lld sample%s, without a value or far from all others, left as %s",
             (long long)p->outside, p->outside > 1 ? "s" : "",
             p->outside > 1 ? "they are" : "it is");
    if (d->has_told_outside) {
        hg__denoise_detail(d, "%s: %s", p->path, text);
    } else {
        hg__denoise_note(d, "%s: %s", p->path, text);
    }
    p->d->has_told_outside = true;
}

// A mask is no picture: its lines go through as they are.
static int pass_page(picture *p, hg_error *err) {
    uint8_t *line = hg__alloc(p->line, 1, err);
    int code = line ? HG_OK : HG_ERR_MEMORY;
    for (int32_t y = 0; y < p->info.height && code == HG_OK; y++) {
        code = hg__image_read_lines(p->reader, line, 1, err);
        if (code == HG_OK) code = writing(p, hg__image_write_lines(p->writer, line, 1, err));
    }
    hg__free(line);
    return code;
}

static int run_page(picture *p, const hg__tiling *t, hg_error *err) {
    if (p->info.is_mask) return pass_page(p, err);
    const double started = hg__seconds();
    free_lines(p); // the last page's, before anything new
    HG_TRY(hg__denoise_tiles(p->d, t, err));
    HG_TRY(make_lines(p, t, err));
    const int64_t pixels = (int64_t)t->height * t->width;
    const bool is_alone = !p->d->is_folder;
    if (is_alone) hg__meter_start(&p->d->meter, p->d->listener, "denoising", "pixels", pixels);
    const hg__tile_io io = {.context = p,
                            .name = p->path,
                            .meter = &p->d->meter,
                            .worth =
                                is_alone ? pixels / ((int64_t)t->rows * t->columns * t->runs) : 0,
                            .get = get,
                            .put = put,
                            .need = need,
                            .done = done,
                            .listener = p->d->listener};
    HG_TRY(hg__tiles_run(p->d->tiles, &io, err));
    if (is_alone) hg__meter_end(&p->d->meter);
    tell_of_range(p);
    p->d->result->pixels += pixels;
    hg__denoise_detail(p->d, "%s: %d x %d, %d channel%s, %d x %d windows of %d x %d, %.2f s",
                       p->path, t->width, t->height, p->info.channels,
                       p->info.channels > 1 ? "s" : "", t->columns, t->rows, t->window_width,
                       t->window_height, hg__seconds() - started);
    return HG_OK;
}

static int create(picture *p, const char *out, hg_error *err) {
    hg_error own = {0};
    const char *format = hg__image_format_of(out);
    const bool is_alike = !format || strcmp(format, p->info.format) == 0;
    p->writer = is_alike ? hg__image_create(out, p->reader, &own)
                         : hg__image_create_new(out, &p->info, &own);
    if (p->writer) return HG_OK;
    *err = own;
    return writing(p, (int)own.code);
}

static int run_more_pages(picture *p, hg_error *err) {
    hg__tiling t;
    int more;
    while ((more = hg__image_next_page(p->reader, err)) > 0) {
        HG_TRY(plan_page(p, &t, err));
        HG_TRY(writing(p, hg__image_start_page(p->writer, p->reader, err)));
        HG_TRY(run_page(p, &t, err));
    }
    return more;
}

static int run_pages(picture *p, const char *out, hg_error *err) {
    hg__tiling t;
    int code = find_ranges(p, err);
    if (code == HG_OK) code = plan_page(p, &t, err);
    if (code == HG_OK) code = create(p, out, err);
    if (code == HG_OK) code = run_page(p, &t, err);
    if (code == HG_OK) code = run_more_pages(p, err);
    if (code < 0) return code;
    hg__image_writer *w = p->writer;
    p->writer = NULL;
    return writing(p, hg__image_commit(w, err));
}

int hg__denoise_image(hg__denoiser *d, const char *path, const char *out, hg_error *err) {
    HG_TRY(hg__check_out(path, "image", out, err));
    picture p = {.d = d, .path = path};
    p.reader = hg__image_open(path, err);
    int code = p.reader ? run_pages(&p, out, err) : (int)err->code;
    hg__image_abort(p.writer);
    hg__image_close(p.reader);
    free_lines(&p);
    hg__free(p.page);
    if (code < 0) d->result->failed++;
    return code;
}
