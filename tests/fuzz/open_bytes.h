// SPDX-License-Identifier: Apache-2.0
// open_bytes.h - bytes as a file for hg__data_open_descriptor(), the code path of every data file.
//
//   make CC=clang SAN=fuzz build/clang-fuzz/tests/fuzz/fuzz_csv    a fuzzer (make fuzz runs them all)
//   make build/gcc/tests/fuzz/fuzz_csv                             replays files and folders given to it
#ifndef HG_TESTS_FUZZ_OPEN_BYTES_H
#define HG_TESTS_FUZZ_OPEN_BYTES_H
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "array/reader.h"

// NOLINTNEXTLINE(readability-identifier-naming)
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static inline hg__data *open_bytes(const void *bytes, size_t size, const char *name,
                                   const hg__data_options *o, hg_error *err) {
    int fd = (int)syscall(SYS_memfd_create, "fuzz", 0U);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size) abort();
    return hg__data_open_descriptor(fd, name, o, err);
}

// What must hold of anything that was opened; aborts where it does not.
static inline void check_rows(const hg__data *d) {
    hg_error err;
    if (d->rows < 1 || d->width < 1 || d->width > HG_MAX_WIDTH || (!d->base && d->fd < 0)) abort();
    float *row = malloc((size_t)d->width * sizeof *row);
    if (!row) abort();
    const int64_t ends[] = {0, d->rows - 1};
    for (int i = 0; i < 2; i++) {
        if (hg__data_row(d, ends[i], row, &err) < 0) abort();
        for (int32_t k = 0; k < d->width; k++) {
            if (!__builtin_isfinite(row[k])) abort();
        }
    }
    free(row);
}

// Opens the bytes with rows in memory, then with rows on disk and bad rows left out: the same rows or a sentence.
static inline void open_both_ways(const uint8_t *bytes, size_t size, const char *name) {
    hg_error err = {0};
    const hg__data_options memory = {.memory = 64 << 20}, disk = {.on_bad = "skip", .memory = 1};
    hg__data *a = open_bytes(bytes, size, name, &memory, &err);
    if (!a && (err.code >= 0 || !err.message[0])) abort();
    hg__data *b = open_bytes(bytes, size, name, &disk, &err);
    if (a) check_rows(a);
    if (b) check_rows(b);
    if (a && (!b || a->rows != b->rows || a->fingerprint != b->fingerprint)) abort();
    hg__data_close(a);
    hg__data_close(b);
}
#endif
