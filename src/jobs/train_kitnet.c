// SPDX-License-Identifier: Apache-2.0
// train_kitnet.c - model=kitnet: KitNET as published, over a capture. The first packets say its clusters before the run begins; then it
// learns each packet once, and what val= says is held out at the end.
#include <stdio.h>
#include <string.h>

#include "jobs/train_packets.h"

static const char model_name[] = "kitnet", features_default[] = "sound";

bool hg__is_kitnet_run(const hg__trainer *t) {
    return strcmp(t->o.values.model, model_name) == 0;
}

// Options that KitNET alone has, which args.yaml of any run has too, at their defaults.
int hg__check_kitnet(const hg__trainer *t, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    if (!hg__is_kitnet_run(t)) {
        if (strcmp(v->kitsune, features_default) == 0) return HG_OK;
        const bool has_model = t->o.set[HG_OPTION_model];
        return hg__fail(err, HG_ERR_USAGE, "kitsune: expected model=kitnet with it, got %s%s",
                        has_model ? "model=" : "none", has_model ? v->model : "");
    }
    if (*v->pretrained) {
        return hg__fail(err, HG_ERR_USAGE, "pretrained: model=kitnet begins anew, got %s",
                        v->pretrained);
    }
    if (hg__is_packets_run(t)) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "model=kitnet: expected a capture of packets in data=");
}

const hg__packet_option *hg__kitnet_options_all(size_t *count) {
    static const hg__packet_option all[] = {
        {HG_OPTION_val,     "val",     "0.2"  },
        {HG_OPTION_fpr,     "fpr",     "0.001"},
        {HG_OPTION_pca,     "pca",     "false"},
        {HG_OPTION_samples, "samples", "0"    },
    };
    *count = sizeof all / sizeof *all;
    return all;
}

static void tell(const hg__trainer *t, const hg__packet_data *p) {
    char line[300], held[60] = "";
    const double share = p->kitnet_options.held;
    if (share > 0) snprintf(held, sizeof held, "; the last %.3g %% are held out", 100 * share);
    snprintf(line, sizeof line, "%lld packets: KitNET on %d features of each, in %d clusters%s",
             (long long)p->source.packets, hg__kitsune_features_count(p->kitnet_options.features),
             t->model->net.spec.width, held);
    hg__trainer_note(t, line);
}

static int map(hg__trainer *t, hg_error *err) {
    hg__packet_data *p = t->packets;
    hg__meter_start(&t->meter, t->l, "learning", "packets", p->source.packets);
    p->kitnet = hg__kitnet_fit_open(&p->source, &p->kitnet_options, &t->meter, err);
    hg__meter_end(&t->meter);
    if (p->kitnet) t->model = hg__kitnet_fit_model(p->kitnet, err);
    return t->model ? HG_OK : (int)err->code;
}

int hg__open_kitnet(hg__trainer *t, double fpr, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    hg__packet_data *p = t->packets;
    p->kitnet_options = (hg__kitnet_fit_options){
        .seed = (uint64_t)v->seed,
        .features =
            strcmp(v->kitsune, features_default) == 0 ? HG_KITSUNE_SOUND : HG_KITSUNE_PUBLISHED,
        .max_bytes = (size_t)v->max_mem / 2,
        .fpr = fpr};
    (void)hg__parse_float(v->val, &p->kitnet_options.held); // was checked
    HG_TRY(map(t, err));
    tell(t, p);
    // Rows that come once, in their order: nobody asks for one by its number.
    const hg__row_source source = {
        .name = v->data,
        .rows = p->source.packets,
        .width = t->model->net.spec.width,
        .shape = t->model->net.spec.input,
        .dtype = HG_F32,
        .scale = 1,
    };
    return hg__packets_dataset(t, &source, err);
}

int hg__fit_kitnet(hg__trainer *t, hg_error *err) {
    hg__packet_data *p = t->packets;
    hg__meter_start(&t->meter, t->l, "learning", "packets", p->source.packets);
    const int code =
        hg__kitnet_fit_end(p->kitnet, &p->source, &p->kitnet_options, &t->meter, t->model, err);
    hg__meter_end(&t->meter);
    HG_TRY(code);
    hg__trainer_tell_threshold(t, "packets");
    return HG_OK;
}
