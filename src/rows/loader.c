// SPDX-License-Identifier: Apache-2.0
// loader.c - the next batch as pointers to rows.
//
// Rows in memory: the pointers are worked out in the caller's call, one batch ahead. Rows on disk: two slots. While the caller
// uses one, a thread fills the other:
//
//   caller   next() uses A ........... next() uses B ........... next() uses A
//   thread   ....... fills B ........   ....... fills A .......
//
// Rows that are made (crops, noise): two slots and no thread. Once the caller has one batch, the rows of the
// next are tasks that anybody may do (hg__loader_make); next() does what is left of them on the pool.
//
// `asked` and `filled` count batches since the epoch began; batch k lives in slot k % 2. The thread may fill
// batch k + 1 once the caller asked for batch k, that is, gave the slot of batch k - 1 back.
#include "rows/loader.h"

#include <pthread.h>
#include <string.h>

#include "backend/kernels.h"
#include "base/file.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/rng.h"

typedef struct slot {
    uint8_t *bytes;   // owned, (batch) rows; NULL where rows are in memory
    const void **row; // owned, (batch)
    int64_t *number;  // owned, (batch)
    // Where rows are made: `bytes` holds floats, and
    int32_t *draw;        // owned, (batch): which way to make the row
    uint8_t *done;        // owned, (batch): 1 once the row is made
    float *targets;       // owned, (batch, width), or NULL
    const float **target; // owned, (batch), or NULL
    int64_t first;        // place of the first in the epoch
    int32_t count;
    int code; // what reading it ended with
    hg_error err;
} slot;

struct hg__loader {
    hg__rows rows;
    int64_t total; // rows of an epoch
    int64_t draws; // of them, those made of one row; 1 but where rows are made
    size_t row_bytes;
    hg__shuffle order; // of this epoch
    int32_t batch;
    bool shuffled;
    bool makes;      // rows are made
    int64_t first;   // batches passed over at the start of this epoch
    int64_t batches; // of this epoch, after those
    int64_t next;    // the batch the caller gets next
    slot slot[2];

    hg__loader_options options;
    uint32_t epoch; // that rows are made for
    int64_t block;  // rows whose draws are mixed; 0 where a row comes once
    uint64_t seed;  // of this epoch's order
    uint32_t shuffle_epoch;
    bool is_ahead; // the rows of batch `next` may be made
    bool has_thread;
    float *scratch; // owned, (threads, scratch_stride)
    size_t scratch_stride;

    pthread_t thread;
    pthread_mutex_t lock; // guards everything below, and the epoch's fields while `reading`
    pthread_cond_t changed;
    int64_t asked;  // the batch the caller waits for or uses; its slot's twin is free
    int64_t filled; // batches read
    bool reading, hold, quit;
};

// Which row, by its place in an epoch, and which of its draws stand at position p. The rows of one block
// are shuffled, and the draws of the block among themselves: so a picture is decoded once an epoch, though not all fit
// into memory. Where they do there is one block.
static int64_t place_draw(const hg__loader *l, int64_t p, int32_t *draw) {
    const int64_t draws = l->draws, span = l->block * draws, block = p / span;
    int64_t first = block * l->block, inside = p % span;
    if (l->shuffled) {
        const int64_t left = l->total - block * span;
        const uint64_t key = l->seed ^ (uint64_t)(block + 1) * 0x9E3779B97F4A7C15ULL;
        const hg__shuffle own = hg__shuffle_init(key, HG_STREAM_SHUFFLE, l->shuffle_epoch,
                                                 (uint64_t)(left < span ? left : span));
        inside = (int64_t)hg__shuffle_at(&own, (uint64_t)inside);
    }
    *draw = (int32_t)(inside % draws);
    first += inside / draws;
    return l->shuffled ? (int64_t)hg__shuffle_at(&l->order, (uint64_t)first) : first;
}

static void number_row(const hg__loader *l, slot *s, int32_t i) {
    int64_t p = s->first + i;
    if (l->block > 0) {
        p = place_draw(l, p, &s->draw[i]);
    } else if (l->shuffled) {
        p = (int64_t)hg__shuffle_at(&l->order, (uint64_t)p);
    }
    s->number[i] = hg__rows_at(&l->rows, p);
}

// The rows of batch k of this epoch; those that are made are numbered then.
static void number_rows(const hg__loader *l, int64_t k, slot *s) {
    s->first = (l->first + k) * l->batch;
    const int64_t left = l->total - s->first;
    s->count = left < l->batch ? (int32_t)left : l->batch;
    if (l->makes) {
        memset(s->done, 0, (size_t)s->count);
        return;
    }
    for (int32_t i = 0; i < s->count; i++) number_row(l, s, i);
}

// Neighbouring rows are read together.
static int read_rows(const hg__loader *l, slot *s, hg_error *err) {
    for (int32_t i = 0, n; i < s->count; i += n) {
        for (n = 1; i + n < s->count && s->number[i + n] == s->number[i] + n;) n++;
        uint8_t *to = s->bytes + (size_t)i * l->row_bytes;
        HG_TRY(l->rows.source.read(l->rows.source.context, s->number[i], n, to, err));
    }
    return HG_OK;
}

