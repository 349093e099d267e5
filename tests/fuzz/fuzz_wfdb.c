// SPDX-License-Identifier: Apache-2.0
// fuzz_wfdb.c - any bytes as a record of WFDB: up to the first zero its header, behind it the samples, x.dat, and the beats, x.atr.
#include <fcntl.h>

#include "recording_bytes.h"

static char folder[] = "/tmp/hourglass-fuzz-XXXXXX";

static void remove_all(void) {
    char path[64];
    static const char *const names[] = {"x.hea", "x.dat", "x.atr"};
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

static void put(const char *name, const uint8_t *bytes, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const bool is_open = fd >= 0 && pwrite(fd, bytes, size, 0) == (ssize_t)size;
    if (!is_open || ftruncate(fd, (off_t)size) != 0) abort();
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static bool is_made;
    char path[64];
    if (!is_made && (!mkdtemp(folder) || atexit(remove_all) != 0)) abort();
    is_made = true;
    const uint8_t *zero = memchr(bytes, 0, size);
    const size_t header = zero ? (size_t)(zero - bytes) : size, rest = zero ? size - header - 1 : 0;
    put("x.hea", bytes, header);
    put("x.dat", bytes + size - rest, rest);
    put("x.atr", bytes + size - rest, rest);
    snprintf(path, sizeof path, "%s/x.hea", folder);
    const hg__recording_options plain = {0}, labels = {.label = "atr"};
    read_path_as_recording(path, &plain);
    read_path_as_recording(path, &labels);
    return 0;
}
