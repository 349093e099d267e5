// SPDX-License-Identifier: Apache-2.0
// job_generate.c - new rows: codes drawn from the prior that training pulled codes towards, decoded.
#include <math.h>
#include <string.h>

#include "backend/kernels.h"
#include "base/mem.h"
#include "jobs/job.h"

// What makes row i of the codes: the layer before the neck.
typedef struct prior {
    const hg__layer *layer; // borrowed: the model's
    int32_t width;          // numbers of a code
    hg__pass pass;
} prior;

static int make_code(const void *context, const hg__row_place *at, hg__row_room *to,
                     hg_error *err) {
    (void)err;
    const prior *p = context;
    hg__pass own = p->pass;
    // Whole vectors are drawn, and a row has no room for them.
    own.scratch = to->scratch + hg__pad_columns(p->width);
    p->layer->type->draw(p->layer, &own, at->row, to->scratch);
    memcpy(to->x, to->scratch, (size_t)p->width * sizeof *to->x);
    return HG_OK;
}

// The layer whose codes are drawn; NULL: the model has no prior, which a sentence says.
static const hg__layer *find_prior(const hg_model *m, const char *path, hg_error *err) {
    const hg__spec *s = &m->net.spec;
    const hg__layer *last = s->has_neck ? &s->layer[s->neck - 1] : NULL;
    if (last && last->type->draw) return last;
    hg__fail(
        err, HG_ERR_MODEL,
        "%s: expected a model that knows where codes lie, whose encoder ends in sample, mmd, vq "
        "or fsq (model=vae, wae, vq, fsq), got '%.200s'",
        path, s->text);
    return NULL;
}

static hg__dataset *draw_codes(const hg_model *m, const hg_options *o, hg_error *err) {
    const hg__layer *layer = find_prior(m, o->values.model, err);
    prior *p = layer ? hg__alloc(1, sizeof *p, err) : NULL;
    if (!p) return NULL;
    const int32_t width = m->net.spec.code;
    *p = (prior){
        .layer = layer,
        .width = width,
        .pass = {
                 .k = hg__kernels_pick(), .params = m->net.params, .seed = (uint64_t)o->values.seed}
    };
    const size_t own = layer->type->scratch_count ? layer->type->scratch_count(layer) : 0;
    const hg__row_source source = {
        .name = "codes",
        .context = p,
        .rows = o->values.n,
        .width = width,
        .shape = {1, {width}},
        .dtype = HG_F32,
        .scale = 1,
        .make = make_code,
        .scratch = (size_t)hg__pad_columns(width) + own
    };
    return hg__dataset_of_source(&source, "npy", p, hg__free, err);
}

int hg__job_generate(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    (void)r;
    hg__feed f;
    hg_model *m = hg_model_load(o->values.model, err);
    if (!m) return (int)err->code;
    hg__dataset *codes = draw_codes(m, o, err);
    if (!codes) {
        hg_model_free(m);
        return (int)err->code;
    }
    HG_TRY(hg__feed_open_codes(&f, m, codes, o, l, err));
    const int code = hg__write_decoded(&f, (int32_t)ceil(sqrt((double)o->values.n)), o, err);
    hg__feed_close(&f);
    return code;
}
