// SPDX-License-Identifier: Apache-2.0
// judge_parts.c - pictures loaded in batches, judged one by one.
#include "jobs/judge_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/show.h"

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

int hg__piece_parse(const char *text, const char *option, hg__crop *to, hg_error *err) {
    enum { MOST = 1 << 15 };
    static const char between[] = {'x', '+', '+'};
    int32_t x[4] = {0};
    const char *at = text;
    int count = 0;
    for (; count < 4; count++) {
        if (count && *at != between[count - 1]) break;
        at += count > 0;
        const char *first = at;
        for (; *at >= '0' && *at <= '9' && x[count] <= MOST; at++) {
            x[count] = 10 * x[count] + *at - '0';
        }
        if (at == first) break;
    }
    const bool is_whole = *at == '\0' && (count == 2 || count == 4);
    if (is_whole && x[0] > 0 && x[1] > 0 &&
        hg__max(hg__max(x[0], x[1]), hg__max(x[2], x[3])) <= MOST) {
        *to = (hg__crop){.left = x[2], .top = x[3], .width = x[0], .height = x[1]};
        return HG_OK;
    }
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected WxH+X+Y in pixels, as 640x480 or 200x100+40+30, up to %d, got "
                    "'%.40s'",
                    option, MOST, text);
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

// ---- pictures in hand ---------------------------------------------------------------------------

// What is in hand takes so many floats a pixel at most.
enum { NUMBERS = 6 };

typedef struct slot {
    hg__inspected r;
    int32_t part;
    int code;
    hg_error err;
} slot;

typedef struct batch {
    hg__judging *j;
    slot slot[HG_JUDGED_AT_ONCE];
    int32_t count;
    size_t largest; // pixels of a frame and of a picture's map, of all so far
    hg__meter meter;
} batch;

static void load_one(void *context, int32_t task, int32_t thread) {
    const hg__judging *j = ((batch *)context)->j;
    slot *s = &((batch *)context)->slot[task];
    char path[PATH];
    (void)thread;
    s->code = hg__part_path(j->set, s->part, path, sizeof path, &s->err);
    if (s->code < 0) return;
    if (j->only_loads) {
        s->code = hg__part_load(hg__inspector_view(j->inspector), path, &s->r.picture, &s->r.where,
                                &s->err);
    } else {
        s->code =
            hg__inspector_load(j->inspector, path, j->set->part[s->part].pair, &s->r, &s->err);
    }
}

static void run_beside(void *context, int32_t task, int32_t thread) {
    const hg__judging *j = ((batch *)context)->j;
    slot *s = &((batch *)context)->slot[task];
    (void)thread;
    s->code = j->beside(j->context, task, s->part, &s->r, &s->err);
}

static int fail_as(const slot *s, hg_error *err) {
    if (err) *err = s->err;
    return s->code;
}

// What cannot be read is left out where on_bad=skip says so.
static int leave_out(hg__judging *j, const slot *s, hg_error *err) {
    const bool is_its_own = s->code == HG_ERR_DATA || s->code == HG_ERR_IO;
    if (!j->skips || !is_its_own) return fail_as(s, err);
    hg__tell_detail(j->listener, s->err.message);
    if (j->skipped++ == 0) {
        snprintf(j->first_skipped, sizeof j->first_skipped, "%s", s->err.message);
    }
    return HG_OK;
}

// So many pictures as fit into the memory; of the first nobody knows how large it is.
static int32_t lanes(const batch *b) {
    const size_t bytes = NUMBERS * sizeof(float) * b->largest;
    const size_t fit = bytes ? b->j->memory / bytes : 1;
    return fit > HG_JUDGED_AT_ONCE ? HG_JUDGED_AT_ONCE : fit ? (int32_t)fit : 1;
}

// Of a frame and of a picture's map.
static size_t numbers_of(const hg__judging *j, const hg__part_geometry *g) {
    const size_t frame = (size_t)g->frame_height * (size_t)g->frame_width;
    const bool is_large = j->has_large_maps || (j->beside && g->is_aligned);
    return frame + (is_large ? (size_t)g->height * (size_t)g->width : 0);
}

