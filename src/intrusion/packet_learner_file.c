// SPDX-License-Identifier: Apache-2.0
// packet_learner_file.c - a period that is not over, in a model file: the model that it would become, and beside it
//
//   detector.period.number   F64 (10)      as listed below
//   detector.period.score    F32 (kept)    scores
//   detector.period.talk     U32 (kept)    which talk each is of
//   detector.period.pieces   U32 (talks)   of the period that a talk was in, a bit each
//   detector.period.key      U64 (known)   hashes of talks that may go on, the one that was silent for longest first
//   detector.period.known    U32 (known)   which talk each is
//   detector.period.opening  F32 (stored)  of sources' minutes that are over
#include <string.h>

#include "base/mem.h"
#include "intrusion/packet_learner_internal.h"

static const char number_name[] = "detector.period.number", score_name[] = "detector.period.score",
                  talk_name[] = "detector.period.talk", pieces_name[] = "detector.period.pieces",
                  key_name[] = "detector.period.key", known_name[] = "detector.period.known",
                  opening_name[] = "detector.period.opening";

// Whole numbers, in this order.
enum {
    VERSION,
    COUNTED,
    BEFORE,
    PASSED,
    SEEN,
    STRIDE,
    OPENINGS,
    OPENING_STRIDE,
    MINUTES,
    ALARMS,
    NUMBERS
};
static const int64_t version = 3;

// ---- saved --------------------------------------------------------------------------------------

// Borrows the rest of what base knows.
static int save_knowledge(const hg__packet_learner *l, const hg__profile *settled, hg_model *m,
                          hg_error *err) {
    hg__packet_detector d = *l->base;
    d.profile = settled;
    return hg__packet_detector_save(&d, m, err);
}

static int save_scores(const hg__held_packets *h, hg_model *m, hg_error *err) {
    const size_t most = h->talks > (size_t)h->count ? h->talks : (size_t)h->count;
    float *score = hg__alloc((size_t)h->count, sizeof *score, err);
    uint32_t *one = score ? hg__alloc(most, sizeof *one, err) : NULL;
    int code = one ? HG_OK : HG_ERR_MEMORY;
    for (int64_t i = 0; code == HG_OK && i < h->count; i++) {
        score[i] = h->kept[i].score;
        one[i] = h->kept[i].talk;
    }
    if (code == HG_OK) code = hg__model_keep_part(m, score_name, HG_F32, h->count, 0, score, err);
    if (code == HG_OK) code = hg__model_keep_part(m, talk_name, HG_U32, h->count, 0, one, err);
    for (size_t i = 0; code == HG_OK && i < h->talks; i++) one[i] = h->talk[i].pieces;
    if (code == HG_OK) {
        code = hg__model_keep_part(m, pieces_name, HG_U32, (int64_t)h->talks, 0, one, err);
    }
    hg__free(score);
    hg__free(one);
    return code;
}

static int save_talks(const hg__held_packets *h, hg_model *m, hg_error *err) {
    const size_t n = hg__lru_count(h->numbers);
    uint64_t *key = hg__alloc(n, sizeof *key, err);
    uint32_t *known = key ? hg__alloc(n, sizeof *known, err) : NULL;
    int code = known ? HG_OK : HG_ERR_MEMORY;
    const uint32_t *talk = hg__lru_oldest(h->numbers);
    for (size_t i = 0; code == HG_OK && talk; i++, talk = hg__lru_younger(h->numbers, talk)) {
        memcpy(&key[i], hg__lru_key(h->numbers, talk), sizeof *key);
        known[i] = *talk;
    }
    if (code == HG_OK) code = hg__model_keep_part(m, key_name, HG_U64, (int64_t)n, 0, key, err);
    if (code == HG_OK) code = hg__model_keep_part(m, known_name, HG_U32, (int64_t)n, 0, known, err);
    hg__free(key);
    hg__free(known);
    return code;
}

