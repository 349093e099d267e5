// SPDX-License-Identifier: Apache-2.0
// signal_evidence.c - what speaks for a fault in a window.
#include "monitor/signal_evidence.h"

#include "base/mem.h"

void hg__signal_evidence_clear(hg__signal_evidence *e) {
    hg__run_plan_free(e->plan);
    hg__network_free(e->folded);
    hg__free(e->weight);
    hg__free(e->row);
    *e = (hg__signal_evidence){0};
}

static int init(hg__signal_evidence *e, const hg_model *m, hg__pool *pool, hg_error *err) {
    const hg__network *net = hg__network_fold(&m->net, &e->folded, err);
    if (!net) return HG_ERR_MEMORY;
    e->plan = hg__run_plan_new(net, pool, NULL, err);
    if (!e->plan) return HG_ERR_MEMORY;
    e->row = hg__alloc((size_t)e->at_once, sizeof *e->row, err);
    if (e->row) e->weight = hg__alloc((size_t)e->channels, sizeof *e->weight, err);
    return e->weight ? HG_OK : HG_ERR_MEMORY;
}

int hg__signal_evidence_init(hg__signal_evidence *e, const hg_model *m, const hg__signal *d,
                             int32_t at_once, hg__pool *pool, const char *where, hg_error *err) {
    (void)where;
    *e = (hg__signal_evidence){
        .width = d->length * d->channels, .channels = d->channels, .at_once = at_once};
    int code = init(e, m, pool, err);
    for (int32_t c = 0; code == HG_OK && c < e->channels; c++)
        e->weight[c] = d->scale[c].inverse > 0;
    if (code < 0) hg__signal_evidence_clear(e);
    return code;
}

void hg__signal_evidence_measure(hg__signal_evidence *e, const float *x, int32_t count, float *y,
                                 float *far) {
    for (int32_t i = 0; i < count; i++) {
        e->row[i] = x + (size_t)i * (size_t)e->width;
        far[i] = 0;
    }
    const hg__input in = {.row = e->row, .count = count, .dtype = HG_F32, .scale = 1};
    hg__run(e->plan, HG_RECONSTRUCT, &in, y);
}

float hg__signal_evidence_score(const hg__signal_evidence *e, const float *error, float near) {
    float sum = 0;
    (void)near;
    for (int32_t c = 0; c < e->channels; c++) sum += error[c] * e->weight[c];
    return sum / (float)e->channels;
}
