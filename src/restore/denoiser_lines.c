// SPDX-License-Identifier: Apache-2.0
// denoiser_lines.c - a picture's samples through the model: lines in, windows over them, lines out.
//
// As many lines are held as a window is high. Samples that are outside of the picture (range.h) are filled as lines are
// read, so that the model sees their neighbours there, and put back as lines are written.
#include <string.h>

#include "base/mem.h"
#include "image/range.h"
#include "restore/denoiser.h"

typedef struct passage {
    const hg__line_io *io; // borrowed, and so the next
    const hg__line_buffers *b;
    int32_t channels;             // of the model
    size_t pixel, line;           // bytes
    int32_t first, read, written; // lines: the first in `in`, behind its last, the first in `out`
    int64_t outside;              // samples so far
    bool is_first;                // of two passes: nothing is written
} passage;

// ---- lines to numbers and back ------------------------------------------------------------------

static hg__image_info info_of_piece(const passage *p, const hg__tile_piece *piece) {
    hg__image_info info = p->io->info;
    info.width = piece->width;
    info.height = 1;
    return info;
}

static uint8_t *in_at(const passage *p, int32_t line, int32_t left) {
    return p->b->in + (size_t)(line - p->first) * p->line + (size_t)left * p->pixel;
}

static uint8_t *raw_at(const passage *p, int32_t line, int32_t left) {
    return p->b->raw + (in_at(p, line, left) - p->b->in);
}

static bool is_apart(const passage *p) { // each channel in a run of its own
    return p->channels == 1 && p->io->info.channels == 3;
}

static void get(void *context, const hg__tile_piece *piece, float *to) {
    const passage *p = context;
    const hg__image_info info = info_of_piece(p, piece);
    const uint8_t *from = in_at(p, piece->line, piece->left);
    if (is_apart(p)) {
        float *colour = p->b->number + (size_t)piece->thread * (size_t)p->b->widest * 3;
        hg__image_to_real(&info, from, 1, 3, colour);
        for (int32_t x = 0; x < piece->width; x++) to[x] = colour[3 * x + piece->run];
    } else {
        hg__image_to_real(&info, from, 1, p->channels, to);
    }
}

// One of three channels: grey samples put where they belong.
static void put_channel(const passage *p, const hg__tile_piece *piece, const float *from,
                        uint8_t *to) {
    const size_t size = hg__dtype_size(p->io->info.dtype);
    uint8_t *grey = p->b->sample + (size_t)piece->thread * (size_t)p->b->widest * sizeof(double);
    hg__image_info info = info_of_piece(p, piece);
    info.channels = 1;
    info.alpha = false;
    hg__image_from_real(&info, from, 1, 1, grey);
    to += (size_t)piece->run * size;
    for (int32_t x = 0; x < piece->width; x++, to += p->pixel, grey += size) memcpy(to, grey, size);
}

static void put(void *context, const hg__tile_piece *piece, const float *from) {
    const passage *p = context;
    const hg__image_info info = info_of_piece(p, piece);
    uint8_t *to =
        p->b->out + (size_t)(piece->line - p->written) * p->line + (size_t)piece->left * p->pixel;
    if (piece->run == 0) { // alpha is kept
        memcpy(to, in_at(p, piece->line, piece->left), (size_t)piece->width * p->pixel);
    }
    if (is_apart(p)) {
        put_channel(p, piece, from, to);
    } else {
        hg__image_from_real(&info, from, 1, p->channels, to);
    }
    if (p->b->raw) {
        hg__outside_keep(&info, raw_at(p, piece->line, piece->left), (size_t)piece->width, to);
    }
}

// ---- lines in, lines out ------------------------------------------------------------------------

// Lines just read, the first of them number `line` of the picture.
static void fill(passage *p, int32_t line, int32_t end) {
    const hg__line_buffers *b = p->b;
    const hg__image_info *info = &p->io->info;
    for (; line < end; line++) {
        uint8_t *to = in_at(p, line, 0);
        memcpy(raw_at(p, line, 0), to, p->line);
        const int64_t found = hg__outside_mark(info, to, (size_t)info->width, b->is_outside);
        const uint8_t *above = line > p->first ? to - p->line : b->last;
        if (found) hg__outside_fill(info, to, line > 0 ? above : NULL, b->is_outside);
        p->outside += found;
    }
}

static int need(void *context, int32_t first, int32_t end, hg_error *err) {
    passage *p = context;
    const hg__line_buffers *b = p->b;
    const size_t kept = (size_t)(p->read - first) * p->line;
    if (b->raw && p->read > 0) memcpy(b->last, in_at(p, p->read - 1, 0), p->line);
    if (b->raw) memmove(b->raw, raw_at(p, first, 0), kept);
    memmove(b->in, in_at(p, first, 0), kept);
    p->first = first;
    HG_TRY(p->io->read(p->io->context, b->in + kept, end - p->read, err));
    if (b->raw) fill(p, p->read, end);
    p->read = end;
    return HG_OK;
}

static int done(void *context, int32_t end, hg_error *err) {
    passage *p = context;
    if (!p->is_first) HG_TRY(p->io->write(p->io->context, p->b->out, end - p->written, err));
    p->written = end;
    return HG_OK;
}

static int run_pass(hg_denoiser *d, const hg__line_io *io, bool is_first, int64_t *outside,
                    hg_error *err) {
    passage p = {.io = io, .b = &d->buffers, .channels = d->channels, .is_first = is_first};
    p.line = hg__image_line_bytes(&io->info);
    p.pixel = p.line / (size_t)io->info.width;
    const hg__tile_io tiles = {.context = &p,
                               .name = io->name,
                               .meter = io->meter,
                               .worth = io->worth,
                               .get = get,
                               .put = put,
                               .need = need,
                               .done = done,
                               .listener = io->listener};
    HG_TRY(hg__tuner_run(&d->tuner, d->tiles, &tiles, is_first, err));
    if (outside) *outside = p.outside;
    return HG_OK;
}

int hg__denoiser_run_lines(hg_denoiser *d, const hg__tiling *t, const hg__line_io *io,
                           int64_t *outside, hg_error *err) {
    HG_TRY(hg__denoiser_ready(d, t, io, err));
    if (hg__tuner_is_twofold(&d->tuner)) {
        HG_TRY(run_pass(d, io, true, NULL, err));
        HG_TRY(io->again(io->context, err));
    }
    return run_pass(d, io, false, outside, err);
}
