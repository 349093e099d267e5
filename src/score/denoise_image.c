// SPDX-License-Identifier: Apache-2.0
// denoise_image.c - one image file through the model: lines in, windows over them, lines out.
//
// Samples of 0 .. white become numbers 0 .. 1. Where a page uses less than half of that (a 12-bit camera in 16
// bits, a CT slice), or goes beyond it (floats), its own smallest and largest sample become 0 and 1, so that
// the model sees the contrast it was trained on; they are found beforehand, by reading the file once more.
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"
#include "score/denoise.h"

// What a page's numbers are: (sample / white - low) / range.
typedef struct scale {
    float low, range;
} scale;

typedef struct picture {
    hg__denoiser *d; // borrowed
    const char *path;
    hg__image_reader *reader; // owned
    hg__image_writer *writer; // owned
    scale *scale;             // owned, (pages); NULL: all pages are 0 .. white
    int32_t scales;
    hg__image_info info;          // of this page
    scale now;                    // of this page
    size_t pixel, line;           // bytes
    int32_t first, read, written; // lines: the first in `in`, behind its last, the first in `out`
    uint8_t *in, *out;            // owned, (window_height, line)
    float *number;                // owned, (threads, window_width, 3)
    uint8_t *sample;              // owned, (threads, window_width) grey samples of any type
    int32_t widest;               // window_width, or width where pieces are as wide as the picture
} picture;

// ---- the range of a page ------------------------------------------------------------------------

static void widen_range(const hg__image_info *info, const uint8_t *line, float *low, float *high) {
    const size_t samples = (size_t)hg__image_samples(info);
    for (size_t i = 0; i < (size_t)info->width * samples; i++) {
        if (i % samples >= (size_t)info->channels) continue; // alpha
        const float x = (float)hg__image_sample(info->dtype, line, i);
        if (!isfinite(x)) continue;
        if (x < *low) *low = x;
        if (x > *high) *high = x;
    }
}

static int find_scale(hg__image_reader *r, scale *s, hg_error *err) {
    const hg__image_info *info = hg__image_info_of(r);
    float low = FLT_MAX, high = -FLT_MAX;
    uint8_t *line = hg__alloc(hg__image_line_bytes(info), 1, err);
    if (!line) return HG_ERR_MEMORY;
    int code = HG_OK;
    for (int32_t y = 0; code == HG_OK && y < info->height; y++) {
        code = hg__image_read_lines(r, line, 1, err);
        if (code == HG_OK) widen_range(info, line, &low, &high);
    }
    hg__free(line);
    const float white = info->white;
    *s = (scale){0, 1};
    const bool is_usual = low >= 0 && high <= white && high - low > white / 2;
    // Divided first: the difference of two floats need not be a float.
    const float range = high / white - low / white;
    if (info->dtype != HG_U8 && !is_usual && low < high && isfinite(range) && range > 0) {
        *s = (scale){low / white, range};
    }
    return code;
}

