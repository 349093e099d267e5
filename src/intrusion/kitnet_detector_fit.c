// SPDX-License-Identifier: Apache-2.0
// kitnet_detector_fit.c - a capture of normal packets, in one pass: what maps, what trains, what is held out.
//
//   first tenth, 5000 packets at most ──> clusters
//   what follows                      ──> the autoencoders learn it, packet by packet, once
//   the last fifth (`held`)           ──> executed only: its scores give the thresholds
//
// What is held out is one piece at the end, not packets here and there: neighbours in time are nearly the same packet, so that a packet
// whose neighbours were learned would not tell what an unknown one scores; and KitNET, which learns as packets come, cannot leave
// one out and go on. Later packets of the same capture are still like earlier ones: how large a rate comes out on another day is for
// another day's packets to say.
#include <math.h>
#include <stdio.h>

#include "base/mem.h"
#include "detect/table_model.h"
#include "intrusion/kitnet_detector_internal.h"

enum { MOST_MAPPED = 5000, LEAST_PACKETS = 100 };

// ---- packets ------------------------------------------------------------------------------------

static int check_stop(hg__meter *meter, int64_t done, hg_error *err) {
    if (done % HG_VERDICTS != 0) return HG_OK;
    hg__meter_add(meter, HG_VERDICTS);
    if (!hg__meter_is_stopped(meter)) return HG_OK;
    return hg__fail(err, HG_ERR_STOPPED, "stopped on request while packets were learned");
}

// Of the next `count` packets the features into d->row, the first of its rows, and to KitNET.
static int learn(hg__kitnet_detector *d, const hg__packet_source *s, int64_t count,
                 hg__meter *meter, hg_error *err) {
    hg__packet p;
    int more = 1;
    for (int64_t i = 0; i < count && (more = s->next(s->context, &p, err)) > 0; i++) {
        hg__kitsune_features_run(d->features, &p, d->row);
        hg__kitnet_train(d->kitnet, d->row);
        HG_TRY(check_stop(meter, i + 1, err));
    }
    return more < 0 ? more : HG_OK;
}

static int64_t count_held(const hg__packet_source *s, const hg__kitnet_fit_options *o) {
    return (int64_t)llround(o->held * (double)s->packets);
}

hg__kitnet_detector *hg__kitnet_fit_open(const hg__packet_source *s,
                                         const hg__kitnet_fit_options *o, hg__meter *meter,
                                         hg_error *err) {
    hg__kitnet_options net = hg__kitnet_defaults();
    const int64_t held = count_held(s, o), tenth = s->packets / 10;
    net.map_grace = tenth < MOST_MAPPED ? tenth : MOST_MAPPED;
    net.grace = s->packets - held - net.map_grace - 1; // one more packet than map_grace maps
    net.seed = o->seed;
    if (s->packets < LEAST_PACKETS || net.grace < 1) {
        hg__fail(err, HG_ERR_DATA,
                 "expected %d packets or more, not all of them held out, to learn from, got %lld",
                 (int)LEAST_PACKETS, (long long)s->packets);
        return NULL;
    }
    hg__kitnet *k = hg__kitnet_new(hg__kitsune_features_count(o->features), &net, err);
    hg__kitnet_detector *d =
        k ? hg__kitnet_detector_begin(k, o->features, o->max_bytes, err) : NULL;
    if (!d) return NULL;
    int code = s->rewind(s->context, err);
    if (code == HG_OK) code = learn(d, s, net.map_grace + 1, meter, err);
    if (code == HG_OK && hg__kitnet_clusters(d->kitnet) > 0) return d;
    if (code == HG_OK) hg__fail(err, HG_ERR_DATA, "the packets became fewer while they were read");
    hg__kitnet_detector_free(d);
    return NULL;
}

// ---- the model ----------------------------------------------------------------------------------

hg_model *hg__kitnet_fit_model(const hg__kitnet_detector *d, hg_error *err) {
    const hg__kitnet *k = d->kitnet;
    const hg__shape input = {.rank = 1, .dim = {k->clusters}};
    char spec[80];
    snprintf(spec, sizeof spec, "dense %d sigmoid | dense input sigmoid",
             hg__kitnet_hidden(&k->o, k->clusters));
    return hg__model_from_spec(spec, &input, 0, k->o.seed, err);
}

