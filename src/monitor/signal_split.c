// SPDX-License-Identifier: Apache-2.0
// signal_split.c - which windows are learned and which are held out.
#include "monitor/signal_split.h"

#include "base/int.h"
#include "base/mem.h"

// A stretch has a block of each fold; a long one three of each. Few, for what comes later differs more from a recording than its blocks from
// each other.
enum { LONG = 50000, OF_LONG = 3 };

void hg__signal_split_clear(hg__signal_split *p) {
    hg__free(p->start);
    hg__free(p->blocks.block);
    hg__free(p->learned.block);
    *p = (hg__signal_split){0};
}

static int add_block(hg__time_list *l, hg__time_block block, hg_error *err) {
    hg__time_block *grown = hg__grow(l->block, (size_t)l->count + 1, sizeof *grown, err);
    if (!grown) return HG_ERR_MEMORY;
    l->block = grown;
    l->block[l->count++] = block;
    return HG_OK;
}

// Into blocks of two windows at least, of which the last is of fold 0.
static int cut_stretch(hg__time_list *l, hg__time_block stretch, int32_t length, int32_t folds,
                       hg_error *err) {
    const int64_t steps = stretch.end - stretch.first, two = 2 * (int64_t)length;
    const int64_t most = folds > 0 ? folds * (steps > LONG ? OF_LONG : 1) : 1;
    const int64_t size = steps / most > two ? steps / most : two;
    const int64_t blocks = hg__min_64(most, steps / size);
    if (blocks < 2 || folds == 0) {
        stretch.fold = HG_NO_FOLD;
        return add_block(l, stretch, err);
    }
    for (int64_t b = 0; b < blocks; b++) {
        const int64_t first = stretch.first + b * size;
        const bool is_last = b == blocks - 1;
        const hg__time_block block = {first, is_last ? stretch.end : first + size,
                                      (int32_t)((blocks - 1 - b) % folds), b == 0};
        HG_TRY(add_block(l, block, err));
    }
    return HG_OK;
}

// Of many short stretches, machines or days, whole ones; of sound too, whose stretches are clips.
static int cut(hg__time_list *l, const hg__samples *s, int32_t length, int32_t folds, bool is_whole,
               hg_error *err) {
    for (int64_t k = 0; k < s->stretches; k++) {
        hg__time_block stretch = {s->first[k], s->first[k + 1], HG_NO_FOLD, true};
        const bool is_short = is_whole || stretch.end - stretch.first < 4 * (int64_t)length;
        if (is_short && folds > 0 && s->stretches >= folds) {
            stretch.fold = (int32_t)((s->stretches - 1 - k) % folds);
            HG_TRY(add_block(l, stretch, err));
        } else {
            HG_TRY(cut_stretch(l, stretch, length, folds, err));
        }
    }
    return HG_OK;
}

static int list(const hg__signal_split *p, int32_t fold, bool is_of, hg__time_list *l,
                hg_error *err) {
    for (int64_t b = 0; b < p->blocks.count; b++) {
        const hg__time_block *block = &p->blocks.block[b];
        hg__time_block *last = l->count ? &l->block[l->count - 1] : NULL;
        if ((block->fold == fold) != is_of) continue;
        if (last && !is_of && last->end == block->first && !block->begins) {
            last->end = block->end;
        } else {
            HG_TRY(add_block(l, *block, err));
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

int hg__signal_split_list(const hg__signal_split *p, int32_t fold, bool is_of, hg__time_list *l,
                          hg_error *err) {
    *l = (hg__time_list){0};
    const int code = list(p, fold, is_of, l, err);
    if (code == HG_OK) return HG_OK;
    hg__free(l->block);
    *l = (hg__time_list){0};
    return code;
}

static int take_windows(hg__signal_split *p, const hg__time_list *out, const hg__samples *s,
                        int32_t length, int64_t most, hg_error *err) {
    const int64_t every = hg__ceil_div_64(steps_of(&p->learned) + 1, most);
    const int64_t apart = hg__ceil_div_64(steps_of(out) + 1, most / 4), half = length / 2;
    const int64_t stride = apart > half ? apart : half;
    const int64_t room = steps_of(&p->learned) / every + p->learned.count;
    const int64_t others = steps_of(out) / stride + out->count;
    p->start = hg__alloc((size_t)(room + others), sizeof *p->start, err);
    if (!p->start) return HG_ERR_MEMORY;
    p->trained = find(&p->learned, s, length, every, p->start, room, err);
    if (p->trained < 0) return (int)p->trained;
    p->held = find(out, s, length, stride, p->start + p->trained, others, err);
    if (p->held < 0) return (int)p->held;
    if (p->trained > 0) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected windows of %d steps to learn from, got none",
                    s->data.path, length);
}

static int split(hg__signal_split *p, const hg__samples *s, const hg__signal *d, int64_t most,
                 hg_error *err) {
    hg__time_list out = {0};
    const int32_t length = hg__signal_view(d).length;
    HG_TRY(cut(&p->blocks, s, length, p->folds, d->kind == HG_SIGNAL_SOUND, err));
    HG_TRY(hg__signal_split_list(p, 0, false, &p->learned, err));
    HG_TRY(hg__signal_split_list(p, 0, true, &out, err));
    const int code = take_windows(p, &out, s, length, most, err);
    if (out.count == 0) p->folds = 0;
    hg__free(out.block);
    return code;
}

int hg__signal_split_init(hg__signal_split *p, const hg__samples *s, const hg__signal *d,
                          double share, int64_t most, hg_error *err) {
    const int32_t folds = share > 0 ? (int32_t)(1 / share + 0.5) : 0;
    *p = (hg__signal_split){.folds = folds == 1 ? 2 : folds};
    const int code = split(p, s, d, most, err);
    if (code < 0) hg__signal_split_clear(p);
    return code;
}
