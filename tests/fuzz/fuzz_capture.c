// SPDX-License-Identifier: Apache-2.0
// fuzz_capture.c - any bytes as a capture, plain or gzipped, read twice: the same packets and note both times.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "packets/capture.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is the fuzzer's
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

// All packets; how many.
static int64_t run_pass(hg__capture *c) {
    hg__packet p;
    hg_error err = {0};
    int64_t count = 0;
    uint8_t sum = 0;
    int code;
    while ((code = hg__capture_next(c, &p, &err)) == 1) {
        if (p.payload_captured > p.payload_length || p.payload_captured > p.captured) abort();
        for (uint32_t i = 0; i < p.payload_captured; i++) sum ^= p.payload[i]; // all can be read
        count++;
    }
    if (code != 0) abort();            // whatever is damaged is noted
    return count + (sum == UINT8_MAX); // the same in every pass
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    char path[64], note[800];
    const int fd = (int)syscall(SYS_memfd_create, "fuzz", 0U);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size) abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    hg_error err = {0};
    hg__capture *c = hg__capture_open(path, NULL, &err);
    if (!c && (err.code >= 0 || !err.message[0])) abort();
    if (c) {
        const int64_t count = run_pass(c);
        const uint64_t fingerprint = hg__capture_fingerprint(c);
        snprintf(note, sizeof note, "%s", hg__capture_note(c));
        if (hg__capture_rewind(c, &err) < 0 || run_pass(c) != count) abort();
        if (hg__capture_fingerprint(c) != fingerprint) abort();
        if (strcmp(note, hg__capture_note(c)) != 0) abort();
        if (!hg__is_capture(path)) abort();
    }
    hg__capture_close(c);
    close(fd);
    return 0;
}
