// SPDX-License-Identifier: Apache-2.0
// denoiser_pixels.c - an image in memory of the caller's: any strides, any order of its channels, in place too.
//
// Lines are gathered into interleaved samples, red first, and scattered from them; what lies between is denoiser_lines.c.
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/host.h"
#include "base/mem.h"
#include "image/image.h"
#include "restore/denoiser.h"

// One side of the call, its strides spelled out.
typedef struct bitmap {
    uint8_t *data; // the first pixel of the top line
    ptrdiff_t line, pixel;
    size_t size; // bytes of a sample
    int32_t width, height;
    int32_t channels; // without alpha
    bool alpha, is_blue_first;
    hg__dtype dtype;
    float white;
} bitmap;

static int refuse(const char *side, const char *what, long long got, hg_error *err) {
    return hg__fail(err, HG_ERR_USAGE, "hg_denoise_pixels: %s: expected %s, got %lld", side, what,
                    got);
}

// ---- what the caller has ------------------------------------------------------------------------

static int take_layout(bitmap *b, const hg_pixels *p, const char *side, hg_error *err) {
    static const hg__dtype types[] = {HG_U8, HG_U16, HG_F32};
    if ((unsigned)p->layout > HG_PIXELS_BGRA) {
        return refuse(side, "a layout of hg_pixel_layout", (long long)p->layout, err);
    }
    if ((unsigned)p->type > HG_PIXELS_F32) {
        return refuse(side, "a type of hg_pixel_type", (long long)p->type, err);
    }
    b->channels = p->layout == HG_PIXELS_GREY ? 1 : 3;
    b->alpha = p->layout == HG_PIXELS_RGBA || p->layout == HG_PIXELS_BGRA;
    b->is_blue_first = p->layout == HG_PIXELS_BGR || p->layout == HG_PIXELS_BGRA;
    b->dtype = types[p->type];
    b->size = hg__dtype_size(b->dtype);
    const float most = b->dtype == HG_F32 ? FLT_MAX : hg__image_white_of(b->dtype);
    const bool is_set = p->white < 0 || p->white > 0 || isnan(p->white);
    b->white = is_set ? p->white : hg__image_white_of(b->dtype);
    if (b->white > 0 && b->white <= most) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "hg_denoise_pixels: %s: expected white above 0 and in the samples' range, got "
                    "%g",
                    side, (double)p->white);
}

static int take_size(bitmap *b, const hg_pixels *p, const char *side, hg_error *err) {
    const hg__image_limits *most = &hg__image_limit;
    b->data = p->data;
    b->width = p->width;
    b->height = p->height;
    if (!p->data) {
        return hg__fail(err, HG_ERR_USAGE, "hg_denoise_pixels: %s: expected data, got NULL", side);
    }
    if (p->width > 0 && p->height > 0 && p->width <= most->side && p->height <= most->side &&
        (uint64_t)p->width * (uint64_t)p->height <= most->pixels) {
        return HG_OK;
    }
    return hg__fail(err, HG_ERR_USAGE,
                    "hg_denoise_pixels: %s: expected sides of 1 to %d and at most %llu pixels, got "
                    "%d x %d",
                    side, most->side, (unsigned long long)most->pixels, p->width, p->height);
}

// Bytes from the first of a line to behind its last.
static ptrdiff_t span_of(const bitmap *b) {
    return (b->width - 1) * b->pixel + (ptrdiff_t)b->size * (b->channels + b->alpha);
}

static int take_strides(bitmap *b, const hg_pixels *p, const char *side, hg_error *err) {
    enum { MOST = 1 << 16 };
    const ptrdiff_t packed = (ptrdiff_t)b->size * (b->channels + b->alpha);
    b->pixel = p->pixel_stride ? p->pixel_stride : packed;
    if (b->pixel < packed || b->pixel > MOST) {
        return refuse(side, "a pixel_stride of at least a pixel and at most 65536", b->pixel, err);
    }
    b->line = p->line_stride ? p->line_stride : b->pixel * b->width;
    const ptrdiff_t span = span_of(b), most = PTRDIFF_MAX / 4 / b->height;
    const ptrdiff_t line = b->line >= 0 ? b->line : b->line > -most ? -b->line : 0;
    if (line >= span && line <= most) return HG_OK;
    return refuse(side, "a line_stride no shorter than a line", b->line, err);
}

