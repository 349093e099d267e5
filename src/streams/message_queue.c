// SPDX-License-Identifier: Apache-2.0
// message_queue.c - a ring of bytes in which each message lies in one piece.
#include "streams/message_queue.h"

#include <string.h>

#include "base/mem.h"

int hg__message_queue_init(hg__message_queue *q, int32_t most, size_t capacity, hg_error *err) {
    *q = (hg__message_queue){.most = most, .capacity = capacity};
    q->bytes = hg__alloc(capacity, 1, err);
    q->ring = hg__alloc((size_t)most, sizeof *q->ring, err);
    return q->bytes && q->ring ? HG_OK : HG_ERR_MEMORY;
}

void hg__message_queue_clear(hg__message_queue *q) {
    hg__free(q->bytes);
    hg__free(q->ring);
    *q = (hg__message_queue){0};
}

// Where `size` bytes fit in one piece: behind the last, or at the beginning; false: nowhere.
static bool find_room(const hg__message_queue *q, size_t size, size_t *at) {
    const size_t head = q->count ? q->ring[q->first].at : 0;
    *at = q->count ? q->tail : 0;
    if (!q->count) return size <= q->capacity;
    if (q->tail <= head) return head - q->tail >= size && q->tail < head;
    if (q->capacity - q->tail >= size) return true;
    *at = 0;
    return head >= size;
}

bool hg__message_queue_put(hg__message_queue *q, const void *text, size_t size, double received) {
    size_t at;
    const size_t takes = size ? size : 1; // tail and head say which is empty and which full
    if (q->count == q->most || !find_room(q, takes, &at)) return false;
    if (size) memcpy(q->bytes + at, text, size);
    q->ring[(q->first + q->count) % q->most] = (hg__queued){at, size, received};
    q->count++;
    q->tail = at + takes;
    return true;
}

const hg__queued *hg__message_queue_first(const hg__message_queue *q) {
    return q->count ? &q->ring[q->first] : NULL;
}

void hg__message_queue_drop(hg__message_queue *q) {
    q->first = (q->first + 1) % q->most;
    q->count--;
}