static int find_scales(picture *p, hg_error *err) {
    const hg__image_info *info = hg__image_info_of(p->reader);
    if (info->dtype == HG_U8 && info->pages == 1) return HG_OK;
    hg__image_reader *r = hg__image_open(p->path, err);
    if (!r) return (int)err->code;
    int more = 1;
    while (more > 0) {
        scale *grown = hg__grow(p->scale, (size_t)p->scales + 1, sizeof *grown, err);
        more = HG_ERR_MEMORY;
        if (!grown) break;
        p->scale = grown;
        more = find_scale(r, &grown[p->scales++], err);
        if (more == HG_OK) more = hg__image_next_page(r, err);
        if (hg__denoise_is_stopped(p->d)) {
            more = hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", p->path);
        }
    }
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
    if (p->now.low == 0 && p->now.range == 1) return;
    for (int32_t x = 0; x < piece->width * channels; x++) {
        const float number = (to[x] - p->now.low) / p->now.range;
        to[x] = number < 0 ? 0 : number > 1 ? 1 : number; // what was no number may lie outside
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

// Floats that are no numbers (what was not measured), or too large for a float, stay what they are.
static void keep_not_finite(const picture *p, const hg__tile_piece *piece, uint8_t *to) {
    const size_t size = hg__dtype_size(p->info.dtype), samples = p->pixel / size;
    const uint8_t *from = in_at(p, piece->line, piece->left);
    for (size_t i = 0; i < (size_t)piece->width * samples; i++) {
        if (isfinite((float)hg__image_sample(p->info.dtype, from, i))) continue;
        memcpy(to + i * size, from + i * size, size);
    }
}

static void put(void *context, const hg__tile_piece *piece, const float *from) {
    const picture *p = context;
    const hg__image_info info = info_of_piece(p, piece);
    const int32_t channels = p->d->needs.channels;
    float *number = numbers_of(p, piece->thread);
    uint8_t *to =
        p->out + (size_t)(piece->line - p->written) * p->line + (size_t)piece->left * p->pixel;
    if (piece->run == 0) { // alpha is kept
        memcpy(to, in_at(p, piece->line, piece->left), (size_t)piece->width * p->pixel);
    }
    if (p->now.low != 0 || p->now.range != 1) {
        for (int32_t x = 0; x < piece->width * channels; x++) {
            number[x] = from[x] * p->now.range + p->now.low;
        }
        from = number;
    }
    if (is_apart(p)) {
        put_channel(p, piece, from, to);
    } else {
        hg__image_from_real(&info, from, 1, channels, to);
    }
    if (hg__image_is_real(info.dtype)) keep_not_finite(p, piece, to);
}

// ---- lines in, lines out ------------------------------------------------------------------------

static int need(void *context, int32_t first, int32_t end, hg_error *err) {
    picture *p = context;
    memmove(p->in, in_at(p, first, 0), (size_t)(p->read - first) * p->line);
    p->first = first;
    uint8_t *to = p->in + (size_t)(p->read - first) * p->line;
    HG_TRY(hg__image_read_lines(p->reader, to, end - p->read, err));
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
    p->info = *hg__image_info_of(p->reader);
    p->line = hg__image_line_bytes(&p->info);
    p->pixel = p->line / (size_t)p->info.width;
    p->now = p->scale && p->info.page < p->scales ? p->scale[p->info.page] : (scale){0, 1};
    hg__tile_job job = {
        .height = p->info.height, .width = p->info.width, .line_bytes = 2 * p->line};
    const size_t held = 2 * hg__image_held(p->reader);
    return hg__denoise_plan(p->d, p->path, &job, p->info.channels, held, t, err);
}

static void free_lines(picture *p) {
    hg__free(p->in);
    hg__free(p->out);
    hg__free(p->number);
    hg__free(p->sample);
    p->in = p->out = p->sample = NULL;
    p->number = NULL;
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
    return p->sample ? HG_OK : HG_ERR_MEMORY;
}

static int run_page(picture *p, const hg__tiling *t, hg_error *err) {
    const double started = hg__seconds();
    free_lines(p); // the last page's, before anything new
    HG_TRY(hg__denoise_tiles(p->d, t, err));
    HG_TRY(make_lines(p, t, err));
    const hg__tile_io io = {.context = p,
                            .name = p->path,
                            .get = get,
                            .put = put,
                            .need = need,
                            .done = done,
                            .stop = p->d->listener ? p->d->listener->stop : NULL};
    HG_TRY(hg__tiles_run(p->d->tiles, &io, err));
    p->d->result->pixels += (int64_t)t->height * t->width;
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
    int code = find_scales(p, err);
    if (code == HG_OK) code = plan_page(p, &t, err);
    if (code == HG_OK) code = create(p, out, err);
    if (code == HG_OK) code = run_page(p, &t, err);
    if (code == HG_OK) code = run_more_pages(p, err);
    if (code < 0) return code;
    hg__image_writer *w = p->writer;
    p->writer = NULL;
    return writing(p, hg__image_commit(w, err));
}

static bool is_same_file(const char *a, const char *b) {
    return hg__is_file(a) && hg__is_file(b) && hg__denoise_is_inside(a, b);
}

int hg__denoise_image(hg__denoiser *d, const char *path, const char *out, hg_error *err) {
    if (is_same_file(path, out)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected out= to be another file, got the image itself", path);
    }
    picture p = {.d = d, .path = path};
    p.reader = hg__image_open(path, err);
    int code = p.reader ? run_pages(&p, out, err) : (int)err->code;
    hg__image_abort(p.writer);
    hg__image_close(p.reader);
    free_lines(&p);
    hg__free(p.scale);
    if (code < 0) d->result->failed++;
    return code;
}
