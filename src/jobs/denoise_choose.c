// SPDX-License-Identifier: Apache-2.0
// denoise_choose.c - model=auto: which cleaner suits the images, judged on themselves, without clean ones.
//
// On some crops each candidate is asked for what it was not shown:
//   - noise that is independent from pixel to pixel: pixels of a grid are replaced by the mean of their neighbours, and what is made
//     of them is held against what they were (Batson & Royer, "Noise2Self", ICML 2019);
//   - noise that is correlated: neighbours tell of it, however a pixel is hidden; so there each crop becomes two whose noise is
//     independent, by the noise that was measured (corrupt/recorrupt.h), and one is cleaned and held against the other.
// Either way the mean squared difference is that to the clean image and what noise adds, the same for all candidates: the least is the
// best, and what noise adds is taken off for the figures that are told.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "corrupt/recorrupt.h"
#include "jobs/denoise.h"
#include "model/model.h"
#include "options/options.h"
#include "rows/dataset.h"
#include "rows/noise_pairs.h"

enum {
    SIDE = 128, // of a crop, pixels
    LEAST = 32,
    CROPS = 6,
    DRAWS = 8, // crops of each image that there are to take from
    GRID = 4,  // every fourth pixel, each way, is hidden
    PHASES = 2,
    CANDIDATES = HG_CLASSICAL + 2, // the model, also as it was before fit=
    MEASURED = 64,
    NUMBERS = SIDE * SIDE * 3
};
static const double independent = 0.35; // pixels: noise that is blurred by no more
static const double share = 0.5;        // hg__noise_pair_make()'s a

typedef struct candidate {
    hg__cleaner cleaner;
    double error;   // mean squared, white = 1
    bool is_before; // the model before fit=
} candidate;

typedef struct choice {
    hg__denoise_work *d;
    const struct hg__values *v;
    bool is_among_models; // nothing classical is tried
    void *before;         // borrowed: weights before fit=; NULL: none
    hg__dataset *data;    // owned
    hg__noise_level level;
    candidate list[CANDIDATES]; // models, then classical ones
    hg__cleaner classical[HG_CLASSICAL];
    int32_t count;
    hg__frame frame; // of the crop
    // owned, (NUMBERS) each: the crop, what is cleaned, what that is held against; (HG_ALIKE, NUMBERS): what comes out
    float *noisy, *x, *target, *y, *scratch;
    double noise, counted; // what noise adds, over so many numbers
} choice;

// ---- crops --------------------------------------------------------------------------------------

static int open_pictures(choice *c, hg_error *err) {
    const int32_t channels = c->d->denoiser->needs.channels;
    hg__picture_options p = {
        .target = "", .crops = DRAWS, .channels = channels, .range = c->d->model->range};
    const hg__data_options o = {
        .on_bad = "skip", .memory = (size_t)c->v->max_mem / 2, .listener = c->d->listener};
    if (p.range.kind == HG_RANGE_UNKNOWN) p.range.kind = HG_RANGE_PAGE; // as denoise has it
    for (p.crop = SIDE; !c->data && p.crop >= LEAST; p.crop /= 2) {
        c->data = hg__dataset_open(c->v->data, &o, &p, err);
    }
    return c->data ? HG_OK : (int)err->code;
}

// Crop number i of those that are looked at: c->noisy, c->frame.
static int make_crop(choice *c, int32_t i, hg_error *err) {
    const hg__row_source *s = &c->data->learned;
    const int64_t all = s->rows * DRAWS, which = i * all / CROPS;
    const hg__row_place at = {.row = which / DRAWS, .draw = (int32_t)(which % DRAWS)};
    hg__row_room room = {.x = c->noisy, .scratch = c->scratch};
    HG_TRY(hg__row_source_make(s, &at, &room, err));
    c->frame =
        (hg__frame){(int32_t)s->shape.dim[0], (int32_t)s->shape.dim[1], (int32_t)s->shape.dim[2]};
    if (!room.is_grey || c->frame.channels == 1) return HG_OK;
    c->frame.channels = 1;
    const size_t pixels = hg__frame_samples(&c->frame);
    for (size_t k = 0; k < pixels; k++) c->noisy[k] = c->noisy[3 * k];
    return HG_OK;
}

static bool is_hidden(int32_t i, int32_t j, int32_t phase) {
    return i % GRID == 1 + 2 * phase % GRID && j % GRID == 1 + phase;
}

// c->x: the crop with hidden pixels made of the eight around them.
static void hide(choice *c, int32_t phase) {
    const int32_t h = c->frame.height, w = c->frame.width, C = c->frame.channels;
    memcpy(c->x, c->noisy, hg__frame_samples(&c->frame) * sizeof *c->x);
    memcpy(c->target, c->noisy, hg__frame_samples(&c->frame) * sizeof *c->x);
    for (int32_t i = 1; i < h - 1; i++) {
        for (int32_t j = 1; j < w - 1; j++) {
            if (!is_hidden(i, j, phase)) continue;
            float *at = c->x + ((ptrdiff_t)i * w + j) * C;
            const float *from = c->noisy + ((ptrdiff_t)i * w + j) * C;
            const ptrdiff_t line = (ptrdiff_t)w * C;
            for (int32_t k = 0; k < C; k++) {
                const float beside = from[k - C] + from[k + C] + from[k - line] + from[k + line];
                const float corner = from[k - line - C] + from[k - line + C] + from[k + line - C] +
                                     from[k + line + C];
                at[k] = (2 * beside + corner) / 12;
            }
        }
    }
}