int hg__packet_learner_save(const hg__packet_learner *l, hg_model *m, hg_error *err) {
    const hg__held_packets *h = l->held;
    const double number[NUMBERS] = {[VERSION] = (double)version,
                                    [COUNTED] = (double)l->counted,
                                    [BEFORE] = (double)l->before,
                                    [PASSED] = (double)l->passed,
                                    [SEEN] = (double)h->seen,
                                    [STRIDE] = (double)h->stride,
                                    [OPENINGS] = (double)h->openings,
                                    [OPENING_STRIDE] = (double)h->opening_stride,
                                    [MINUTES] = (double)h->minutes_seen,
                                    [ALARMS] = (double)l->alarms};
    hg__profile settled;
    HG_TRY(hg__profile_settle(&settled, &l->grows, err));
    const int code = save_knowledge(l, &settled, m, err);
    hg__profile_clear(&settled);
    HG_TRY(code);
    HG_TRY(hg__model_keep_part(m, number_name, HG_F64, NUMBERS, 0, number, err));
    HG_TRY(save_scores(h, m, err));
    HG_TRY(save_talks(h, m, err));
    return hg__model_keep_part(m, opening_name, HG_F32, h->stored, 0, h->opening, err);
}

// ---- loaded -------------------------------------------------------------------------------------

static int fail_part(const char *name, const char *expected, const char *where, hg_error *err) {
    return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected %s", where, name, expected);
}

// (rows), at any byte
static uint32_t number_at(const hg__tensor *t, int64_t i) {
    uint32_t x;
    memcpy(&x, (const uint8_t *)t->data + (size_t)i * sizeof x, sizeof x);
    return x;
}

static int load_numbers(const hg_model *m, const char *where, int64_t n[NUMBERS], hg_error *err) {
    const hg__tensor *t;
    HG_TRY(hg__model_take_part(m, number_name, HG_F64, -1, 0, where, &t, err));
    const int64_t rows = t->shape.dim[0];
    for (int64_t i = 0; i < NUMBERS && i < rows; i++) {
        double x;
        memcpy(&x, (const uint8_t *)t->data + (size_t)i * sizeof x, sizeof x);
        if (!(x >= 0 && x <= 0x1p52)) return fail_part(number_name, "whole numbers", where, err);
        n[i] = (int64_t)x;
    }
    if (rows != NUMBERS || n[VERSION] != version) {
        return hg__fail(err, HG_ERR_MODEL, "%s: expected a period of version %lld, got another",
                        where, (long long)version);
    }
    if (n[COUNTED] > n[SEEN] || n[ALARMS] > n[SEEN]) {
        return fail_part(number_name, "no more packets counted than came", where, err);
    }
    if (n[STRIDE] > 0 && n[OPENING_STRIDE] > 0) return HG_OK;
    return fail_part(number_name, "strides above 0", where, err);
}

static int load_scores(hg__held_packets *h, const hg_model *m, const char *where, hg_error *err) {
    const hg__tensor *score, *talk, *pieces;
    HG_TRY(hg__model_take_part(m, pieces_name, HG_U32, -1, 0, where, &pieces, err));
    HG_TRY(hg__model_take_numbers(m, score_name, -1, 0, where, &score, err));
    const int64_t talks = pieces->shape.dim[0], count = score->shape.dim[0];
    HG_TRY(hg__model_take_part(m, talk_name, HG_U32, count, 0, where, &talk, err));
    if (count > h->room) return fail_part(score_name, "fewer scores", where, err);
    if (talks == 0) return count ? fail_part(pieces_name, "talks", where, err) : HG_OK;
    h->talk = hg__alloc((size_t)talks, sizeof *h->talk, err);
    if (!h->talk) return HG_ERR_MEMORY;
    h->talks = h->talk_room = (size_t)talks;
    for (int64_t i = 0; i < talks; i++) {
        h->talk[i].pieces = number_at(pieces, i);
        if (h->talk[i].pieces - 1 < (1 << HG_FOLDS) - 1) continue;
        return fail_part(pieces_name, "talks in some pieces", where, err);
    }
    for (int64_t i = 0; i < count; i++) {
        hg__kept_score *s = &h->kept[i];
        s->talk = number_at(talk, i);
        if (s->talk >= talks) return fail_part(talk_name, "talks that are there", where, err);
        memcpy(&s->score, (const uint8_t *)score->data + (size_t)i * 4, 4);
        h->talk[s->talk].packets++;
    }
    h->count = count;
    return HG_OK;
}