static void count_size(batch *b, const hg__part_geometry *g) {
    const size_t all = numbers_of(b->j, g);
    b->largest = all > b->largest ? all : b->largest;
}

// How many of `most` pictures from `first` on may be in hand together. What a header does not tell, loading will.
static int32_t count_together(const hg__judging *j, int32_t first, int32_t most, hg_error *err) {
    const hg__part_view *view = hg__inspector_view(j->inspector);
    size_t left = j->memory;
    int32_t count = 0;
    for (; count < most; count++) {
        char path[PATH];
        hg__part_geometry g;
        hg_error why = {0};
        HG_TRY(hg__part_path(j->set, first + count, path, sizeof path, err));
        if (hg__part_measure(view, path, &g, &why) < 0) continue;
        const size_t bytes = NUMBERS * sizeof(float) * numbers_of(j, &g);
        if (bytes > left && count > 0) break;
        left -= bytes < left ? bytes : left;
    }
    return count;
}

static int load(batch *b, int32_t first, int32_t count, hg_error *err) {
    int32_t kept = 0;
    for (int32_t k = 0; k < count; k++) b->slot[k].part = first + k;
    b->count = count; // after a failure all are to be cleared
    hg__pool_run(b->j->pool, load_one, b, count);
    for (int32_t k = 0; k < count; k++) {
        slot *s = &b->slot[k];
        if (s->code < 0) {
            HG_TRY(leave_out(b->j, s, err));
            hg__meter_add(&b->meter, 1);
            continue;
        }
        if (kept < k) { // closes up
            b->slot[kept] = *s;
            s->r = (hg__inspected){0};
        }
        count_size(b, &b->slot[kept++].r.where);
    }
    b->count = kept;
    return HG_OK;
}

static int judge(batch *b, hg_error *err) {
    hg__judging *j = b->j;
    for (int32_t k = 0; k < b->count; k++) {
        if (hg__meter_is_stopped(&b->meter)) {
            return hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request after %d of %d pictures",
                            j->name, j->taken, j->set->count);
        }
        if (!j->only_loads) HG_TRY(hg__inspector_run(j->inspector, &b->slot[k].r, false, err));
        hg__meter_add(&b->meter, 1);
    }
    if (j->beside) hg__pool_run(j->pool, run_beside, b, b->count);
    for (int32_t k = 0; k < b->count; k++) {
        slot *s = &b->slot[k];
        if (s->code < 0) return fail_as(s, err);
        HG_TRY(j->each(j->context, k, s->part, &s->r, err));
        hg__inspected_clear(&s->r);
        s->r = (hg__inspected){0};
        j->taken++;
    }
    return HG_OK;
}

// ---- all of them --------------------------------------------------------------------------------

int hg__judge_parts(hg__judging *j, hg_error *err) {
    const int32_t pictures = j->set->count;
    batch *b = hg__alloc(1, sizeof *b, err);
    if (!b) return HG_ERR_MEMORY;
    b->j = j;
    j->taken = j->skipped = 0;
    hg__meter_start(&b->meter, j->listener, j->only_loads ? "reading good parts" : "judging",
                    "pictures", pictures);
    int code = HG_OK;
    for (int32_t i = 0; code == HG_OK && i < pictures;) {
        const int32_t most = hg__min(lanes(b), pictures - i);
        const int32_t count = most > 1 ? count_together(j, i, most, err) : most;
        code = count < 0 ? count : load(b, i, count, err);
        if (code == HG_OK) code = judge(b, err);
        i += count;
    }
    hg__meter_end(&b->meter);
    for (int32_t k = 0; k < b->count; k++) hg__inspected_clear(&b->slot[k].r);
    hg__free(b);
    return code;
}

int hg__judge_some(hg__judging *j, hg_error *err) {
    HG_TRY(hg__judge_parts(j, err));
    if (j->skipped) {
        hg__judge_note(j->listener, "%d pictures were left out (on_bad=skip), first: %s",
                       j->skipped, j->first_skipped);
    }
    if (j->taken > 0) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected pictures that can be read, got none: %s",
                    j->name, j->first_skipped);
}