static int take(bitmap *b, const hg_pixels *p, const char *side, hg_error *err) {
    HG_TRY(take_layout(b, p, side, err));
    HG_TRY(take_size(b, p, side, err));
    return take_strides(b, p, side, err);
}

static int check_alike(const bitmap *a, const bitmap *b, hg_error *err) {
    if (a->width != b->width || a->height != b->height) {
        return hg__fail(err, HG_ERR_USAGE,
                        "hg_denoise_pixels: expected two images of one size, got %d x %d and %d x "
                        "%d",
                        a->width, a->height, b->width, b->height);
    }
    const bool is_alike = a->dtype == b->dtype && a->channels == b->channels &&
                          a->alpha == b->alpha && !(a->white < b->white || a->white > b->white);
    if (is_alike) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "hg_denoise_pixels: expected two images of one type, white and kind of pixel");
}

// ---- the same memory ----------------------------------------------------------------------------

static void find_ends(const bitmap *b, uintptr_t *low, uintptr_t *high) {
    const uintptr_t top = (uintptr_t)b->data, lines = (uintptr_t)(b->height - 1);
    const uintptr_t down = lines * (uintptr_t)(b->line < 0 ? -b->line : b->line);
    *low = b->line < 0 ? top - down : top;
    *high = (b->line < 0 ? top : top + down) + (uintptr_t)span_of(b);
}

// Two cut-outs of one picture, side by side.
static bool is_beside(const bitmap *a, const bitmap *b, uintptr_t low_a, uintptr_t low_b) {
    if (a->line != b->line && a->line != -b->line) return false;
    const uintptr_t line = (uintptr_t)(a->line < 0 ? -a->line : a->line);
    const uintptr_t right = low_a > low_b ? low_a - low_b : low_b - low_a;
    const ptrdiff_t first = span_of(low_a > low_b ? b : a), last = span_of(low_a > low_b ? a : b);
    return right % line >= (uintptr_t)first && right % line + (uintptr_t)last <= line;
}

static int check_overlap(const bitmap *a, const bitmap *b, hg_error *err) {
    uintptr_t low_a, high_a, low_b, high_b;
    find_ends(a, &low_a, &high_a);
    find_ends(b, &low_b, &high_b);
    if (high_a <= low_b || high_b <= low_a) return HG_OK;
    if (a->data == b->data && a->line == b->line && a->pixel == b->pixel) return HG_OK;
    if (is_beside(a, b, low_a, low_b)) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "hg_denoise_pixels: expected from and to to be the same pixels or none in "
                    "common, got some");
}

// ---- lines --------------------------------------------------------------------------------------

typedef struct both {
    const bitmap *from, *to;
    int32_t read, written; // lines
} both;

#define COPY(type)                                           \
 for (int32_t i = 0; i < count; i++, to += dt, from += df) { \
  type sample;                                               \
  memcpy(&sample, from, sizeof sample);                      \
  memcpy(to, &sample, sizeof sample);                        \
 }
// Every dt-th and df-th byte begins a sample.
static void copy_samples(size_t size, int32_t count, uint8_t *to, ptrdiff_t dt, const uint8_t *from,
                         ptrdiff_t df) {
    if (size == 1) {
        COPY(uint8_t)
    } else if (size == 2) {
        COPY(uint16_t)
    } else {
        COPY(uint32_t)
    }
}

static bool is_plain(const bitmap *b) {
    return b->pixel == (ptrdiff_t)b->size * (b->channels + b->alpha) && !b->is_blue_first;
}

// Where channel c of a pixel lies in it, bytes.
static size_t place_of(const bitmap *b, int32_t c) {
    return b->size * (size_t)(b->is_blue_first && c < 3 ? 2 - c : c);
}

