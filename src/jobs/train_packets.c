// SPDX-License-Identifier: Apache-2.0
// train_packets.c - a training whose rows are packets: what they are measured by is counted first, an autoencoder learns the rest.
#include "jobs/train_packets.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/system.h"
#include "traffic/glimpse.h"

void hg__packets_free(hg__packet_data *p) {
    if (!p) return;
    hg__packet_fit_clear(&p->fit);
    hg_model_free(p->former);
    hg__kitnet_detector_free(p->kitnet);
    hg__capture_close(p->capture);
    hg__free(p);
}

bool hg__is_packets_run(const hg__trainer *t) {
    const struct hg__values *v = &t->o.values;
    if (t->data || t->given || *v->noise || *v->target) return false;
    if (strcmp(v->prepare, "none") == 0) return false;
    return hg__is_capture(v->data) || hg__is_capture_stream(v->data, t->l) ||
           hg__is_interface(v->data);
}

// What suits packets, and was measured: docs/PACKETS.md.
static const hg__packet_option packet_options[] = {
    {HG_OPTION_model,        "model",        "traffic"},
    {HG_OPTION_optimizer,    "optimizer",    "adamw"  },
    {HG_OPTION_weight_decay, "weight_decay", "1e-4"   },
    {HG_OPTION_lr,           "lr",           "2e-3"   },
    {HG_OPTION_schedule,     "schedule",     "cosine" },
    {HG_OPTION_batch,        "batch",        "256"    },
    {HG_OPTION_pca,          "pca",          "false"  },
    {HG_OPTION_samples,      "samples",      "0"      },
};
static const char packet_steps[] = "600";

int hg__set_packet_options(hg__trainer *t, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    const bool is_kitnet = hg__is_kitnet_run(t);
    double share;
    size_t count = sizeof packet_options / sizeof *packet_options;
    const hg__packet_option *all = is_kitnet ? hg__kitnet_options_all(&count) : packet_options;
    const bool has_rate = *v->alarms || *v->rate;
    if (has_rate) HG_TRY(hg__alarms_fpr(v->alarms, v->rate, &share, err));
    for (size_t i = 0; i < count; i++) {
        const int option = all[i].option;
        if (t->o.set[option] || (option == HG_OPTION_fpr && has_rate)) continue;
        HG_TRY(hg_options_set(&t->o, all[i].name, all[i].value, err));
    }
    const bool has_end =
        t->o.set[HG_OPTION_epochs] || t->o.set[HG_OPTION_steps] || t->o.set[HG_OPTION_time];
    if (!is_kitnet && !has_end) {
        HG_TRY(hg_options_set(&t->o, "steps", packet_steps, err));
        t->o.values.epochs = 0;
    }
    if (!hg__parse_float(v->val, &share)) {
        return hg__fail(err, HG_ERR_USAGE, "val: expected a share of the packets, got '%.200s'",
                        v->val);
    }
    return HG_OK;
}

// ---- the capture --------------------------------------------------------------------------------

static int rewind_capture(void *context, hg_error *err) {
    return hg__capture_rewind(context, err);
}

static int next_packet(void *context, hg__packet *p, hg_error *err) {
    return hg__capture_next(context, p, err);
}

static bool is_over(const hg__packet_data *p) {
    return p->until > 0 && hg__seconds() >= p->until;
}

// While nothing comes.
static int idle(void *context, hg_error *err) {
    return is_over(context) ? hg__fail(err, HG_ERR_STOPPED, "duration: it is over") : HG_OK;
}

static int count_packets(hg__trainer *t, hg__packet_data *p, hg_error *err) {
    hg__packet packet;
    int more = 1;
    if (p->has_once) hg__meter_start(&t->meter, t->l, "capturing", "packets", 0);
    while (more > 0 && !is_over(p)) {
        more = hg__capture_next(p->capture, &packet, err);
        p->source.packets += more > 0;
        if (p->has_once) hg__meter_at(&t->meter, p->source.packets);
    }
    hg__meter_end(&t->meter);
    return more < 0 ? more : HG_OK;
}

// Ctrl-C ends the capture: what came by then is learned. Only abort() of a host, or a second signal, ends that, too.
static void go_on(hg__trainer *t, hg__packet_data *p) {
    p->later = *t->l;
    if (p->later.stop && *p->later.stop) p->later.stop = NULL;
    t->l = &p->later;
}

static int count_once(hg__trainer *t, hg__packet_data *p, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    char line[400];
    const bool is_live = hg__capture_is_live(p->capture);
    snprintf(line, sizeof line,
             "%.100s: headers, and of each payload %d bytes at most, are kept in a temporary file "
             "(TMPDIR) of %llu MB at most%s",
             hg__input_name(v->data), HG_LOOKED_AT,
             (unsigned long long)(hg__capture_room(p->capture) >> 20),
             v->duration > 0 ? ""
             : is_live       ? "; Ctrl-C ends the capture, and what came is learned"
                             : "");
    hg__trainer_note(t, line);
    if (v->duration > 0) p->until = hg__seconds() + 3600 * v->duration;
    hg_error why = {0};
    const int code = count_packets(t, p, &why);
    if (code < 0 && code != HG_ERR_STOPPED) return hg__fail(err, code, "%s", why.message);
    const uint64_t dropped = hg__capture_count_drops(p->capture).dropped;
    if (dropped) {
        snprintf(line, sizeof line, "%.100s: the kernel dropped %llu packets: they came too fast",
                 v->data, (unsigned long long)dropped);
        hg__trainer_note(t, line);
    }
    go_on(t, p);
    return HG_OK;
}

