// SPDX-License-Identifier: Apache-2.0
// loader.c - the next batch as pointers to rows.
//
// Rows in memory: the pointers are worked out in the caller's call, one batch ahead. Rows on disk: two slots. While the caller
// uses one, a thread fills the other:
//
//   caller   next() uses A ........... next() uses B ........... next() uses A
//   thread   ....... fills B ........   ....... fills A .......
//
// `asked` and `filled` count batches since the epoch began; batch k lives in slot k % 2. The thread may fill
// batch k + 1 once the caller asked for batch k, that is, gave the slot of batch k - 1 back.
#include <pthread.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "data/data.h"
#include "data/scan.h"

typedef struct slot {
    uint8_t *bytes;   // owned, (batch) rows; NULL where rows are in memory
    const void **row; // owned, (batch)
    int64_t *number;  // owned, (batch)
    int32_t count;
    int code; // what reading it ended with
    hg_error err;
} slot;

struct hg__loader {
    hg__rows rows;
    int32_t batch;
    size_t row_bytes;
    hg__shuffle order; // of this epoch
    bool shuffled;
    int64_t first;   // batches passed over at the start of this epoch
    int64_t batches; // of this epoch, after those
    int64_t next;    // the batch the caller gets next
    slot slot[2];

    bool has_thread;
    pthread_t thread;
    pthread_mutex_t lock; // guards everything below, and the epoch's fields while `reading`
    pthread_cond_t changed;
    int64_t asked;  // the batch the caller waits for or uses; its slot's twin is free
    int64_t filled; // batches read
    bool reading, hold, quit;
};

// The row numbers of batch k of this epoch.
static void number_rows(const hg__loader *l, int64_t k, slot *s) {
    int64_t first = (l->first + k) * l->batch, left = l->rows.count - first;
    s->count = left < l->batch ? (int32_t)left : l->batch;
    for (int32_t i = 0; i < s->count; i++) {
        int64_t p = first + i;
        if (l->shuffled) p = (int64_t)hg__shuffle_at(&l->order, (uint64_t)p);
        s->number[i] = hg__rows_at(&l->rows, p);
    }
}

// Neighbouring rows are read together.
static int read_rows(const hg__loader *l, slot *s, hg_error *err) {
    for (int32_t i = 0, n; i < s->count; i += n) {
        for (n = 1; i + n < s->count && s->number[i + n] == s->number[i] + n;) n++;
        uint8_t *to = s->bytes + (size_t)i * l->row_bytes;
        HG_TRY(hg__data_read(l->rows.data, s->number[i], n, to, err));
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

static int fill_slot(hg__loader *l, slot *s, hg_error *err) {
    size_t batch = (size_t)l->batch, bytes;
    if (!(s->row = hg__alloc(batch, sizeof *s->row, err))) return HG_ERR_MEMORY;
    if (!(s->number = hg__alloc(batch, sizeof *s->number, err))) return HG_ERR_MEMORY;
    if (l->rows.data->base) return HG_OK;
    if (!hg__multiply(batch, l->row_bytes, &bytes)) bytes = SIZE_MAX;
    if (!(s->bytes = hg__alloc(bytes, 1, err))) return HG_ERR_MEMORY;
    for (size_t i = 0; i < batch; i++) s->row[i] = s->bytes + i * l->row_bytes;
    return HG_OK;
}

static int prepare(hg__loader *l, hg_error *err) {
    bool on_disk = !l->rows.data->base;
    for (int i = 0; i < 2; i++) HG_TRY(fill_slot(l, &l->slot[i], err));
    if (!on_disk) return HG_OK;
    l->has_thread = pthread_create(&l->thread, NULL, run, l) == 0;
    return l->has_thread
               ? HG_OK
               : hg__fail(err, HG_ERR_MEMORY, "could not start the thread that reads rows");
}

int64_t hg__loader_rows(const hg__loader *l) {
    return l->rows.count;
}

int32_t hg__loader_work(hg__loader *l) {
    (void)l;
    return 0;
}

void hg__loader_make(void *loader, int32_t task, int32_t thread) {
    (void)loader, (void)task, (void)thread;
}

hg__loader *hg__loader_new(const hg__rows *rows, int32_t batch, const hg__making *making,
                           hg_error *err) {
    (void)making;
    if (batch < 1) {
        hg__fail(err, HG_ERR_USAGE, "batch: expected at least 1 row, got %d", batch);
        return NULL;
    }
    hg__loader *l = hg__alloc(1, sizeof *l, err);
    if (!l) return NULL;
    l->rows = *rows;
    l->batch = (int64_t)batch < rows->count || rows->count < 1 ? batch : (int32_t)rows->count;
    l->row_bytes = (size_t)rows->data->width * hg__dtype_size(rows->data->dtype);
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
    }
    hg__free(l);
}

void hg__loader_start(hg__loader *l, bool shuffle, uint64_t seed, int32_t epoch, int64_t skip) {
    pthread_mutex_lock(&l->lock);
    l->hold = true;
    while (l->reading) pthread_cond_wait(&l->changed, &l->lock);
    int64_t batches = l->rows.count / l->batch + (l->rows.count % l->batch != 0);
    l->shuffled = shuffle;
    l->order = hg__shuffle_init(seed, HG_STREAM_SHUFFLE, (uint32_t)epoch, (uint64_t)l->rows.count);
    l->first = skip < 0 ? 0 : skip < batches ? skip : batches;
    l->batches = batches - l->first;
    l->next = l->asked = l->filled = 0;
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

int hg__loader_next(hg__loader *l, hg__batch *b, hg_error *err) {
    int64_t k = l->next;
    if (k >= l->batches) return 0;
    slot *s = &l->slot[l->has_thread ? k & 1 : 0];
    if (l->has_thread) {
        await(l, k);
        if (s->code < 0) {
            if (err) *err = s->err;
            return s->code;
        }
    } else {
        const uint8_t *base = l->rows.data->base;
        number_rows(l, k, s);
        for (int32_t i = 0; i < s->count; i++) {
            s->row[i] = base + (size_t)s->number[i] * l->row_bytes;
        }
    }
    *b = (hg__batch){.row = s->row,
                     .number = s->number,
                     .count = s->count,
                     .first = (l->first + k) * l->batch,
                     .dtype = l->rows.data->dtype,
                     .scale = l->rows.data->scale};
    l->next++;
    return 1;
}
