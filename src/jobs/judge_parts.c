// SPDX-License-Identifier: Apache-2.0
// judge_parts.c - pictures loaded in batches, judged one by one.
#include "jobs/judge_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"

enum { PATH = 4096, SENTENCE = 1024 };

void hg__judge_note(const hg_listener *l, const char *format, ...) {
    char sentence[SENTENCE];
    va_list list;
    if (!l || !l->note) return;
    va_start(list, format);
    vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    l->note(l->context, sentence);
}

static bool is_no_target(const hg_options *o) {
    return !*o->values.target || strcmp(o->values.target, "none") == 0;
}

hg__part_options hg__parts_asked(const hg_options *o, hg__parts_purpose purpose) {
    const struct hg__values *v = &o->values;
    return (hg__part_options){.purpose = purpose,
                              .on_bad = v->on_bad,
                              .target = is_no_target(o) ? NULL : v->target,
                              .labels = v->labels,
                              .object = v->object};
}

bool hg__parts_are_paired(const hg__part_set *s, const hg_options *o) {
    return !is_no_target(o) || (strcmp(s->layout, "deeppcb") == 0 && !*o->values.target);
}

// A template beside itself says nothing of how good boards differ from theirs.
static void leave_templates_out(hg__part_set *s) {
    int32_t kept = 0;
    for (int32_t i = 0; i < s->count; i++) {
        hg__part part = s->part[i];
        if (part.pair) {
            s->part[kept++] = part;
            continue;
        }
        s->good -= part.has_label && !part.is_defect;
        hg__part_clear(&part);
    }
    s->count = kept;
}

int hg__judge_open(hg__part_set *s, const hg_options *o, bool sees_templates, const hg_listener *l,
                   hg_error *err) {
    const struct hg__values *v = &o->values;
    const hg__part_options how = hg__parts_asked(o, HG_PARTS_TEST);
    HG_TRY(hg__part_set_open(s, v->data, &how, err));
    if (sees_templates && strcmp(s->layout, "deeppcb") == 0) leave_templates_out(s);
    if (*s->note) hg__judge_note(l, "%s: %s", v->data, s->note);
    if (s->skipped) {
        hg__judge_note(l, "%s: %d entries were left out (on_bad=skip), first: %s", v->data,
                       s->skipped, s->first_skipped);
    }
    return HG_OK;
}

typedef struct loaded {
    hg__inspected r;
    int code;
    hg_error why;
} loaded;

typedef struct batch {
    const hg__judging *j;
    int32_t first;
    loaded *item; // owned, (threads)
} batch;

static void load_one(void *context, int32_t task, int32_t thread) {
    const batch *b = context;
    const hg__judging *j = b->j;
    const int32_t i = b->first + task;
    loaded *l = &b->item[task];
    char path[PATH];
    (void)thread;
    *l = (loaded){0};
    l->code = hg__part_path(j->set, i, path, sizeof path, &l->why);
    if (l->code < 0) return;
    if (j->only_loads) {
        l->code = hg__part_load(hg__inspector_view(j->inspector), path, &l->r.picture, &l->r.where,
                                &l->why);
    } else {
        l->code = hg__inspector_load(j->inspector, path, j->set->part[i].pair, &l->r, &l->why);
    }
}

// Whether a picture may be left out for this: what is wrong is wrong with it.
static bool is_its_own(const hg__judging *j, int code) {
    return j->skips && code != HG_ERR_MEMORY && code != HG_ERR_STOPPED;
}

static int take_one(hg__judging *j, int32_t i, loaded *l, hg_error *err) {
    if (l->code < 0 && is_its_own(j, l->code)) {
        if (j->skipped++ == 0) {
            snprintf(j->first_skipped, sizeof j->first_skipped, "%s", l->why.message);
        }
        return HG_OK;
    }
    if (l->code < 0) {
        if (err) *err = l->why;
        return l->code;
    }
    if (!j->only_loads) HG_TRY(hg__inspector_run(j->inspector, &l->r, false, err));
    return j->each(j->context, i, &l->r, err);
}

static int take_batch(hg__judging *j, const batch *b, int32_t size, hg__meter *meter,
                      hg_error *err) {
    int code = HG_OK;
    for (int32_t k = 0; k < size; k++) {
        if (code == HG_OK && hg__meter_is_stopped(meter)) {
            code = hg__fail(err, HG_ERR_STOPPED, "stopped on request at picture %d of %d",
                            b->first + k + 1, j->set->count);
        }
        if (code == HG_OK) code = take_one(j, b->first + k, &b->item[k], err);
        hg__inspected_clear(&b->item[k].r);
        hg__meter_add(meter, 1);
    }
    return code;
}

int hg__judge_parts(hg__judging *j, hg_error *err) {
    const int32_t threads = hg__pool_threads(j->pool), count = j->set->count;
    hg__meter meter;
    batch b = {.j = j, .item = hg__alloc((size_t)threads, sizeof *b.item, err)};
    if (!b.item) return HG_ERR_MEMORY;
    j->skipped = 0;
    hg__meter_start(&meter, j->listener, j->only_loads ? "reading good parts" : "judging", "images",
                    count);
    int code = HG_OK;
    for (; code == HG_OK && b.first < count; b.first += threads) {
        const int32_t size = hg__min(threads, count - b.first);
        hg__pool_run(j->pool, load_one, &b, size);
        code = take_batch(j, &b, size, &meter, err);
    }
    hg__meter_end(&meter);
    hg__free(b.item);
    return code;
}
