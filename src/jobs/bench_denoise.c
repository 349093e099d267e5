// SPDX-License-Identifier: Apache-2.0
// bench_denoise.c - cleaning pictures: the models that ship, and one network that papers measure, each way of computing it.
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "exec/plan_image.h"
#include "jobs/bench.h"
#include "model/model.h"
#include "restore/denoiser.h"

// The picture, in pixels a side: as a camera's, in windows where max_mem= of a denoiser asks for them; and the network's.
enum { SIDE = 1024, NETWORK_SIDE = 512 };

// ---- the models that ship -----------------------------------------------------------------------

// Names as hg__model_find_shipped() takes them; those that are not there are passed over.
static const char *const shipped[] = {"denoise"};

static const struct {
    const char *name;
    hg_pixel_layout layout;
    int32_t channels;
} pictures[] = {
    {"grey",   HG_PIXELS_GREY, 1},
    {"colour", HG_PIXELS_RGB,  3},
};

typedef struct cleaning {
    hg_denoiser *denoiser;
    hg_pixels from, to;
    hg_error err;
    int code;
} cleaning;

static void run_cleaning(void *context) {
    cleaning *c = context;
    const int code = hg_denoise_pixels(c->denoiser, &c->from, &c->to, &c->err);
    if (code < 0) c->code = code;
}

static int bench_cleaning(hg__bench *b, const char *name, const hg_model *m, size_t picture,
                          uint8_t *space, hg_error *err) {
    char title[96];
    const size_t bytes = (size_t)SIDE * SIDE * (size_t)pictures[picture].channels;
    snprintf(title, sizeof title, "%s, %d^2 %s%s", name, SIDE, pictures[picture].name,
             m->net.compute.fast ? ", fast" : "");
    if (!hg__bench_wants(b, title)) return HG_OK;
    cleaning c = {
        .from = {.data = space, .width = SIDE, .height = SIDE, .layout = pictures[picture].layout}
    };
    c.to = c.from;
    c.to.data = space + bytes;
    for (size_t i = 0; i < bytes; i++) space[i] = (uint8_t)(i * 2654435761U >> 24); // noise
    c.denoiser = hg_denoiser_new(m, hg__pool_threads(b->pool), 0, err);
    if (!c.denoiser) return err ? (int)err->code : HG_ERR_MEMORY;
    hg__bench_line f = {.name = title, .pixels = (double)SIDE * SIDE, .spec = m->net.spec.text};
    f.seconds = hg__bench_best(b, run_cleaning, &c);
    if (c.code == HG_OK) {
        f.memory = (double)hg__tiles_tiling(c.denoiser->tiles)->bytes;
        hg__bench_add(b, &f);
    } else if (err) {
        *err = c.err;
    }
    hg_denoiser_free(c.denoiser);
    return c.code;
}

// As its file says and, where fast=true asks for it, the fast way.
static int bench_shipped(hg__bench *b, const char *name, uint8_t *space, hg_error *err) {
    char path[1024];
    if (hg__model_find_shipped(name, path, NULL) < 0) return HG_OK;
    hg_model *m = hg_model_load(path, err);
    int code = m ? HG_OK : HG_ERR_MODEL;
    const bool twice = m && b->o->values.fast && !m->net.compute.fast;
    for (int way = 0; code == HG_OK && way <= twice; way++) {
        if (way) hg__network_set_compute(&m->net, (hg__compute){m->net.compute.precision, true});
        for (size_t i = 0; code == HG_OK && i < sizeof pictures / sizeof *pictures; i++) {
            code = bench_cleaning(b, name, m, i, space, err);
        }
    }
    hg_model_free(m);
    return code;
}

// ---- a network ----------------------------------------------------------------------------------

#define CONV4 "conv 64 k3 relu, conv 64 k3 relu, conv 64 k3 relu, conv 64 k3 relu"

// DnCNN of 17 layers (Zhang et al. 2017) with batch norms folded.
static const char dncnn[] = CONV4 ", " CONV4 " | " CONV4 ", " CONV4 ", conv input k3";

static const struct {
    const char *name;
    hg__compute how;
} ways[] = {
    {"DnCNN 17 x 64, 512^2 grey, direct", {HG_IN_FP32, false}},
    {"DnCNN 17 x 64, 512^2 grey, fast",   {HG_IN_FP32, true} },
};

static void run_network(void *context) {
    (void)hg__image_plan_run(context);
}

static int bench_network(hg__bench *b, size_t way, hg_error *err) {
    const hg__shape shape = {
        3, {NETWORK_SIDE, NETWORK_SIDE, 1}
    };
    if (!hg__bench_wants(b, ways[way].name)) return HG_OK;
    hg_model *m = hg__model_from_spec(dncnn, &shape, 0, 0, err);
    if (!m) return err ? (int)err->code : HG_ERR_MEMORY;
    hg__network_set_compute(&m->net, ways[way].how);
    hg__bench_line f = {.name = ways[way].name,
                        .pixels = (double)NETWORK_SIDE * NETWORK_SIDE,
                        .spec = m->net.spec.text};
    for (int32_t i = 0; i < m->net.spec.layers; i++) {
        f.flops += hg__layer_flops(&m->net.spec.layer[i]); // of the plain sum, however it is done
    }
    hg__image_plan *p = hg__image_plan_new(&m->net, b->pool, NETWORK_SIDE, NETWORK_SIDE, err);
    if (p) {
        hg__real *x = hg__image_plan_input(p);
        for (int32_t i = 0; i < NETWORK_SIDE * NETWORK_SIDE; i++) x[i] = (hg__real)(i % 251) / 251;
        f.memory = (double)hg__image_plan_bytes(&m->net, NETWORK_SIDE, NETWORK_SIDE,
                                                hg__pool_threads(b->pool));
        hg__bench_measure(b, f, 1, run_network, p);
    }
    hg__image_plan_free(p);
    hg_model_free(m);
    return p ? HG_OK : HG_ERR_MEMORY;
}

int hg__bench_denoise(hg__bench *b, hg_error *err) {
    uint8_t *space =
        hg__alloc((size_t)2 * 3 * SIDE, SIDE, err); // a picture, and what becomes of it
    int code = space ? HG_OK : HG_ERR_MEMORY;
    for (size_t i = 0; code == HG_OK && i < sizeof shipped / sizeof *shipped; i++) {
        code = bench_shipped(b, shipped[i], space, err);
    }
    for (size_t i = 0; code == HG_OK && i < sizeof ways / sizeof *ways; i++) {
        code = bench_network(b, i, err);
    }
    hg__free(space);
    return code;
}