static int read_lines(void *context, void *to, int32_t lines, hg_error *err) {
    (void)err;
    both *p = context;
    const bitmap *b = p->from;
    const int32_t samples = b->channels + b->alpha;
    const ptrdiff_t pixel = (ptrdiff_t)b->size * samples;
    uint8_t *line = to;
    for (int32_t end = p->read + lines; p->read < end; p->read++, line += pixel * b->width) {
        const uint8_t *from = b->data + p->read * b->line;
        if (is_plain(b)) memcpy(line, from, (size_t)(pixel * b->width));
        for (int32_t c = 0; c < samples && !is_plain(b); c++) {
            copy_samples(b->size, b->width, line + (size_t)c * b->size, pixel,
                         from + place_of(b, c), b->pixel);
        }
    }
    return HG_OK;
}

static int read_again(void *context, hg_error *err) {
    (void)err;
    both *p = context;
    p->read = 0;
    return HG_OK;
}

static int write_lines(void *context, const void *from, int32_t lines, hg_error *err) {
    (void)err;
    both *p = context;
    const bitmap *b = p->to;
    const int32_t samples = b->channels + b->alpha;
    const ptrdiff_t pixel = (ptrdiff_t)b->size * samples;
    const uint8_t *line = from;
    for (int32_t end = p->written + lines; p->written < end;
         p->written++, line += pixel * b->width) {
        uint8_t *to = b->data + p->written * b->line;
        if (is_plain(b)) memcpy(to, line, (size_t)(pixel * b->width));
        for (int32_t c = 0; c < samples && !is_plain(b); c++) {
            copy_samples(b->size, b->width, to + place_of(b, c), b->pixel,
                         line + (size_t)c * b->size, pixel);
        }
    }
    return HG_OK;
}

// ---- all of it ----------------------------------------------------------------------------------

// Bytes beside windows and lines: numbers on their way, for each thread.
static size_t held_by(const hg_denoiser *d, int32_t width) {
    const size_t widest = (size_t)width + (size_t)d->needs.multiple + (size_t)d->needs.least;
    const size_t each = sizeof(double) + (3 + (size_t)d->channels) * sizeof(float);
    return (size_t)hg__pool_threads(d->pool) * widest * each;
}

// The windows for such an image: those of the last one, where it was alike.
static int plan(hg_denoiser *d, const hg__line_io *io, hg__tiling *t, hg_error *err) {
    const hg__image_info *now = &io->info, *last = &d->planned;
    if (d->tiles && now->width == last->width && now->height == last->height &&
        now->channels == last->channels && now->alpha == last->alpha && now->dtype == last->dtype) {
        *t = *hg__tiles_tiling(d->tiles);
        return HG_OK;
    }
    d->planned = (hg__image_info){0};
    return hg__denoiser_plan_lines(d, io, t, err);
}

// ---- frames of one video ------------------------------------------------------------------------

void hg__denoiser_forget(hg_denoiser *d) {
    hg__temporal_free(d->video.temporal);
    hg__free(d->video.clean);
    hg__free(d->video.line);
    d->video = (struct hg__video_buffers){0};
}

int hg_denoiser_temporal(hg_denoiser *d, int32_t frames, hg_error *err) {
    HG_ENTRY;
    hg_error own;
    if (!err) err = &own;
    if (frames < 0 || frames > 64) {
        return hg__fail(err, HG_ERR_USAGE, "hg_denoiser_temporal: expected 0 to 64 frames, got %d",
                        frames);
    }
    d->frames = frames;
    hg__denoiser_forget(d);
    return HG_OK;
}

static int ready_video(hg_denoiser *d, const hg__frame *f, size_t line, hg_error *err) {
    struct hg__video_buffers *v = &d->video;
    const bool is_same = v->line && v->frame.height == f->height && v->frame.width == f->width &&
                         v->frame.channels == f->channels && v->bytes == line;
    if (is_same) return HG_OK;
    hg__denoiser_forget(d);
    v->frame = *f;
    v->bytes = line;
    v->temporal = hg__temporal_new(d->pool, f, d->frames, err);
    if (v->temporal) v->clean = hg__alloc(hg__frame_samples(f), sizeof *v->clean, err);
    if (v->clean) v->line = hg__alloc(line, 1, err);
    return v->line ? HG_OK : HG_ERR_MEMORY;
}

typedef struct frame_passage {
    const float *from;
    float *to;
    size_t line; // numbers
} frame_passage;

