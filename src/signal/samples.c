// SPDX-License-Identifier: Apache-2.0
// samples.c - a recording held, in memory or on disk.
#include "signal/samples.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "array/sink.h"
#include "base/int.h"
#include "base/mem.h"

static int begin_stretch(hg__samples *s, int64_t step, hg_error *err) {
    if (s->stretches && s->first[s->stretches - 1] == step) return HG_OK;
    int64_t *grown = hg__grow(s->first, (size_t)s->stretches + 2, sizeof *grown, err);
    if (!grown) return HG_ERR_MEMORY;
    s->first = grown;
    s->first[s->stretches++] = step;
    return HG_OK;
}

// What is read, and of it what is held.
typedef struct reading {
    hg__recording *from;
    const int32_t *pick; // (channels); NULL: all
    hg__sink sink;
} reading;

// Step i of a block as it is held.
static void copy_step(hg__samples *s, const reading *r, const hg__steps *from, int32_t i,
                      float *to) {
    const float *value = from->value + (size_t)i * (size_t)r->from->channels;
    const bool is_hidden = from->label && from->label[i];
    s->labelled += is_hidden;
    for (int32_t c = 0; c < s->channels; c++) {
        to[c] = is_hidden ? NAN : value[r->pick ? r->pick[c] : c];
        s->missing += !is_hidden && isnan(to[c]);
    }
}

// Steps i .. i + n - 1 of a block, into room for them.
static int take_piece(hg__samples *s, reading *r, const hg__steps *from, int32_t i, int32_t n,
                      float *to, hg_error *err) {
    const size_t C = (size_t)s->channels, bytes = (size_t)n * C * sizeof *to;
    for (int32_t k = 0; k < n; k++) {
        const int64_t step = s->steps + i + k;
        if (from->begins[i + k] || step == 0) HG_TRY(begin_stretch(s, step, err));
        copy_step(s, r, from, i + k, to + (size_t)k * C);
    }
    hg__sink_commit(&r->sink, (size_t)n);
    s->data.fingerprint =
        s->data.fingerprint * 0x100000001B3ULL ^ hg__hash_bytes((char *)to, bytes);
    return HG_OK;
}

// Of a block's steps those that are for training.
static int32_t count_steps(const hg__recording *r, const hg__steps *from) {
    int32_t count = 0;
    if (r->train_rows <= 0) return from->count;
    while (count < from->count && from->row[count] < r->train_rows) count++;
    return count;
}

static int take(hg__samples *s, reading *r, const hg__steps *from, hg_error *err) {
    void *to = NULL;
    size_t room = 0;
    const int32_t count = count_steps(r->from, from);
    for (int32_t i = 0; i < count;) {
        HG_TRY(hg__sink_reserve(&r->sink, &to, &room, err));
        const int32_t n = (int32_t)hg__min_64((int64_t)room, count - i);
        HG_TRY(take_piece(s, r, from, i, n, to, err));
        i += n;
    }
    s->steps += count;
    return HG_OK;
}

static int take_all(hg__samples *s, reading *r, hg_error *err) {
    hg__steps steps;
    int more;
    while ((more = hg__recording_next(r->from, &steps, err)) > 0) {
        HG_TRY(take(s, r, &steps, err));
    }
    HG_TRY(more);
    if (s->steps == 0) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at least one step, got none",
                        r->from->path);
    }
    s->first[s->stretches] = s->steps;
    return hg__sink_finish(&r->sink, &s->data, err);
}

int hg__samples_load(hg__samples *s, hg__recording *r, const int32_t *pick, int32_t channels,
                     size_t memory, hg_error *err) {
    reading read = {.from = r, .pick = pick};
    *s = (hg__samples){.channels = pick ? channels : r->channels, .data.fd = -1};
    hg__data *d = &s->data;
    snprintf(d->path, sizeof d->path, "%s", r->path);
    d->width = s->channels;
    d->shape = (hg__shape){1, {s->channels}};
    d->dtype = HG_F32;
    d->scale = 1;
    HG_TRY(hg__sink_init(&read.sink, (size_t)s->channels * sizeof(float), memory, err));
    const int code = take_all(s, &read, err);
    hg__sink_clear(&read.sink);
    if (code < 0) hg__samples_clear(s);
    return code;
}

void hg__samples_clear(hg__samples *s) {
    if (s->channels) hg__data_release(&s->data);
    hg__free(s->first);
    *s = (hg__samples){0};
}

int hg__samples_read(const hg__samples *s, int64_t first, int64_t count, float *to, hg_error *err) {
    return hg__data_read(&s->data, first, count, to, err);
}
