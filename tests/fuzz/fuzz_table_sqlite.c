// SPDX-License-Identifier: Apache-2.0
// fuzz_table_sqlite.c - any bytes as an SQLite file: rows, or sentences. SQLite wants a file that has a name.
#include <fcntl.h>

#include "table_bytes.h"

static char path[64];

static void remove_file(void) {
    (void)unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static int fd = -1;
    if (size < 100 || memcmp(bytes, "SQLite format 3", 16) != 0) return 0;
    if (fd < 0) {
        snprintf(path, sizeof path, "/dev/shm/hg-fuzz-sqlite-XXXXXX");
        fd = mkostemp(path, O_CLOEXEC);
        (void)atexit(remove_file);
    }
    if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, bytes, size, 0) != (ssize_t)size) abort();
    read_path_as_table(path);
    return 0;
}
