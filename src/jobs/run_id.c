// SPDX-License-Identifier: Apache-2.0
// run_id.c - which run a file belongs to: 16 hex digits in args.yaml and in each file of weights, so that resume= never goes on
// with the weights of one run and the options of another.
//
// The first 8 are of what resume= may not change (seed, network, data), the others of how it began. Nothing of where
// or when: the same training has the same number, and its files the same bytes.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "jobs/trainer.h"

static uint64_t mix_text(uint64_t h, const char *text) {
    for (; *text; text++) h = (h ^ (uint8_t)*text) * 0x100000001B3ULL;
    return (h ^ 0xff) * 0x100000001B3ULL; // "ab", "c" is not "a", "bc"
}

static uint32_t fold(uint64_t h) {
    return (uint32_t)(h ^ h >> 32);
}

void hg__run_id(const hg__trainer *t, char id[HG_RUN_ID]) {
    static const uint64_t start = 0xCBF29CE484222325ULL;
    const struct hg__values *v = &t->o.values;
    char text[128];
    snprintf(text, sizeof text, "%" PRId64, (int64_t)v->seed);
    uint64_t first = mix_text(start, text);
    first = mix_text(first, t->model->net.spec.text);
    first = mix_text(first, t->model->fingerprint);
    snprintf(text, sizeof text, "%" PRId64 " %a %a", (int64_t)v->batch, v->lr, v->weight_decay);
    uint64_t rest = mix_text(first, text);
    const char *const words[] = {v->loss, v->optimizer, v->schedule, v->noise, v->init};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) rest = mix_text(rest, words[i]);
    snprintf(id, HG_RUN_ID, "%08" PRIx32 "%08" PRIx32, fold(first), fold(rest));
}

int hg__run_check(const hg__train_run *r, const char *id, hg_error *err) {
    char own[HG_RUN_ID];
    hg__run_id(&r->t, own);
    if (strncmp(own, id, 8) == 0) return HG_OK; // network and data were compared before
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected the seed that the run began with, got seed=%" PRId64, r->folder,
                    (int64_t)r->t.o.values.seed);
}

int hg__run_compare(const char *path, const char *id, const char *want, hg_error *err) {
    if (!*id || !*want || strcmp(id, want) == 0) return HG_OK; // those of version 0.1.0 have none
    return hg__fail(err, HG_ERR_MODEL,
                    "%s: expected the weights of run %s, as args.yaml has it, got those of run %s: "
                    "they do not belong together; train anew, or put the right file back",
                    path, want, id);
}

// ---- in args.yaml -------------------------------------------------------------------------------

static const char before[] = "# run ", behind[] = ": weights/*.safetensors are of the same\n";

void hg__run_write(hg__text *text, const char *id) {
    if (*id) hg__text_add(text, "%s%s%s", before, id, behind);
}

int hg__run_read(const char *folder, char id[HG_RUN_ID], hg_error *err) {
    enum { BEFORE = sizeof before - 1, DIGITS = HG_RUN_ID - 1 };
    char path[1024];
    hg__content m;
    id[0] = '\0';
    HG_TRY(hg__join_path(path, sizeof path, folder, "args.yaml", err));
    HG_TRY(hg__content_read(&m, path, err));
    const char *text = (const char *)m.data;
    const bool has = m.size > BEFORE + DIGITS && memcmp(text, before, BEFORE) == 0 &&
                     text[BEFORE + DIGITS] == ':';
    if (has) snprintf(id, HG_RUN_ID, "%.*s", (int)DIGITS, text + BEFORE);
    if (has && strspn(id, "0123456789abcdef") != DIGITS) id[0] = '\0';
    hg__content_free(&m);
    return HG_OK;
}
