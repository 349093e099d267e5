// SPDX-License-Identifier: Apache-2.0
// own_folder.h - a test program's own folder, made before its tests and removed behind them, and paths in it.
#ifndef HG_TESTS_OWN_FOLDER_H
#define HG_TESTS_OWN_FOLDER_H
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[] = "/tmp/hourglass-test-XXXXXX";

// Good for the next few calls.
static inline const char *at(const char *name) {
    static char path[8][256];
    static int next;
    next = (next + 1) % 8;
    snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
    return path[next];
}

static inline int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command); // NOLINT(cert-env33-c): a folder of our own
}
#endif
