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

void hg__profile_answer(const hg__observation *o, hg__answers *a) {
    a->seens = a->measures = 0;
    for (int32_t i = 0; i < hg__level_count; i++) {
        const hg__level *l = &hg__levels[i];
        a->measures += hg__profile_amount(o, i, &a->measured[a->measures]);
        for (int32_t j = 0; l->see && j < l->answers && l->see(o, j, &a->seen[a->seens]); j++) {
            hg__seen *s = &a->seen[a->seens++];
            mark(s->context, s->contexts, i);
        }
    }
}

int hg__profile_count(hg__profile *f, const hg__answers *a, int32_t fold, hg_error *err) {
    for (int32_t i = 0; i < a->seens; i++) hg__counts_fetch(f->counts, &a->seen[i]);
    for (int32_t i = 0; i < a->measures; i++) {
        HG_TRY(hg__tails_add(f->tails, &a->measured[i], fold, err));
    }
    for (int32_t i = 0; i < a->seens; i++) {
        HG_TRY(hg__counts_add(f->counts, &a->seen[i], fold, err));
    }
    return HG_OK;
}

static int check_made(hg__profile *f) {
    if (f->counts && f->tails) return HG_OK;
    hg__profile_clear(f);
    return HG_ERR_MEMORY;
}

int hg__profile_thaw(hg__profile *to, const hg__profile *frozen, bool halves, int64_t most,
                     hg_error *err) {
    *to = (hg__profile){.counts = hg__counts_thaw(frozen->counts, halves, most, err)};
    if (to->counts) to->tails = hg__tails_thaw(frozen->tails, halves, most / TAIL_SHARE + 1, err);
    return check_made(to);
}

int hg__profile_settle(hg__profile *to, const hg__profile *f, hg_error *err) {
    *to = (hg__profile){.counts = hg__counts_settle(f->counts, err)};
    if (to->counts) to->tails = hg__tails_settle(f->tails, err);
    return check_made(to);
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