// ---- candidates ---------------------------------------------------------------------------------

static void list_candidates(choice *c) {
    hg__cleaners_classical(sqrt(hg__noise_variance(&c->level, 0.5)), c->classical);
    c->list[c->count++] = (candidate){.error = 0};
    if (c->before) c->list[c->count++] = (candidate){.is_before = true};
    if (c->is_among_models) return;
    for (int32_t i = 0; i < HG_CLASSICAL; i++) c->list[c->count++].cleaner = c->classical[i];
}

typedef struct passage {
    const choice *c;
    size_t line, read, written; // bytes
} passage;

static int read_lines(void *context, void *to, int32_t lines, hg_error *err) {
    (void)err;
    passage *p = context;
    memcpy(to, (const uint8_t *)p->c->x + p->read, (size_t)lines * p->line);
    p->read += (size_t)lines * p->line;
    return HG_OK;
}

static int write_lines(void *context, const void *from, int32_t lines, hg_error *err) {
    (void)err;
    passage *p = context;
    memcpy((uint8_t *)p->c->y + p->written, from, (size_t)lines * p->line);
    p->written += (size_t)lines * p->line;
    return HG_OK;
}

// The model's outputs, as they come.
static int run_model(choice *c, hg_error *err) {
    hg_denoiser *d = c->d->denoiser;
    passage p = {.c = c};
    const hg__line_io io = {
        .context = &p,
        .name = c->v->data,
        .info = {.width = c->frame.width,
                 .height = c->frame.height,
                 .channels = c->frame.channels,
                 .dtype = HG_F32,
                 .white = 1},
        .read = read_lines,
        .write = write_lines,
        .listener = c->d->listener
    };
    hg__tiling t;
    p.line = hg__image_line_bytes(&io.info);
    HG_TRY(hg__denoiser_plan_lines(d, &io, &t, err));
    return hg__denoiser_run_lines(d, &t, &io, NULL, err);
}

// Plans have weights of their own, and are made anew.
static void swap_weights(const choice *c, void *other) {
    hg_denoiser *d = c->d->denoiser;
    hg__tiles_free(d->tiles);
    d->tiles = NULL;
    hg__network *net = &c->d->model->net;
    uint8_t *a = (uint8_t *)net->params, *b = other;
    for (size_t i = 0; i < net->spec.params * sizeof *net->params; i++) {
        const uint8_t kept = a[i];
        a[i] = b[i];
        b[i] = kept;
    }
}

// ---- errors -------------------------------------------------------------------------------------

// phase: of the grid; -1: all pixels count.
static double difference(const choice *c, const float *y, int32_t phase) {
    double sum = 0;
    const int32_t h = c->frame.height, w = c->frame.width, C = c->frame.channels;
    for (int32_t i = 1; i < h - 1; i++) {
        for (int32_t j = 1; j < w - 1; j++) {
            if (phase >= 0 && !is_hidden(i, j, phase)) continue;
            for (ptrdiff_t k = ((ptrdiff_t)i * w + j) * C, end = k + C; k < end; k++) {
                const double d = (double)y[k] - (double)c->target[k];
                sum += d * d;
            }
        }
    }
    return sum;
}

static void count_noise(choice *c, int32_t phase) {
    const double times = phase < 0 ? 1 + 1 / (share * share) : 1;
    const int32_t h = c->frame.height, w = c->frame.width, C = c->frame.channels;
    for (int32_t i = 1; i < h - 1; i++) {
        for (int32_t j = 1; j < w - 1; j++) {
            if (phase >= 0 && !is_hidden(i, j, phase)) continue;
            for (int32_t k = 0; k < C; k++) {
                const float at = c->noisy[((ptrdiff_t)i * w + j) * C + k];
                c->noise += times * hg__noise_variance(&c->level, (double)at);
                c->counted++;
            }
        }
    }
}

static int try_model(choice *c, candidate *k, int32_t phase, hg_error *err) {
    if (k->is_before) swap_weights(c, c->before);
    const int code = run_model(c, err);
    if (k->is_before) swap_weights(c, c->before);
    if (code == HG_OK) k->error += difference(c, c->y, phase);
    return code;
}

