// SPDX-License-Identifier: Apache-2.0
// perplexity.c - symbols are read from codes and counted.
#include "latent/perplexity.h"

#include "base/mem.h"
#include "base/real.h"

static const hg__layer *neck_of(const hg__network *net) {
    return net->spec.neck > 0 ? &net->spec.layer[net->spec.neck - 1] : NULL;
}

bool hg__has_symbols(const hg__network *net) {
    const hg__layer *neck = neck_of(net);
    return neck && neck->type->symbols;
}

int hg__code_usage_init(hg__code_usage *u, const hg__network *net, hg_error *err) {
    *u = (hg__code_usage){.neck = neck_of(net), .params = net->params};
    const hg__layer_type *type = u->neck->type;
    const size_t scratch = type->scratch_count ? type->scratch_count(u->neck) : 1;
    u->codes = type->symbols(u->neck, &u->places);
    u->count = hg__alloc((size_t)u->codes, sizeof *u->count, err);
    if (u->count) u->symbol = hg__alloc((size_t)u->places, sizeof *u->symbol, err);
    if (u->symbol) u->scratch = hg__alloc(scratch, sizeof *u->scratch, err);
    if (u->scratch) {
        u->row = hg__alloc((size_t)net->spec.code + HG_LANES, sizeof *u->row, err);
    }
    if (u->row) return HG_OK;
    hg__code_usage_clear(u);
    return HG_ERR_MEMORY;
}

void hg__code_usage_clear(hg__code_usage *u) {
    hg__free(u->count);
    hg__free(u->symbol);
    hg__free(u->scratch);
    hg__free(u->row);
    *u = (hg__code_usage){0};
}

void hg__code_usage_add(hg__code_usage *u, const float *code, int64_t rows) {
    const hg__pass pass = {.k = hg__kernels_pick(), .params = u->params, .scratch = u->scratch};
    const int64_t n = hg__extent_count(hg__extent_of(&u->neck->out));
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t i = 0; i < n; i++) u->row[i] = (hg__real)code[r * n + i];
        u->neck->type->read_symbols(u->neck, &pass, u->row, u->symbol);
        for (int32_t v = 0; v < u->places; v++) u->count[u->symbol[v]]++;
    }
}

hg__code_figures hg__code_usage_find(const hg__code_usage *u) {
    hg__code_figures f = {.codes = u->codes};
    double total = 0, entropy = 0;
    for (int64_t j = 0; j < u->codes; j++) {
        total += (double)u->count[j];
        f.used += u->count[j] > 0;
    }
    f.active = (double)f.used / (double)u->codes;
    if (total == 0) return f;
    for (int64_t j = 0; j < u->codes; j++) {
        const double p = (double)u->count[j] / total;
        if (p > 0) entropy -= p * hg__log(p);
    }
    f.perplexity = hg__expm1(entropy > 0 ? entropy : 0) + 1;
    return f;
}
