// SPDX-License-Identifier: Apache-2.0
// recording_held.c - rows of mixed groups held in memory, and given group after group.
#include "signal/recording_held.h"

#include <string.h>

#include "base/mem.h"

enum { HELD = 1 << 27, FIRST = 4096 }; // bytes at most; rows to begin with

static void clear_raw(hg__raw *raw) {
    hg__free(raw->value);
    hg__free(raw->time);
    hg__free(raw->label);
    hg__free(raw->at);
    hg__free(raw->row);
    hg__free(raw->text);
    *raw = (hg__raw){0};
}

void hg__held_rows_clear(hg__held_rows *h) {
    clear_raw(&h->raw);
    hg__free(h->group);
    hg__free(h->order);
    *h = (hg__held_rows){0};
}

static bool grow_to(void *pointer, size_t rows, size_t size, hg_error *err) {
    void *old, *grown;
    memcpy(&old, pointer, sizeof old);
    grown = hg__grow(old, rows, size, err);
    if (grown) memcpy(pointer, &grown, sizeof grown);
    return grown != NULL;
}

static int grow(hg__held_rows *h, size_t rows, hg_error *err) {
    hg__raw *raw = &h->raw;
    const size_t width = (size_t)h->channels * sizeof *raw->value;
    const bool done = grow_to(&raw->value, rows, width, err) &&
                      grow_to(&raw->time, rows, sizeof *raw->time, err) &&
                      grow_to(&raw->label, rows, sizeof *raw->label, err) &&
                      grow_to(&raw->at, rows, sizeof *raw->at, err) &&
                      grow_to(&raw->row, rows, sizeof *raw->row, err) &&
                      grow_to(&h->group, rows, sizeof *h->group, err);
    if (done) raw->room = (int32_t)rows;
    return done ? HG_OK : HG_ERR_MEMORY;
}

int hg__held_rows_reserve(hg__held_rows *h, int32_t channels, hg_error *err) {
    hg__raw *raw = &h->raw;
    h->channels = channels;
    if (!h->is_too_much && raw->count == raw->room) {
        const size_t rows = raw->room ? 2 * (size_t)raw->room : FIRST;
        const size_t each = (size_t)channels * sizeof *raw->value + 2 * sizeof *raw->time +
                            sizeof *raw->at + sizeof *h->group + sizeof *h->order + 1;
        if (rows <= (HELD - raw->used) / each) return grow(h, rows, err);
        hg__held_rows_clear(h);
        h->is_too_much = true;
    }
    if (!h->is_too_much) raw->label[raw->count] = 0;
    return HG_OK;
}

void hg__held_rows_add(hg__held_rows *h, int32_t group, int64_t row) {
    h->raw.row[h->raw.count] = row;
    h->group[h->raw.count++] = group;
}

// start (groups + 2), of zeros.
static void sort(hg__held_rows *h, int32_t groups, int32_t *start) {
    const int32_t count = h->raw.count;
    for (int32_t i = 0; i < count; i++) start[h->group[i] + 2]++;
    for (int32_t g = 0; g < groups; g++) start[g + 1] += start[g];
    for (int32_t i = 0; i < count; i++) h->order[start[h->group[i] + 1]++] = i;
}

int hg__held_rows_sort(hg__held_rows *h, int32_t groups, hg_error *err) {
    int32_t *start = hg__alloc((size_t)groups + 2, sizeof *start, err);
    if (!start) return HG_ERR_MEMORY;
    h->order = hg__alloc((size_t)h->raw.count + 1, sizeof *h->order, err);
    if (h->order) sort(h, groups, start);
    hg__free(start);
    return h->order ? HG_OK : HG_ERR_MEMORY;
}

int hg__held_rows_next(hg__held_rows *h, bool has_when, hg__raw *to, hg_error *err) {
    const hg__raw *raw = &h->raw;
    const size_t C = (size_t)h->channels;
    for (; to->count < to->room && h->at < raw->count; to->count++, h->at++) {
        const int32_t i = h->order[h->at];
        const int32_t before = h->at ? h->order[h->at - 1] : -1;
        const size_t here = (size_t)to->count * C, there = (size_t)i * C;
        memcpy(to->value + here, raw->value + there, C * sizeof *to->value);
        to->time[to->count] = raw->time[i];
        to->label[to->count] = raw->label[i];
        to->row[to->count] = raw->row[i];
        to->begins[to->count] = before < 0 || h->group[before] != h->group[i];
        if (!has_when) continue;
        const char *text = raw->text + raw->at[i];
        HG_TRY(hg__raw_add_when(to, text, strlen(text), err));
    }
    return to->count;
}
