// SPDX-License-Identifier: Apache-2.0
// fuzz_split_csv.c - any bytes as a split of pictures: records, or a sentence; the same ones twice. And as a list of parts.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "parts/part_set.h"
#include "parts/split_csv.h"

// NOLINTNEXTLINE(readability-identifier-naming)
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static uint64_t mix(uint64_t h, const char *text) {
    for (; *text; text++) h = (h ^ (uint8_t)*text) * 0x100000001b3ULL;
    return h * 31;
}

static int take(void *context, const hg__split_row *row, hg_error *err) {
    uint64_t *h = context;
    (void)err;
    if (row->line < 2) abort();
    *h = mix(mix(mix(*h, row->object), row->split), row->label);
    *h = mix(mix(mix(*h, row->image), row->mask), row->wrong ? row->wrong : "");
    return HG_OK;
}

static int read_once(const char *path, uint64_t *h) {
    hg_error err = {0};
    const int code = hg__split_read(path, take, h, &err);
    if (code < 0 && (code != (int)err.code || !err.message[0])) abort();
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char path[64];
    uint64_t first = 0, second = 0;
    const int fd = (int)syscall(SYS_memfd_create, "fuzz", 0U);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size) abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const int code = read_once(path, &first);
    if (read_once(path, &second) != code || first != second) abort();
    const hg__part_options o = {.on_bad = size % 2 ? "skip" : "stop"};
    hg__part_set s;
    hg_error err = {0};
    (void)hg__is_parts_file(path);
    if (hg__part_set_open(&s, path, &o, &err) < 0 && (err.code >= 0 || !err.message[0])) abort();
    hg__part_set_clear(&s);
    close(fd);
    return 0;
}
