// SPDX-License-Identifier: Apache-2.0
// recording_bytes.h - bytes as a file for hg__recording_open(), read twice over: the same steps and sentences both times.
#ifndef HG_TESTS_FUZZ_RECORDING_BYTES_H
#define HG_TESTS_FUZZ_RECORDING_BYTES_H
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "signal/recording.h"

// NOLINTNEXTLINE(readability-identifier-naming)
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static inline uint64_t mix_bytes(uint64_t h, const void *bytes, size_t size) {
    const uint8_t *p = bytes;
    for (size_t i = 0; i < size; i++) h = (h ^ p[i]) * 0x100000001b3ULL;
    return h;
}

// What must hold of a step; aborts where it does not.
static inline uint64_t check_step(uint64_t h, const hg__recording *r, const hg__steps *s,
                                  int32_t i) {
    const float *value = s->value + (size_t)i * (size_t)r->channels;
    for (int32_t k = 0; k < r->channels; k++) {
        if (isinf(value[k]) || (s->row[i] < 0 && !isnan(value[k]))) abort();
        h = isnan(value[k]) ? mix_bytes(h, "?", 1) : mix_bytes(h, &value[k], sizeof value[k]);
    }
    if (s->begins[i] > 1 || s->row[i] < -1 || (s->row[i] < 0 && s->begins[i])) abort();
    if (s->label && s->label[i] > 1) abort();
    if (s->when) h = mix_bytes(h, s->when[i], strlen(s->when[i]));
    if (s->time && !isnan(s->time[i])) h = mix_bytes(h, &s->time[i], sizeof s->time[i]);
    return mix_bytes(h, &s->row[i], sizeof s->row[i]);
}

// One pass; a hash of all it gave.
static inline uint64_t run_pass(hg__recording *r) {
    enum { ENOUGH = 1 << 22 }; // values
    uint64_t h = 0xcbf29ce484222325ULL;
    int64_t steps = 0;
    hg_error err = {0};
    hg__steps s;
    int code;
    while ((code = hg__recording_next(r, &s, &err)) > 0 && steps * r->channels < ENOUGH) {
        if (s.count < 1 || s.count > HG_STEPS || s.file < 0 || s.file >= r->files) abort();
        if (steps == 0 && !s.begins[0]) abort();
        for (int32_t i = 0; i < s.count; i++) h = check_step(h, r, &s, i);
        steps += s.count;
    }
    if (code < 0 && (err.code != code || !err.message[0])) abort();
    return code < 0 ? mix_bytes(h, err.message, strlen(err.message)) : h;
}

static inline void read_path_as_recording(const char *path, const hg__recording_options *o) {
    hg_error err = {0};
    hg__recording *r = hg__recording_open(path, o, &err);
    if (!r && (err.code >= 0 || !err.message[0])) abort();
    if (!r) return;
    if (r->channels < 1 || strlen(r->note) >= sizeof r->note) abort();
    const uint64_t first = run_pass(r);
    if (hg__recording_rewind(r, &err) < 0 || run_pass(r) != first) abort();
    hg__recording_close(r);
}

static inline void read_as_recording(const uint8_t *bytes, size_t size,
                                     const hg__recording_options *o) {
    char path[64];
    const int fd = (int)syscall(SYS_memfd_create, "fuzz", 0U);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size) abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    read_path_as_recording(path, o);
    close(fd);
}
#endif
