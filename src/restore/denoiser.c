// SPDX-License-Identifier: Apache-2.0
// denoiser.c - what every picture shares: the model, the threads, and how much memory windows may take.
#include "restore/denoiser.h"

#include "base/host.h"
#include "base/int.h"
#include "base/mem.h"
#include "model/model.h"

enum { MEGABYTE = 1 << 20, STANDARD_MEMORY = 192 << 20 };

// ---- making -------------------------------------------------------------------------------------

static int check(const hg_denoiser *d, int32_t threads, hg_error *err) {
    if (threads < 0 || threads > HG_MAX_THREADS) {
        return hg__fail(err, HG_ERR_USAGE, "denoiser: expected 0 to %d threads, got %d",
                        HG_MAX_THREADS, threads);
    }
    if (d->channels == 1 || d->channels == 3) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "expected a model of 1 or 3 channels, got %d", d->channels);
}

hg_denoiser *hg__denoiser_new(const hg__network *net, int32_t threads, size_t max_mem,
                              size_t process, hg_error *err) {
    hg_denoiser *d = hg__alloc(1, sizeof *d, err);
    if (!d) return NULL;
    d->net = net;
    d->process = process;
    d->budget = max_mem > process ? max_mem - process : 0;
    d->tuner.how.strength = 1;
    d->tuner.has_level = net->has_level;
    int code = hg__image_needs_of(net, &d->needs, err);
    d->channels = d->tuner.channels = d->needs.channels - net->has_level;
    if (code == HG_OK) code = check(d, threads, err);
    if (code == HG_OK) d->pool = hg__pool_new(threads, err);
    if (d->pool) return d;
    hg_denoiser_free(d);
    return NULL;
}

hg_denoiser *hg_denoiser_new(const hg_model *m, int32_t threads, size_t max_mem, hg_error *err) {
    HG_ENTRY;
    return hg__denoiser_new(&m->net, threads, max_mem ? max_mem : STANDARD_MEMORY, 0, err);
}

static void free_buffers(hg__line_buffers *b) {
    hg__free(b->in);
    hg__free(b->out);
    hg__free(b->raw);
    hg__free(b->last);
    hg__free(b->is_outside);
    hg__free(b->number);
    hg__free(b->sample);
    *b = (hg__line_buffers){0};
}

void hg_denoiser_free(hg_denoiser *d) {
    HG_ENTRY;
    if (!d) return;
    hg__denoiser_forget(d);
    free_buffers(&d->buffers);
    hg__tuner_clear(&d->tuner);
    hg__tiles_free(d->tiles);
    hg__pool_free(d->pool);
    hg__free(d);
}

int hg__denoiser_tune(hg_denoiser *d, const hg__tuning *how, hg_error *err) {
    HG_TRY(hg__tuning_check(how, d->net->has_level, d->needs.receptive_radius < 0, err));
    d->tuner.how = *how;
    d->planned = (hg__image_info){0}; // other windows may be needed
    return HG_OK;
}

int hg_denoiser_set(hg_denoiser *d, double strength, double sigma, double detail, hg_error *err) {
    HG_ENTRY;
    const hg__tuning how = {strength, sigma / 255, detail};
    return hg__denoiser_tune(d, &how, err);
}

double hg_denoiser_level(const hg_denoiser *d) {
    HG_ENTRY;
    return 255 * hg__tuner_level(&d->tuner);
}

// ---- windows ------------------------------------------------------------------------------------

static int too_little(const hg_denoiser *d, const char *name, const hg__tile_job *job,
                      size_t needed, hg_error *err) {
    const size_t whole = needed + d->process, got = d->budget + d->process;
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected max_mem of at least %zuM for %d x %d pixels, got %zuM", name,
                    hg__ceil_div_size(whole, MEGABYTE), job->width, job->height, got / MEGABYTE);
}

