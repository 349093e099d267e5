// SPDX-License-Identifier: Apache-2.0
// source.h - the bytes of a file, unpacked if it is gzipped, read once from front to back.
#ifndef HG_FILES_SOURCE_H
#define HG_FILES_SOURCE_H
#include "base/error.h"

enum { HG_SOURCE_HEAD = 512 };

// While a stream has nothing.
typedef struct hg__source_waiting {
    const hg_listener *listener; // borrowed: may end it; NULL: nobody does
    // Returns once there are bytes, or the end, or negative: the reading's answer. NULL: nobody wants to know.
    int (*wait)(void *context, hg_error *err);
    void *context; // borrowed
} hg__source_waiting;

typedef struct hg__source {
    const char *path;  // borrowed, for messages
    bool is_stream;    // fd is read as it comes, and has no size
    int fd;            // owned; -1 once somebody took it
    uint64_t size;     // of the file, bytes
    uint64_t at;       // next byte of the file to fetch
    uint64_t position; // bytes handed out so far, unpacked
    bool packed;       // gzip or an entry of an archive: the file's bytes are not the data's

    // The first bytes, for sniffing; read() hands them out too. Of a stream 24 at least.
    uint8_t head[HG_SOURCE_HEAD];
    size_t head_size, head_used;

    struct hg__inflate *inflate; // owned; NULL unless gzipped
    // The bytes come from elsewhere (an archive): as hg__source_read(), NULL if not used.
    int64_t (*pull)(void *context, void *buffer, size_t size, hg_error *err);
    void *context; // borrowed

    hg__source_waiting waiting; // of a stream
} hg__source;

// Takes over `fd` (closed by hg__source_close, also after a failure here). Knows gzip by its magic.
int hg__source_open(hg__source *s, int fd, const char *path, hg_error *err);
// Of a pipe, which is read once as it comes. w: may be NULL.
int hg__source_open_stream(hg__source *s, int fd, const char *path, const hg__source_waiting *w,
                           hg_error *err);
// A source over pull(context); `size` is what the archive says, in bytes.
int hg__source_open_entry(hg__source *s, const char *path, uint64_t size, hg_error *err);
void hg__source_close(hg__source *s);

// Up to `size` bytes; fewer only at the end of the data. Negative code on failure.
int64_t hg__source_read(hg__source *s, void *buffer, size_t size, hg_error *err);

// The same, but as soon as there is something: what a pipe has by now, or what could be unpacked before the damage.
int64_t hg__source_read_some(hg__source *s, void *buffer, size_t size, hg_error *err);

// Exactly `size` bytes, or "expected `what`, got the end of the file".
int hg__source_need(hg__source *s, void *buffer, size_t size, const char *what, hg_error *err);

// Fails unless all bytes were read; `what` was expected to be the last.
int hg__source_finish(hg__source *s, const char *what, hg_error *err);

// Copies everything that is left to an unlinked temporary file; its descriptor and size.
int hg__source_spill(hg__source *s, uint64_t *size, hg_error *err);
#endif