// One parameter of the output's autoencoder, as files have it: weights (out, in), of the decoder those of the encoder turned round;
// biases, which in KitNET are one number a side.
static void copy_param(const hg__kitnet *k, bool is_decoder, bool is_bias, float *to) {
    const int32_t c = k->clusters, hidden = hg__kitnet_hidden(&k->o, c);
    const int32_t out = is_decoder ? c : hidden, in = is_decoder ? hidden : c;
    for (int32_t o = 0; o < out; o++) {
        if (is_bias) to[o] = *hg__kitnet_bias(k, c, is_decoder);
        for (int32_t i = 0; !is_bias && i < in; i++) {
            to[o * in + i] = *hg__kitnet_weight(k, c, is_decoder ? o : i, is_decoder ? i : o);
        }
    }
}

// The model's network becomes the output's autoencoder, of which it has the shape.
static int fill_network(const hg__kitnet *k, hg_model *m, hg_error *err) {
    const hg__spec *s = &m->net.spec;
    const size_t most = (size_t)k->clusters * (size_t)hg__kitnet_hidden(&k->o, k->clusters);
    float *some = hg__alloc(most, sizeof *some, err);
    if (!some) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < s->layers; i++) {
        for (int32_t p = 0; p < s->layer[i].params; p++) {
            copy_param(k, s->layer[i].is_decoder, p == 1, some);
            hg__param_import(&s->layer[i].param[p], m->net.params, some);
        }
    }
    hg__free(some);
    return HG_OK;
}

static int save(const hg__kitnet_detector *d, hg_model *m, hg_error *err) {
    const char *word = d->mode == HG_KITSUNE_PUBLISHED ? "published" : "sound";
    hg__model_drop_parts(m, "detector.");
    HG_TRY(hg__kitnet_save(d->kitnet, m, err));
    HG_TRY(fill_network(d->kitnet, m, err));
    hg__json *detector = hg__json_object();
    const int bad =
        detector ? hg__json_set(detector, "packets", hg__json_pack("{s:s}", "kitnet", word)) : -1;
    int code = bad ? hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping a detector") : HG_OK;
    if (code == HG_OK && d->thresholds.groups) {
        code = hg__thresholds_save(&d->thresholds, m, detector, err);
    }
    if (code == HG_OK) {
        hg__model_set_detector(m, detector);
    } else {
        hg__json_free(detector);
    }
    return code;
}

// ---- held out -----------------------------------------------------------------------------------

// Scores of all packets that are left. score: (room)
static int score_rest(hg__kitnet_detector *d, const hg__packet_source *s, float *score,
                      int64_t room, int64_t *rows, hg__meter *meter, hg_error *err) {
    hg__packet p;
    int more = 1;
    *rows = 0;
    while (*rows < room && (more = s->next(s->context, &p, err)) > 0) {
        hg__kitsune_features_run(d->features, &p, d->row);
        score[(*rows)++] = hg__kitnet_score(d->kitnet, d->row, NULL);
        HG_TRY(check_stop(meter, *rows, err));
    }
    return more < 0 ? more : HG_OK;
}

static int fit_thresholds(hg__kitnet_detector *d, const hg__packet_source *s,
                          const hg__kitnet_fit_options *o, hg__meter *meter, hg_error *err) {
    const int64_t room = count_held(s, o);
    if (room < 1) return HG_OK;
    float *score = hg__alloc((size_t)room, sizeof *score, err);
    if (!score) return HG_ERR_MEMORY;
    hg__held_out held = {.score = score};
    int code = score_rest(d, s, score, room, &held.rows, meter, err);
    if (code == HG_OK && held.rows > 0) {
        code = hg__thresholds_fit(&d->thresholds, &held, o->fpr, err);
    }
    hg__free(score);
    return code;
}

int hg__kitnet_fit_end(hg__kitnet_detector *d, const hg__packet_source *s,
                       const hg__kitnet_fit_options *o, hg__meter *meter, hg_model *m,
                       hg_error *err) {
    HG_TRY(learn(d, s, d->kitnet->o.grace, meter, err));
    HG_TRY(fit_thresholds(d, s, o, meter, err));
    return save(d, m, err);
}