static void *run(void *context) {
    hg__loader *l = context;
    pthread_mutex_lock(&l->lock);
    while (!l->quit) {
        if (l->hold || l->filled >= l->batches || l->filled > l->asked + 1) {
            pthread_cond_wait(&l->changed, &l->lock);
            continue;
        }
        l->reading = true;
        int64_t k = l->filled;
        pthread_mutex_unlock(&l->lock);
        slot *s = &l->slot[k & 1];
        number_rows(l, k, s);
        s->code = read_rows(l, s, &s->err);
        pthread_mutex_lock(&l->lock);
        l->reading = false;
        l->filled++;
        pthread_cond_broadcast(&l->changed);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}

// ---- rows that are made -------------------------------------------------------------------------

static int make_row(const hg__loader *l, slot *s, int32_t i, int32_t thread, hg_error *err) {
    const size_t at = (size_t)i * (size_t)l->rows.source.width;
    number_row(l, s, i);
    const hg__row_place place = {
        .row = s->number[i], .draw = s->draw[i], .epoch = l->epoch, .among = &l->rows};
    hg__row_room room = {.x = (float *)s->bytes + at,
                         .target = s->targets ? s->targets + at : NULL,
                         .scratch = l->scratch + (size_t)thread * l->scratch_stride};
    return hg__row_source_make(&l->rows.source, &place, &room, err);
}

// A row that fails is not done: the next call of next() makes it again and says why.
static void try_row(const hg__loader *l, slot *s, int32_t i, int32_t thread) {
    if (!s->done[i]) s->done[i] = make_row(l, s, i, thread, NULL) == HG_OK;
}

int32_t hg__loader_work(hg__loader *l) {
    return l->is_ahead ? l->slot[l->next & 1].count : 0;
}

void hg__loader_make(void *loader, int32_t task, int32_t thread) {
    hg__loader *l = loader;
    try_row(l, &l->slot[l->next & 1], task, thread);
}

static int finish_slot(hg__loader *l, slot *s, hg_error *err) {
    if (!l->is_ahead) number_rows(l, l->next, s);
    if (l->options.pool && memchr(s->done, 0, (size_t)s->count)) {
        hg__pool_run(l->options.pool, hg__loader_make, l, s->count);
    }
    for (int32_t i = 0; i < s->count; i++) {
        if (!s->done[i]) HG_TRY(make_row(l, s, i, 0, err));
        s->done[i] = 1;
    }
    return HG_OK;
}

static int make_scratch(hg__loader *l, hg_error *err) {
    const size_t threads = l->options.pool ? (size_t)hg__pool_threads(l->options.pool) : 1;
    l->scratch_stride = (l->rows.source.scratch + 15) / 16 * 16;
    l->scratch = hg__alloc(threads, l->scratch_stride * sizeof(float), err);
    return l->scratch ? HG_OK : HG_ERR_MEMORY;
}

// A loss reads targets in whole vectors, so the last row has a vector of room behind it.
static int fill_made_slot(const hg__loader *l, slot *s, hg_error *err) {
    const size_t batch = (size_t)l->batch, width = (size_t)l->rows.source.width;
    if (!(s->draw = hg__alloc(batch, sizeof *s->draw, err))) return HG_ERR_MEMORY;
    if (!(s->done = hg__alloc(batch, sizeof *s->done, err))) return HG_ERR_MEMORY;
    if (l->rows.source.has_target) {
        size_t numbers;
        if (!hg__multiply(batch, width, &numbers)) numbers = SIZE_MAX / 2;
        s->targets = hg__alloc(numbers + HG_LANES, sizeof *s->targets, err);
        if (!s->targets) return HG_ERR_MEMORY;
        if (!(s->target = hg__alloc(batch, sizeof *s->target, err))) return HG_ERR_MEMORY;
        for (size_t i = 0; i < batch; i++) s->target[i] = s->targets + i * width;
    }
    return HG_OK;
}

// ---- making and freeing -------------------------------------------------------------------------

static int fill_slot(const hg__loader *l, slot *s, hg_error *err) {
    size_t batch = (size_t)l->batch, bytes;
    if (!(s->row = hg__alloc(batch, sizeof *s->row, err))) return HG_ERR_MEMORY;
    if (!(s->number = hg__alloc(batch, sizeof *s->number, err))) return HG_ERR_MEMORY;
    if (l->makes) HG_TRY(fill_made_slot(l, s, err));
    if (l->rows.source.base && !l->makes) return HG_OK;
    if (!hg__multiply(batch, l->row_bytes, &bytes)) bytes = SIZE_MAX;
    if (!(s->bytes = hg__alloc(bytes, 1, err))) return HG_ERR_MEMORY;
    for (size_t i = 0; i < batch; i++) s->row[i] = s->bytes + i * l->row_bytes;
    return HG_OK;
}

static int prepare(hg__loader *l, hg_error *err) {
    bool on_disk = !l->rows.source.base && !l->makes;
    if (l->makes) HG_TRY(make_scratch(l, err));
    for (int i = 0; i < 2; i++) HG_TRY(fill_slot(l, &l->slot[i], err));
    if (!on_disk) return HG_OK;
    HG_TRY(hg__thread_start(&l->thread, run, l, err));
    l->has_thread = true;
    return HG_OK;
}

int64_t hg__loader_rows(const hg__loader *l) {
    return l->total;
}

// What this loader has to do, from the source and what it was told.
static void set_options(hg__loader *l, const hg__loader_options *options) {
    const hg__row_source *from = &l->rows.source;
    l->options = options ? *options : (hg__loader_options){.fixed = true};
    l->makes = from->make != NULL;
    l->draws = l->makes && from->draws > 1 ? from->draws : 1;
    l->total = l->rows.count * l->draws;
    l->block = l->makes && from->block > 0 ? from->block : l->draws > 1 ? l->rows.count : 0;
    l->row_bytes = (size_t)from->width * hg__dtype_size(from->dtype);
}

hg__loader *hg__loader_new(const hg__rows *rows, int32_t batch, const hg__loader_options *options,
                           hg_error *err) {
    if (batch < 1) {
        hg__fail(err, HG_ERR_USAGE, "batch: expected at least 1 row, got %d", batch);
        return NULL;
    }
    hg__loader *l = hg__alloc(1, sizeof *l, err);
    if (!l) return NULL;
    l->rows = *rows;
    set_options(l, options);
    l->batch = (int64_t)batch < l->total || l->total < 1 ? batch : (int32_t)l->total;
    pthread_mutex_init(&l->lock, NULL);
    pthread_cond_init(&l->changed, NULL);
    if (prepare(l, err) == HG_OK) return l;
    hg__loader_free(l);
    return NULL;
}

void hg__loader_free(hg__loader *l) {
    if (!l) return;
    if (l->has_thread) {
        pthread_mutex_lock(&l->lock);
        l->quit = true;
        pthread_cond_broadcast(&l->changed);
        pthread_mutex_unlock(&l->lock);
        pthread_join(l->thread, NULL);
    }
    pthread_cond_destroy(&l->changed);
    pthread_mutex_destroy(&l->lock);
    for (int i = 0; i < 2; i++) {
        hg__free(l->slot[i].bytes);
        hg__free(l->slot[i].row);
        hg__free(l->slot[i].number);
        hg__free(l->slot[i].draw);
        hg__free(l->slot[i].done);
        hg__free(l->slot[i].targets);
        hg__free(l->slot[i].target);
    }
    hg__free(l->scratch);
    hg__free(l);
}

void hg__loader_start(hg__loader *l, bool shuffle, uint64_t seed, int32_t epoch, int64_t skip) {
    pthread_mutex_lock(&l->lock);
    l->hold = true;
    while (l->reading) pthread_cond_wait(&l->changed, &l->lock);
    int64_t batches = l->total / l->batch + (l->total % l->batch != 0);
    l->shuffled = shuffle;
    l->seed = seed;
    l->shuffle_epoch = (uint32_t)epoch;
    l->order = hg__shuffle_init(seed, HG_STREAM_SHUFFLE, (uint32_t)epoch, (uint64_t)l->rows.count);
    l->first = skip < 0 ? 0 : skip < batches ? skip : batches;
    l->batches = batches - l->first;
    l->next = l->asked = l->filled = 0;
    l->epoch = l->options.fixed ? 0 : (uint32_t)epoch;
    l->is_ahead = false;
    l->hold = false;
    pthread_cond_broadcast(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

// Waits for batch k and lets the thread go on with the other slot.
static void await(hg__loader *l, int64_t k) {
    pthread_mutex_lock(&l->lock);
    l->asked = k;
    pthread_cond_broadcast(&l->changed);
    while (l->filled <= k) pthread_cond_wait(&l->changed, &l->lock);
    pthread_mutex_unlock(&l->lock);
}

// Waits for the thread, makes the rows, or just points at them.
static int ready_slot(hg__loader *l, slot *s, hg_error *err) {
    const uint8_t *base = l->rows.source.base;
    if (l->makes) return finish_slot(l, s, err);
    if (l->has_thread) {
        await(l, l->next);
        if (s->code < 0 && err) *err = s->err;
        return s->code;
    }
    number_rows(l, l->next, s);
    for (int32_t i = 0; i < s->count; i++) s->row[i] = base + (size_t)s->number[i] * l->row_bytes;
    return HG_OK;
}

int hg__loader_next(hg__loader *l, hg__batch *b, hg_error *err) {
    const int64_t k = l->next;
    if (k >= l->batches) return 0;
    slot *s = &l->slot[l->has_thread || l->makes ? k & 1 : 0];
    HG_TRY(ready_slot(l, s, err));
    *b = (hg__batch){.row = s->row,
                     .number = s->number,
                     .target = s->target,
                     .count = s->count,
                     .first = (l->first + k) * l->batch,
                     .dtype = l->rows.source.dtype,
                     .scale = l->rows.source.scale};
    l->next++;
    l->is_ahead = l->makes && l->next < l->batches;
    if (l->is_ahead) number_rows(l, l->next, &l->slot[l->next & 1]);
    return 1;
}