static int load_talks(hg__held_packets *h, const hg_model *m, const char *where, hg_error *err) {
    const hg__tensor *key, *known;
    HG_TRY(hg__model_take_part(m, key_name, HG_U64, -1, 0, where, &key, err));
    HG_TRY(hg__model_take_part(m, known_name, HG_U32, key->shape.dim[0], 0, where, &known, err));
    for (int64_t i = 0; i < key->shape.dim[0]; i++) {
        uint64_t one;
        bool is_new;
        memcpy(&one, (const uint8_t *)key->data + (size_t)i * sizeof one, sizeof one);
        const uint32_t talk = number_at(known, i);
        if (talk >= h->talks) return fail_part(known_name, "talks that are there", where, err);
        *(uint32_t *)hg__lru_find_or_add(h->numbers, &one, &is_new) = talk;
    }
    return HG_OK;
}

static int load_openings(hg__held_packets *h, const hg_model *m, const char *where, hg_error *err) {
    const hg__tensor *t;
    HG_TRY(hg__model_take_numbers(m, opening_name, -1, 0, where, &t, err));
    const int64_t stored = t->shape.dim[0];
    if (stored > h->room || stored > h->openings || (h->openings && !stored)) {
        return fail_part(opening_name, "as many minutes as were kept", where, err);
    }
    if (stored) memcpy(h->opening, t->data, (size_t)stored * sizeof *h->opening);
    h->stored = stored;
    return HG_OK;
}

static int load_held(hg__held_packets *h, const int64_t n[NUMBERS], const hg_model *m,
                     const char *where, hg_error *err) {
    h->seen = n[SEEN];
    h->stride = n[STRIDE];
    h->openings = n[OPENINGS];
    h->opening_stride = n[OPENING_STRIDE];
    h->minutes_seen = n[MINUTES];
    HG_TRY(load_scores(h, m, where, err));
    if ((h->seen > 0) != (h->count > 0)) return fail_part(score_name, "scores", where, err);
    HG_TRY(load_talks(h, m, where, err));
    return load_openings(h, m, where, err);
}

static int load_all(hg__packet_learner *l, hg__packet_detector *d, const hg_model *m,
                    const char *where, hg_error *err) {
    int64_t n[NUMBERS] = {0};
    hg__profile grows;
    HG_TRY(hg__packet_learner_discard(l, err));
    HG_TRY(load_numbers(m, where, n, err));
    HG_TRY(hg__packet_detector_load(d, m, where, err));
    HG_TRY(hg__profile_thaw(&grows, &d->own, false, l->most, err));
    hg__profile_clear(&l->grows);
    l->grows = grows;
    HG_TRY(load_held(l->held, n, m, where, err));
    l->counted = n[COUNTED];
    l->before = n[BEFORE];
    l->passed = n[PASSED];
    l->alarms = n[ALARMS];
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

int hg__packet_learner_check(const hg_model *m, const char *where, hg_error *err) {
    hg__packet_detector *d = hg__packet_knowledge_new(err);
    const int code = d ? hg__packet_detector_load(d, m, where, err) : HG_ERR_MEMORY;
    hg__packet_detector_free(d);
    return code;
}

bool hg__packet_learner_fits(const hg__packet_learner *l, const hg_model *m) {
    hg__siphash_key key;
    int64_t periods;
    if (hg__packet_detector_look(m, &key, &periods, "period", NULL) < 0) return false;
    return periods == l->base->periods && key.k0 == l->base->key.k0 && key.k1 == l->base->key.k1;
}