int hg__denoiser_plan(const hg_denoiser *d, const char *name, hg__tile_job *job, int32_t channels,
                      size_t held, hg__tiling *t, hg_error *err) {
    const int32_t threads = hg__pool_threads(d->pool);
    job->runs = d->channels == 1 ? channels : 1;
    job->margin = hg__tuner_margin(&d->tuner);
    held += hg__tuner_bytes(&d->tuner, &d->needs, job, threads);
    job->budget = d->budget > held ? d->budget - held : 0;
    if (hg__tiling_pick(t, d->net, &d->needs, threads, job)) return HG_OK;
    if (t->bytes) return too_little(d, name, job, t->bytes + held, err);
    return hg__fail(err, HG_ERR_DATA, "%s: expected a picture that fits into memory, got %d x %d",
                    name, job->width, job->height);
}

int hg__denoiser_plan_lines(const hg_denoiser *d, const hg__line_io *io, hg__tiling *t,
                            hg_error *err) {
    const size_t line = hg__image_line_bytes(&io->info);
    hg__tile_job job = {.height = io->info.height,
                        .width = io->info.width,
                        .line_bytes = (io->has_outside ? 3 : 2) * line};
    return hg__denoiser_plan(d, io->name, &job, io->info.channels, io->held, t, err);
}

static bool is_same(const hg__tiling *a, const hg__tiling *b) {
    return a->height == b->height && a->width == b->width && a->window_height == b->window_height &&
           a->window_width == b->window_width && a->rows == b->rows && a->columns == b->columns &&
           a->runs == b->runs && a->overlap == b->overlap;
}

static int make_raw_lines(hg__line_buffers *b, size_t lines, hg_error *err) {
    b->raw = hg__alloc(lines, b->line, err);
    if (b->raw) b->last = hg__alloc(1, b->line, err);
    if (b->last) b->is_outside = hg__alloc(b->samples, 1, err);
    return b->is_outside ? HG_OK : HG_ERR_MEMORY;
}

static int make_buffers(hg_denoiser *d, const hg__tiling *t, const hg__line_io *io, hg_error *err) {
    hg__line_buffers *b = &d->buffers;
    const size_t lines = (size_t)(t->window_height < t->height ? t->window_height : t->height);
    b->line = hg__image_line_bytes(&io->info);
    b->samples = (size_t)io->info.width * (size_t)io->info.channels;
    b->widest = t->blend && t->width > t->window_width ? t->width : t->window_width;
    const size_t numbers = (size_t)hg__pool_threads(d->pool) * (size_t)b->widest;
    b->in = hg__alloc(lines, b->line, err);
    if (b->in) b->out = hg__alloc(lines, b->line, err);
    if (b->out) b->number = hg__alloc(numbers, 3 * sizeof *b->number, err);
    if (b->number) b->sample = hg__alloc(numbers, sizeof(double), err);
    if (!b->sample) return HG_ERR_MEMORY;
    return io->has_outside ? make_raw_lines(b, lines, err) : HG_OK;
}

int hg__denoiser_ready(hg_denoiser *d, const hg__tiling *t, const hg__line_io *io, hg_error *err) {
    const hg__line_buffers *b = &d->buffers;
    HG_TRY(hg__tuner_ready(&d->tuner, t, hg__pool_threads(d->pool), err));
    const bool is_ready = d->tiles && is_same(hg__tiles_tiling(d->tiles), t);
    if (is_ready && b->sample && b->line == hg__image_line_bytes(&io->info) &&
        b->samples == (size_t)io->info.width * (size_t)io->info.channels &&
        io->has_outside == (b->is_outside != NULL)) {
        return HG_OK;
    }
    free_buffers(&d->buffers); // the last picture's, before anything new
    if (!is_ready) {
        hg__tiles_free(d->tiles);
        d->tiles = hg__tiles_new(d->net, d->pool, t, err);
    }
    int code = d->tiles ? make_buffers(d, t, io, err) : (int)err->code;
    if (code < 0) free_buffers(&d->buffers);
    return code;
}
