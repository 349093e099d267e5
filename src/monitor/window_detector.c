// SPDX-License-Identifier: Apache-2.0
// window_detector.c - the detectors of windows that a recording has, and windows of training for them.
#include "monitor/window_detector.h"

#include <stdio.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"

static const char prefix[] = "detector."; // of parts
enum { MOST_LENGTH = 2048, SPECTRUM_LEAST = 16, SPECTRUM_MOST = 128 };

static const struct {
    const hg__window_detector_type *type;
    const char *name, *title;
    int32_t times, every;
    bool is_normalised, is_prompt;
    float weight[HG_SIGNAL_KINDS];
} table[HG_WINDOW_DETECTORS] = {
#define DETECTOR(name, type, title, times, every, is_normalised, is_prompt, ...) \
 {&hg__window_##type, #name, title, times, every, is_normalised, is_prompt, {__VA_ARGS__}},
#include "monitor/window_detectors.def"
#undef DETECTOR
};

int hg__window_detectors_parse(const char *names, uint32_t *rows, hg_error *err) {
    *rows = 0;
    if (strcmp(names, "auto") == 0) return HG_OK;
    while (*names) {
        const size_t size = strcspn(names, ",");
        int32_t row = 0;
        while (row < HG_WINDOW_DETECTORS &&
               (strlen(table[row].name) != size || memcmp(table[row].name, names, size) != 0)) {
            row++;
        }
        if (row == HG_WINDOW_DETECTORS) {
            char known[400] = "";
            for (int32_t i = 0, at = 0; i < HG_WINDOW_DETECTORS; i++) {
                at += snprintf(known + at, sizeof known - (size_t)at, ", %s", table[i].name);
            }
            return hg__fail(err, HG_ERR_USAGE, "detectors: expected auto%s, got '%.*s'", known,
                            (int)hg__min_64((int64_t)size, 100), names);
        }
        *rows |= UINT32_C(1) << row;
        names += size;
        names += *names == ',';
    }
    return HG_OK;
}

const char *hg__window_detector_name(int32_t row) {
    return table[row].name;
}

const char *hg__window_detector_title(int32_t row) {
    return table[row].title;
}

static int32_t to_power(int32_t length) {
    int32_t power = 4;
    while (2 * power <= length) power *= 2;
    return power;
}

bool hg__window_detector_suits(int32_t row, const hg__signal *s) {
    return !table[row].type->suits || table[row].type->suits(s);
}

// Named ones count the same; else as suits the kind. An imported network is scored by its error alone.
static float weight_of(int32_t row, const hg__signal *s) {
    if (!hg__window_detector_suits(row, s)) return 0;
    if (s->is_plain && row != HG_DETECTOR_autoencoder) return 0;
    if (s->detectors == 0 || s->is_plain) return table[row].weight[s->kind];
    return s->detectors >> row & 1 ? 1.0F : 0.0F;
}

// A power of two for spectra; else so many times N, as far as training had it.
static int32_t length_of(int32_t times, int32_t every, const hg__signal *s) {
    const int64_t most = hg__min_64(MOST_LENGTH, hg__min_64(s->longest / 6, INT32_MAX));
    if (times == 1) return s->length;
    int32_t length = SPECTRUM_LEAST;
    if (times == 0) {
        while (length < SPECTRUM_MOST && 12 * (int64_t)(2 * length) <= s->longest) length *= 2;
        return length;
    }
    length = (int32_t)hg__min_64(times * (int64_t)s->length, most);
    if (length < s->length) length = s->length;
    return length / every * every;
}

static void hide(hg__window_detector *d, const hg__signal *s) {
    int32_t first, end;
    d->hiding = s->hiding;
    d->view = hg__hiding_view(&d->hiding, d->view);
    if (d->hiding.kind != HG_HIDE_NEXT) return;
    hg__hiding_steps(&d->hiding, d->view.length / d->view.every, 0, &first, &end);
    d->first = first * d->view.every;
}

hg__window_detector hg__window_detector_make(int32_t row, const hg__signal *s, hg__pool *pool) {
    const bool is_network = row == HG_DETECTOR_autoencoder;
    hg__window_detector d = {.type = table[row].type,
                             .name = table[row].name,
                             .view = hg__signal_view(s),
                             .weight = weight_of(row, s),
                             .is_prompt = table[row].is_prompt || s->kind == HG_SIGNAL_SOUND,
                             .usual.spread = 1,
                             .pool = pool};
    const bool is_beside = s->beside >> row & 1 && hg__window_detector_suits(row, s);
    d.is_there = is_network || d.weight > 0 || is_beside; // a network explains
    d.speaks_alone = d.type->speaks_alone && s->detectors == 0;
    if (!is_network) {
        d.view.every = table[row].every;
        d.view.is_normalised = table[row].is_normalised && s->kind == HG_SIGNAL_PULSES;
        d.view.length = length_of(table[row].times, table[row].every, s);
        if (d.type->takes_power) d.view.length = to_power(d.view.length);
    }
    if (is_network) hide(&d, s);
    d.width = hg__window_width(&d.view);
    // what raises no alarms is not waited for
    const int64_t stride = s->stride * (d.is_prompt ? 1 : 2);
    d.stride = hg__max(1, (int32_t)((int64_t)d.view.length * stride / s->length));
    if (d.type->is_of_end) d.stride = 1;
    d.stride = hg__min(d.stride, d.view.length - d.first); // no step between what windows say
    return d;
}

void hg__window_detector_clear(hg__window_detector *d) {
    if (d->type) d->type->free(d->state);
    *d = (hg__window_detector){0};
}

void hg__window_detector_part(const hg__window_detector *d, const char *what,
                              char name[HG_PART_NAME]) {
    snprintf(name, HG_PART_NAME, "%s%s%s%s", prefix, d->name, *what ? "." : "", what);
}

int hg__window_detector_save_usual(const hg__window_detector *d, hg_model *m, hg_error *err) {
    char name[HG_PART_NAME];
    hg__window_detector_part(d, "usual", name);
    return hg__model_keep_part(m, name, HG_F32, HG_USUAL_SHARES + 1, 0, &d->usual, err);
}

int hg__window_detector_load_usual(hg__window_detector *d, const hg_model *m, const char *where,
                                   hg_error *err) {
    const hg__tensor *part;
    char name[HG_PART_NAME];
    hg__window_detector_part(d, "usual", name);
    HG_TRY(hg__model_take_numbers(m, name, HG_USUAL_SHARES + 1, 0, where, &part, err));
    memcpy(&d->usual, part->data, sizeof d->usual);
    bool rises = d->usual.spread > 0;
    for (int32_t k = 1; k < HG_USUAL_SHARES; k++) {
        rises = rises && d->usual.at[k] >= d->usual.at[k - 1];
    }
    if (rises) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected rising numbers and a spread above 0",
                    where, name);
}

