// SPDX-License-Identifier: Apache-2.0
// network.c - a network: made with weights drawn from a seed, and freed.
#include "graph/network.h"

#include <stdio.h>

#include "base/mem.h"

int hg__network_init(hg__network *net, const char *spec, const hg__shape *input, int32_t latent,
                     uint64_t seed, hg_error *err) {
    *net = (hg__network){0};
    int code = hg__spec_parse(&net->spec, spec, input, latent, err);
    if (code == HG_OK) {
        net->params = hg__alloc(net->spec.params, sizeof *net->params, err);
        if (!net->params) code = HG_ERR_MEMORY;
    }
    for (int32_t i = 0; code == HG_OK && i < net->spec.layers; i++) {
        const hg__layer *l = &net->spec.layer[i];
        if (l->type->init) l->type->init(l, net->params, seed);
    }
    if (code < 0) hg__network_clear(net);
    return code;
}

void hg__network_clear(hg__network *net) {
    hg__free(net->params);
    hg__spans_free(net->spans);
    hg__spec_clear(&net->spec);
    *net = (hg__network){0};
}

void hg__network_free(hg__network *net) {
    if (!net) return;
    hg__network_clear(net);
    hg__free(net);
}

int hg__network_set_spans(hg__network *net, const hg__column_span *span, int32_t columns,
                          hg_error *err) {
    hg__spans_free(net->spans);
    net->spans = hg__spans_new(span, columns, net->spec.width, err);
    return net->spans ? HG_OK : HG_ERR_MEMORY;
}

void hg__param_name(const hg__layer *l, int32_t param, char buffer[64]) {
    snprintf(buffer, 64, "%s.%d.%s", l->side, (int)l->index, l->param[param].name);
}