static int check_once(const hg__trainer *t, bool is_once, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    if (v->duration > 0 && !is_once) {
        return hg__fail(err, HG_ERR_USAGE,
                        "duration: expected an interface or a pipe in data=, got %s", v->data);
    }
    if (!*v->resume || !is_once) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "resume: the packets of %s came but once: expected a run whose data= is a file",
                    hg__input_name(v->data));
}

static int open_capture(hg__trainer *t, hg__packet_data *p, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    const hg__capture_options o = {.filter = v->filter,
                                   .listener = t->l,
                                   .is_live = true,
                                   .is_promiscuous = v->promisc,
                                   .idle = idle,
                                   .context = p,
                                   .is_kept = true,
                                   .payload_kept = HG_LOOKED_AT};
    p->capture = hg__capture_open(v->data, &o, err);
    if (!p->capture) return (int)err->code;
    p->source =
        (hg__packet_source){.context = p->capture, .rewind = rewind_capture, .next = next_packet};
    p->has_once = hg__capture_is_stream(p->capture);
    HG_TRY(check_once(t, p->has_once, err));
    HG_TRY(p->has_once ? count_once(t, p, err) : count_packets(t, p, err));
    hg__trainer_note(t, hg__capture_note(p->capture));
    return HG_OK;
}

// ---- rows ---------------------------------------------------------------------------------------

static hg__row_source rows_of(const hg__trainer *t, const hg__packet_fit *f) {
    return (hg__row_source){
        .name = t->o.values.data,
        .rows = f->rows,
        .width = hg__level_count,
        .shape = {.rank = 1, .dim = {hg__level_count}},
        .dtype = HG_F32,
        .scale = 1,
        .base = f->row
    };
}

// Of a model that is none of packets only the network's weights are taken, as anywhere.
static int open_former(const hg__trainer *t, hg__packet_data *p, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    if (!*v->pretrained) return HG_OK;
    p->former = hg_model_load(v->pretrained, err);
    if (!p->former) return (int)err->code;
    if (!hg__is_packet_model(p->former) || hg__is_kitnet_model(p->former)) return HG_OK;
    hg__trainer_note(t, "counts go on behind those of pretrained=");
    p->options.former = p->former;
    return HG_OK;
}

static void tell(const hg__trainer *t, const hg__packet_data *p) {
    char line[300];
    snprintf(line, sizeof line,
             "%lld packets: what is usual is counted, %lld of them are learned by an autoencoder",
             (long long)p->source.packets, (long long)p->fit.rows);
    hg__trainer_note(t, line);
}

int hg__packets_dataset(hg__trainer *t, const hg__row_source *source, hg_error *err) {
    t->data = hg__dataset_of_source(source, "packets", NULL, NULL, err);
    if (!t->data) return HG_ERR_MEMORY;
    t->data->path = t->o.values.data;
    t->data->fingerprint = hg__capture_fingerprint(t->packets->capture);
    return HG_OK;
}

int hg__open_packets(hg__trainer *t, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    hg__packet_data *p = t->packets = hg__alloc(1, sizeof *p, err);
    if (!p) return HG_ERR_MEMORY;
    HG_TRY(open_capture(t, p, err));
    double fpr = v->fpr;
    if (*v->alarms || *v->rate) HG_TRY(hg__alarms_fpr(v->alarms, v->rate, &fpr, err));
    if (hg__is_kitnet_run(t)) return hg__open_kitnet(t, fpr, err);
    p->options = (hg__packet_fit_options){.seed = (uint64_t)v->seed,
                                          .fingerprint = hg__capture_fingerprint(p->capture),
                                          .max_bytes = (size_t)v->max_mem / 2,
                                          .fpr = fpr};
    HG_TRY(open_former(t, p, err));
    hg__meter_start(&t->meter, t->l, "counting", "packets", 2 * p->source.packets);
    const int code = hg__packet_fit_open(&p->fit, &p->source, &p->options, &t->meter, err);
    hg__meter_end(&t->meter);
    HG_TRY(code);
    tell(t, p);
    const hg__row_source source = rows_of(t, &p->fit);
    return hg__packets_dataset(t, &source, err);
}

// ---- afterwards ---------------------------------------------------------------------------------

int hg__fit_packets(hg__trainer *t, hg_error *err) {
    hg__packet_data *p = t->packets;
    hg__meter_start(&t->meter, t->l, "scoring", "packets", p->source.packets);
    const int code =
        hg__packet_fit_end(&p->fit, &p->source, &p->options, &t->meter, t->model, t->pool, err);
    hg__meter_end(&t->meter);
    HG_TRY(code);
    hg__trainer_tell_threshold(t, "packets");
    return HG_OK;
}