// ---- windows of training ------------------------------------------------------------------------

static int64_t steps_of(const hg__time_list *l) {
    int64_t steps = 0;
    for (int64_t i = 0; i < l->count; i++) steps += l->block[i].end - l->block[i].first;
    return steps;
}

int64_t hg__window_starts(const hg__window_detector *d, const hg__window_data *data, int64_t most,
                          int64_t **start, hg_error *err) {
    const hg__time_list *l = data->blocks;
    const int64_t every = hg__ceil_div_64(steps_of(l) + 1, most);
    const int64_t room = steps_of(l) / every + l->count;
    int64_t count = 0;
    *start = hg__alloc((size_t)room, sizeof **start, err);
    if (!*start) return HG_ERR_MEMORY;
    for (int64_t i = 0; i < l->count; i++) {
        const hg__time_block *b = &l->block[i];
        const int64_t n = hg__windows_find(data->samples, b->first, b->end, d->view.length, every,
                                           *start + count, room - count, err);
        if (n < 0) return n;
        count += n;
    }
    return count;
}

int hg__window_walk_init(hg__window_walk *w, const hg__window_data *data,
                         const hg__window_detector *d, int64_t most, hg_error *err) {
    *w = (hg__window_walk){.data = data, .view = d->view};
    const size_t room = (size_t)d->view.length * (size_t)d->view.channels;
    w->x = hg__alloc(HG_WINDOWS_AT_ONCE, room * sizeof *w->x, err);
    w->count = w->x ? hg__window_starts(d, data, most, &w->start, err) : HG_ERR_MEMORY;
    const int code = w->count < 0 ? (int)w->count : HG_OK;
    if (code < 0) hg__window_walk_clear(w);
    return code;
}

void hg__window_walk_clear(hg__window_walk *w) {
    hg__free(w->start);
    hg__free(w->x);
    *w = (hg__window_walk){0};
}

int32_t hg__window_walk_next(hg__window_walk *w, hg_error *err) {
    const size_t width = (size_t)hg__window_width(&w->view);
    const int32_t count = (int32_t)hg__min_64(w->count - w->at, HG_WINDOWS_AT_ONCE);
    for (int32_t i = 0; i < count; i++) {
        float *x =
            w->x + (size_t)i * width; // read there and seen there: no window before it is touched
        HG_TRY(hg__samples_read(w->data->samples, w->start[w->at + i], w->view.length, x, err));
        hg__window_see(&w->view, x, x);
    }
    w->at += count;
    return count;
}

hg__seen_windows hg__window_walk_seen(const hg__window_walk *w, int32_t count) {
    return (hg__seen_windows){w->x, (size_t)hg__window_width(&w->view), count};
}