static int try_classical(choice *c, candidate *k, int32_t phase, hg_error *err) {
    const hg__cleaner *first = c->classical;
    for (int32_t i = 0, more; i < HG_CLASSICAL; i += more) {
        float *y[HG_ALIKE];
        for (int32_t n = 0; n < HG_ALIKE; n++) y[n] = c->y + (size_t)n * NUMBERS;
        more = hg__cleaners_alike(first + i, HG_CLASSICAL - i);
        HG_TRY(hg__cleaners_run(first + i, more, c->d->denoiser->pool, &c->frame, c->x, y, err));
        for (int32_t n = 0; n < more; n++) k[i + n].error += difference(c, y[n], phase);
    }
    return HG_OK;
}

static int try_all(choice *c, int32_t phase, hg_error *err) {
    const int32_t models = c->before ? 2 : 1;
    count_noise(c, phase);
    for (int32_t i = 0; i < models; i++) HG_TRY(try_model(c, &c->list[i], phase, err));
    if (hg__is_stopped(c->d->listener)) {
        return hg__fail(err, HG_ERR_STOPPED, "stopped on request while choosing");
    }
    return c->is_among_models ? HG_OK : try_classical(c, c->list + models, phase, err);
}

static int try_crop(choice *c, int32_t i, hg_error *err) {
    HG_TRY(make_crop(c, i, err));
    if (c->level.blur <= independent) {
        for (int32_t phase = 0; phase < PHASES; phase++) {
            hide(c, phase);
            HG_TRY(try_all(c, phase, err));
        }
        return HG_OK;
    }
    const hg__noise_place at = {c->frame.height, c->frame.width, c->frame.channels, .epoch = 0,
                                .row = (uint64_t)i};
    hg__noise_pair_make(&c->level, &at, false, c->noisy, c->x, c->target, c->scratch);
    return try_all(c, -1, err);
}

// ---- telling ------------------------------------------------------------------------------------

static void describe(const choice *c, const candidate *k, char text[80]) {
    hg__cleaner_describe(&k->cleaner, text);
    if (k->cleaner.kind != HG_BY_MODEL) return;
    const char *before = hg__denoise_is_auto(c->v) ? "the model that ships" : "the model as it was";
    snprintf(text, 80, "%s", k->is_before || !c->before ? before : "the model fitted to it");
}

// The best of each kind, with what it would be off by.
static void tell(const choice *c, const candidate *best) {
    char text[80], line[700] = "";
    const double noise = c->noise / c->counted;
    for (int32_t i = 0; i < c->count; i++) {
        const candidate *k = &c->list[i];
        bool is_least = true;
        for (int32_t j = 0; j < c->count; j++) {
            const bool is_like =
                c->list[j].cleaner.kind == k->cleaner.kind && c->list[j].is_before == k->is_before;
            if (is_like && c->list[j].error < k->error) is_least = false;
        }
        if (!is_least) continue;
        describe(c, k, text);
        const size_t used = strlen(line);
        snprintf(line + used, sizeof line - used, "%s%s %.2f", used ? "; " : "", text,
                 255 * sqrt(fmax(k->error / c->counted - noise, 0)));
    }
    describe(c, best, text);
    const bool is_hidden_ones = c->level.blur <= independent;
    hg__denoise_note(c->d, "%s: %s (root mean squared error in grey levels, as judged %s: %s)",
                     c->is_among_models ? "fit" : "auto", text,
                     is_hidden_ones ? "by hidden pixels" : "by pairs, as the noise is correlated",
                     line);
}

// ---- choosing -----------------------------------------------------------------------------------

static int make_room(choice *c, hg_error *err) {
    const size_t n = NUMBERS;
    const size_t more = hg__noise_pair_scratch(SIDE, SIDE) + c->data->learned.scratch;
    c->noisy = hg__alloc((3 + HG_ALIKE) * n + more, sizeof *c->noisy, err);
    if (!c->noisy) return HG_ERR_MEMORY;
    c->x = c->noisy + n;
    c->target = c->x + n;
    c->y = c->target + n;
    c->scratch = c->y + HG_ALIKE * n;
    return HG_OK;
}

static int choose(choice *c, hg_error *err) {
    HG_TRY(open_pictures(c, err));
    HG_TRY(make_room(c, err));
    HG_TRY(hg__noise_measure(&c->data->learned, MEASURED, &c->level, err));
    list_candidates(c);
    for (int32_t i = 0; i < CROPS; i++) HG_TRY(try_crop(c, i, err));
    const candidate *best = &c->list[0];
    for (int32_t i = 1; i < c->count; i++) {
        if (c->list[i].error < best->error) best = &c->list[i];
    }
    tell(c, best);
    c->d->cleaner = best->cleaner;
    if (best->is_before) swap_weights(c, c->before);
    return HG_OK;
}

bool hg__denoise_is_auto(const struct hg__values *v) {
    return strcmp(v->model, "auto") == 0;
}

int hg__denoise_choose(hg__denoise_work *d, const struct hg__values *v, void *before,
                       hg_error *err) {
    choice c = {.d = d, .v = v, .before = before, .is_among_models = !hg__denoise_is_auto(v)};
    const int code = choose(&c, err);
    hg__free(c.noisy);
    hg__dataset_close(c.data);
    return code;
}