static int read_numbers(void *context, void *to, int32_t lines, hg_error *err) {
    (void)err;
    frame_passage *p = context;
    const size_t count = (size_t)lines * p->line;
    memcpy(to, p->from, count * sizeof *p->from);
    p->from += count;
    return HG_OK;
}

static int write_numbers(void *context, const void *from, int32_t lines, hg_error *err) {
    (void)err;
    frame_passage *p = context;
    const size_t count = (size_t)lines * p->line;
    memcpy(p->to, from, count * sizeof *p->to);
    p->to += count;
    return HG_OK;
}

// io: as of an image by itself, whose samples become numbers before the average, and samples again behind the model.
static int run_frame(hg_denoiser *d, const hg__line_io *io, hg_error *err) {
    const hg__image_info *info = &io->info;
    const hg__frame f = {info->height, info->width, info->channels};
    const size_t samples = hg__frame_samples(&f), line = samples / (size_t)f.height;
    hg__line_io of_numbers = *io;
    hg__tiling t;
    of_numbers.info.dtype = HG_F32;
    of_numbers.info.white = 1;
    of_numbers.info.alpha = false;
    of_numbers.held += hg__temporal_bytes(&f) + samples * sizeof(float);
    of_numbers.read = read_numbers;
    of_numbers.write = write_numbers;
    HG_TRY(plan(d, &of_numbers, &t, err));
    HG_TRY(hg__denoiser_ready(d, &t, &of_numbers, err));
    HG_TRY(ready_video(d, &f, hg__image_line_bytes(info), err));
    const struct hg__video_buffers *v = &d->video;
    float *x = hg__temporal_input(v->temporal);
    for (int32_t i = 0; i < f.height; i++, x += line) {
        HG_TRY(io->read(io->context, v->line, 1, err));
        hg__image_to_real(info, v->line, 1, f.channels, x);
    }
    frame_passage p = {hg__temporal_average(v->temporal), v->clean, line};
    of_numbers.context = &p;
    HG_TRY(hg__denoiser_run_lines(d, &t, &of_numbers, NULL, err));
    hg__temporal_learn(v->temporal, v->clean);
    d->planned = of_numbers.info;
    return HG_OK;
}

// Alpha is that of the frame as it came.
static int put_frame(const hg_denoiser *d, const hg__line_io *io, hg_error *err) {
    const hg__image_info *info = &io->info;
    hg__image_info of_line = *info;
    of_line.height = 1;
    both *p = io->context;
    const float *y = d->video.clean;
    p->read = 0;
    for (int32_t i = 0; i < info->height; i++, y += info->width * info->channels) {
        HG_TRY(io->read(p, d->video.line, 1, err));
        hg__image_from_real(&of_line, y, 1, info->channels, d->video.line);
        HG_TRY(io->write(p, d->video.line, 1, err));
    }
    return HG_OK;
}

// ---- the call -----------------------------------------------------------------------------------

int hg_denoise_pixels(hg_denoiser *d, const hg_pixels *from, const hg_pixels *to, hg_error *err) {
    HG_ENTRY;
    hg_error own;
    if (!err) err = &own;
    bitmap a = {.height = 1}, b = a;
    hg__tiling t;
    HG_TRY(take(&a, from, "from", err));
    HG_TRY(take(&b, to, "to", err));
    HG_TRY(check_alike(&a, &b, err));
    HG_TRY(check_overlap(&a, &b, err));
    both p = {.from = &a, .to = &b};
    const hg__line_io io = {
        .context = &p,
        .name = "hg_denoise_pixels",
        .info = {.width = a.width,
                 .height = a.height,
                 .channels = a.channels,
                 .alpha = a.alpha,
                 .dtype = a.dtype,
                 .white = a.white,
                 .orientation = 1,
                 .pages = 1},
        .held = held_by(d, a.width),
        .read = read_lines,
        .write = write_lines,
        .again = read_again
    };
    if (d->frames > 1) {
        HG_TRY(run_frame(d, &io, err));
        return put_frame(d, &io, err);
    }
    HG_TRY(plan(d, &io, &t, err));
    HG_TRY(hg__denoiser_run_lines(d, &t, &io, NULL, err));
    d->planned = io.info;
    return HG_OK;
}
