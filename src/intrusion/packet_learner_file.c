// SPDX-License-Identifier: Apache-2.0
// packet_learner_file.c - a period that is not over, in a model file: the model that it would become, and beside it
//
//   detector.period.number   F64 (5)   packets, those counted, those of before, minutes, source's minutes that are over
//   detector.period.score    F32       scores, some of them
//   detector.period.highest  F32       of sources' minutes, some of them
#include <string.h>

#include "base/mem.h"
#include "intrusion/packet_learner_internal.h"

static const char number_name[] = "detector.period.number", score_name[] = "detector.period.score",
                  highest_name[] = "detector.period.highest";
enum { NUMBERS = 5 };

static int64_t kept(int64_t seen) {
    return seen < HG_SAMPLE ? seen : HG_SAMPLE;
}

// ---- saved --------------------------------------------------------------------------------------

// Borrows the rest of what base knows.
static int save_knowledge(const hg__packet_learner *l, const hg__profile *settled, hg_model *m,
                          hg_error *err) {
    hg__packet_detector d = *l->base;
    d.profile = settled;
    return hg__packet_detector_save(&d, m, err);
}

int hg__packet_learner_save(const hg__packet_learner *l, hg_model *m, hg_error *err) {
    const double number[NUMBERS] = {(double)l->scores.seen, (double)l->counted, (double)l->before,
                                    (double)l->minutes_seen, (double)l->highest.seen};
    const int64_t scores = kept(l->scores.seen), highest = kept(l->highest.seen);
    hg__profile settled;
    HG_TRY(hg__profile_settle(&settled, &l->grows, err));
    const int code = save_knowledge(l, &settled, m, err);
    hg__profile_clear(&settled);
    HG_TRY(code);
    HG_TRY(hg__model_keep_part(m, number_name, HG_F64, NUMBERS, 0, number, err));
    HG_TRY(hg__model_keep_part(m, score_name, HG_F32, scores, 0, l->scores.value, err));
    return hg__model_keep_part(m, highest_name, HG_F32, highest, 0, l->highest.value, err);
}

// ---- loaded -------------------------------------------------------------------------------------

static int load_numbers(const hg_model *m, const char *where, int64_t number[NUMBERS],
                        hg_error *err) {
    const hg__tensor *t;
    HG_TRY(hg__model_take_part(m, number_name, HG_F64, NUMBERS, 0, where, &t, err));
    for (int i = 0; i < NUMBERS; i++) {
        double x;
        memcpy(&x, (const uint8_t *)t->data + (size_t)i * sizeof x, sizeof x);
        if (!(x >= 0 && x <= 0x1p52)) {
            return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected whole numbers, got %g", where,
                            number_name, x);
        }
        number[i] = (int64_t)x;
    }
    if (number[1] <= number[0]) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected no more packets counted than came",
                    where, number_name);
}

static int load_sample(const hg_model *m, const char *name, const char *where, int64_t seen,
                       hg__sample *s, hg_error *err) {
    const hg__tensor *t;
    HG_TRY(hg__model_take_numbers(m, name, kept(seen), 0, where, &t, err));
    memcpy(s->value, t->data, (size_t)kept(seen) * sizeof *s->value);
    s->seen = seen;
    return HG_OK;
}

static int load_all(hg__packet_learner *l, hg__packet_detector *d, const hg_model *m,
                    const char *where, hg_error *err) {
    int64_t number[NUMBERS] = {0};
    hg__profile grows;
    HG_TRY(load_numbers(m, where, number, err));
    HG_TRY(hg__packet_detector_load(d, m, where, err));
    HG_TRY(hg__profile_thaw(&grows, &d->own, false, l->most, err));
    hg__profile_clear(&l->grows);
    l->grows = grows;
    HG_TRY(load_sample(m, score_name, where, number[0], &l->scores, err));
    HG_TRY(load_sample(m, highest_name, where, number[4], &l->highest, err));
    l->counted = number[1];
    l->before = number[2];
    l->minutes_seen = number[3];
    l->lost = 0;
    return HG_OK;
}

int hg__packet_learner_load(hg__packet_learner *l, const hg_model *m, const char *where,
                            hg_error *err) {
    hg__packet_detector *d = hg__packet_knowledge_new(err);
    int code = d ? load_all(l, d, m, where, err) : HG_ERR_MEMORY;
    hg__packet_detector_free(d);
    // What was taken over in part is no period.
    if (code < 0 && hg__packet_learner_discard(l, NULL) < 0) code = HG_ERR_MEMORY;
    return code;
}

bool hg__is_packet_kin(const hg_model *a, const hg_model *b) {
    hg__siphash_key x, y;
    int64_t periods;
    if (hg__packet_detector_look(a, &x, &periods, "a", NULL) < 0) return false;
    if (hg__packet_detector_look(b, &y, &periods, "b", NULL) < 0) return false;
    return x.k0 == y.k0 && x.k1 == y.k1;
}

bool hg__packet_learner_fits(const hg__packet_learner *l, const hg_model *m) {
    hg__siphash_key key;
    int64_t periods;
    if (hg__packet_detector_look(m, &key, &periods, "period", NULL) < 0) return false;
    return periods == l->base->periods && key.k0 == l->base->key.k0 && key.k1 == l->base->key.k1;
}
