// SPDX-License-Identifier: Apache-2.0
// message_queue.h - messages between the thread that receives and the one that takes them: a ring of bytes, made at first. Its user locks.
#ifndef HG_STREAMS_MESSAGE_QUEUE_H
#define HG_STREAMS_MESSAGE_QUEUE_H
#include "base/error.h"

typedef struct hg__queued {
    size_t at, size; // in bytes[]
    double received;
} hg__queued;

typedef struct hg__message_queue {
    char *bytes;      // owned, (capacity)
    hg__queued *ring; // owned, (most)
    size_t capacity, tail;
    int32_t most, first, count;
} hg__message_queue;

// most messages, of `capacity` bytes together.
int hg__message_queue_init(hg__message_queue *q, int32_t most, size_t capacity, hg_error *err);
void hg__message_queue_clear(hg__message_queue *q); // {0} is fine

// False: there is no room. size: `capacity` at most.
bool hg__message_queue_put(hg__message_queue *q, const void *text, size_t size, double received);
const hg__queued *hg__message_queue_first(const hg__message_queue *q); // NULL: it is empty
void hg__message_queue_drop(hg__message_queue *q);                     // the first
#endif
