// SPDX-License-Identifier: Apache-2.0
// signal_split.c - which windows are learned and which are held out.
#include "monitor/signal_split.h"

#include "base/int.h"
#include "base/mem.h"

enum { BLOCKS = 10 }; // that a stretch is cut into, if each has two windows then

void hg__signal_split_clear(hg__signal_split *p) {
    hg__free(p->start);
    hg__free(p->learned.block);
    hg__free(p->out.block);
    *p = (hg__signal_split){0};
}

static int add_block(hg__time_list *l, int64_t first, int64_t end, hg_error *err) {
    hg__time_block *grown = hg__grow(l->block, (size_t)l->count + 1, sizeof *grown, err);
    if (!grown) return HG_ERR_MEMORY;
    l->block = grown;
    l->block[l->count++] = (hg__time_block){first, end};
    return HG_OK;
}

// Every `nth` block of the stretch first .. end - 1, the last among them.
static int cut_stretch(hg__time_list *learned, hg__time_list *held, hg__time_block stretch, int32_t length,
                       int64_t nth, hg_error *err) {
    const int64_t steps = stretch.end - stretch.first, two = 2 * (int64_t)length;
    const int64_t tenth = hg__ceil_div_64(steps, BLOCKS > nth ? BLOCKS : nth);
    const int64_t size = tenth > two ? tenth : two, blocks = steps / size;
    int64_t from = stretch.first;
    for (int64_t b = 0; b < blocks && blocks > 1 && nth > 0; b++) {
        if ((blocks - 1 - b) % nth != 0) continue;
        const int64_t first = stretch.first + b * size;
        const int64_t end = b == blocks - 1 ? stretch.end : first + size;
        if (first > from) HG_TRY(add_block(learned, from, first, err));
        HG_TRY(add_block(held, first, end, err));
        from = end;
    }
    return from < stretch.end ? add_block(learned, from, stretch.end, err) : HG_OK;
}

// Of many short stretches, machines or days, whole ones.
static int cut(hg__time_list *learned, hg__time_list *held, const hg__samples *s, int32_t length,
               int64_t nth, hg_error *err) {
    for (int64_t k = 0; k < s->stretches; k++) {
        const hg__time_block stretch = {s->first[k], s->first[k + 1]};
        const bool is_short = stretch.end - stretch.first < 4 * (int64_t)length;
        const bool is_whole = is_short && s->stretches >= nth && nth > 0;
        if (is_whole && k % nth == nth - 1) {
            HG_TRY(add_block(held, stretch.first, stretch.end, err));
        } else {
            HG_TRY(cut_stretch(learned, held, stretch, length, is_whole ? 0 : nth, err));
        }
    }
    return HG_OK;
}

// start NULL: only counts.
static int64_t find(const hg__time_list *l, const hg__samples *s, int32_t length, int64_t stride,
                    int64_t *start, int64_t room, hg_error *err) {
    int64_t count = 0;
    for (int64_t i = 0; i < l->count; i++) {
        const hg__time_block *b = &l->block[i];
        const int64_t left = room > count ? room - count : 0;
        const int64_t n =
            hg__windows_find(s, b->first, b->end, length, stride,
                             start ? start + hg__min_64(count, room) : NULL, left, err);
        if (n < 0) return n;
        count += n;
    }
    return count;
}

static int64_t steps_of(const hg__time_list *l) {
    int64_t steps = 0;
    for (int64_t i = 0; i < l->count; i++) steps += l->block[i].end - l->block[i].first;
    return steps;
}

static int take_windows(hg__signal_split *p, const hg__time_list *learned, const hg__time_list *held,
                        const hg__samples *s, const hg__signal *d, int64_t most, hg_error *err) {
    const int64_t every = hg__ceil_div_64(steps_of(learned), most);
    const int64_t apart = hg__ceil_div_64(steps_of(held), most / 4);
    const int64_t stride = apart > d->length / 2 ? apart : d->length > 2 ? d->length / 2 : 1;
    const int64_t room = steps_of(learned) / every + learned->count,
                  others = steps_of(held) / stride + held->count;
    p->start = hg__alloc((size_t)(room + others), sizeof *p->start, err);
    if (!p->start) return HG_ERR_MEMORY;
    p->trained = find(learned, s, d->length, every, p->start, room, err);
    if (p->trained < 0) return (int)p->trained;
    p->held = find(held, s, d->length, stride, p->start + p->trained, others, err);
    if (p->held < 0) return (int)p->held;
    if (p->trained > 0) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected windows of %d steps to learn from, got none",
                    s->data.path, d->length);
}

int hg__signal_split_init(hg__signal_split *p, const hg__samples *s, const hg__signal *d,
                          double share, int64_t most, hg_error *err) {
    const int64_t nth = share > 0 ? (int64_t)(1 / share + 0.5) : 0;
    *p = (hg__signal_split){0};
    int code = cut(&p->learned, &p->out, s, d->length, nth == 1 ? 2 : nth, err);
    if (code == HG_OK) code = take_windows(p, &p->learned, &p->out, s, d, most, err);
    if (code < 0) hg__signal_split_clear(p);
    return code;
}
