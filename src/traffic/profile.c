// SPDX-License-Identifier: Apache-2.0
// profile.c - walks the levels of a packet.
#include "traffic/profile.h"

#include "traffic/mix.h"

enum { TAIL_SHARE = 100 };

int hg__profile_init(hg__profile *f, int64_t most, hg_error *err) {
    f->counts = hg__counts_new(most, err);
    if (f->counts) f->tails = hg__tails_new(most / TAIL_SHARE + 1, err);
    if (f->tails) return HG_OK;
    hg__profile_clear(f);
    return HG_ERR_MEMORY;
}

void hg__profile_clear(hg__profile *f) {
    hg__counts_free(f->counts);
    hg__tails_free(f->tails);
    *f = (hg__profile){0};
}

// No two levels, and no two of one's contexts, share a key.
static void mark(uint64_t *context, int32_t contexts, int32_t level) {
    for (int32_t i = 0; i < contexts; i++) {
        context[i] = hg__mix(context[i], (uint64_t)level * HG_MAX_CONTEXTS + (uint64_t)i + 1);
    }
}

bool hg__profile_amount(const hg__observation *o, int32_t level, hg__measured *m) {
    if (!hg__levels[level].measure || !hg__levels[level].measure(o, m)) return false;
    mark(m->context, m->contexts, level);
    return true;
}

// An answer, and whose it is.
typedef struct asked {
    hg__seen seen;
    int32_t level;
} asked;

// All answers of counted levels are there before the first is looked up: so their places in memory are fetched side by side.
static int32_t collect(const hg__profile *f, const hg__observation *o,
                       asked list[HG_MOST_ANSWERS]) {
    int32_t count = 0;
    for (int32_t i = 0; i < hg__level_count; i++) {
        const hg__level *l = &hg__levels[i];
        for (int32_t j = 0; l->see && j < l->answers && l->see(o, j, &list[count].seen); j++) {
            list[count].level = i;
            mark(list[count].seen.context, list[count].seen.contexts, i);
            hg__counts_fetch(f->counts, &list[count].seen);
            count++;
        }
    }
    return count;
}

int hg__profile_add(hg__profile *f, const hg__observation *o, int32_t fold, hg_error *err) {
    asked list[HG_MOST_ANSWERS];
    const int32_t count = collect(f, o, list);
    for (int32_t i = 0; i < hg__level_count; i++) {
        hg__measured m;
        if (hg__profile_amount(o, i, &m)) HG_TRY(hg__tails_add(f->tails, &m, fold, err));
    }
    for (int32_t i = 0; i < count; i++) {
        HG_TRY(hg__counts_add(f->counts, &list[i].seen, fold, err));
    }
    return HG_OK;
}

void hg__profile_freeze(hg__profile *f) {
    hg__counts_freeze(f->counts);
    hg__tails_freeze(f->tails);
}

void hg__profile_measure(const hg__profile *f, const hg__observation *o, int32_t without,
                         float *bits) {
    asked list[HG_MOST_ANSWERS];
    const int32_t count = collect(f, o, list);
    for (int32_t i = 0; i < hg__level_count; i++) {
        hg__measured m;
        bits[i] = hg__profile_amount(o, i, &m) ? hg__tails_surprise(f->tails, &m, without).bits : 0;
    }
    for (int32_t i = 0; i < count; i++) {
        bits[list[i].level] += hg__counts_surprise(f->counts, &list[i].seen, without).bits;
    }
}
