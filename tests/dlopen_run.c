// SPDX-License-Identifier: Apache-2.0
// dlopen_run.c - a host that knows the library as a plug-in only: loads, uses and unloads it again and again, and looks at what
// is left in the process. dlopen_run LIBRARY MODEL CYCLES
#include <dirent.h>
#include <dlfcn.h>
#if defined(__has_include)
# if __has_include(<jansson.h>)
#  include <jansson.h>
#  define HAS_JANSSON
# endif
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hourglass.h"

// What a process holds.
typedef struct holdings {
    long kilobytes, maps, descriptors, threads;
} holdings;

static long count_entries(const char *path) {
    DIR *folder = opendir(path);
    long count = 0;
    while (folder && readdir(folder)) count++;
    if (folder) closedir(folder);
    return count;
}

// A thread that was joined may still be listed for a moment.
static long count_threads(void) {
    enum { ALONE = 3, MS = 10000 }; // ".", ".." and the first
    static const char tasks[] = "/proc/self/task";
    for (int i = 0; i < MS && count_entries(tasks) > ALONE; i++) usleep(1000);
    return count_entries(tasks);
}

static holdings look(void) {
    char line[512];
    holdings h = {.descriptors = count_entries("/proc/self/fd"), .threads = count_threads()};
    FILE *f = fopen("/proc/self/status", "re");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "RssAnon:", 8) == 0) h.kilobytes = strtol(line + 8, NULL, 10);
    }
    if (f) fclose(f);
    f = fopen("/proc/self/maps", "re");
    while (f && fgets(line, sizeof line, f)) h.maps++;
    if (f) fclose(f);
    return h;
}

// ISO C has no cast from an object to a function; POSIX gives both the same size.
static bool find(void *library, const char *name, void *function) {
    void *symbol = dlsym(library, name);
    if (symbol) memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

// Loads the model, scores a row on two threads, asks for a job that says what is in the file.
static bool use(void *library, const char *path) {
    hg_model *(*load)(const char *, hg_error *);
    void (*free_model)(hg_model *);
    int32_t (*width)(const hg_model *);
    hg_scorer *(*new_scorer)(const hg_model *, int32_t, hg_error *);
    void (*free_scorer)(hg_scorer *);
    void (*score)(hg_scorer *, const float *, int64_t, float *);
    hg_options *(*new_options)(const char *, hg_error *);
    int (*set)(hg_options *, const char *, const char *, hg_error *);
    int (*run)(const hg_options *, const hg_listener *, hg_result *, hg_error *);
    void (*free_options)(hg_options *);
    void (*free_text)(char *);
    bool good =
        find(library, "hg_model_load", &load) && find(library, "hg_model_free", &free_model) &&
        find(library, "hg_model_width", &width) && find(library, "hg_scorer_new", &new_scorer) &&
        find(library, "hg_scorer_free", &free_scorer) && find(library, "hg_score", &score) &&
        find(library, "hg_options_new", &new_options) && find(library, "hg_options_set", &set) &&
        find(library, "hg_run", &run) && find(library, "hg_options_free", &free_options) &&
        find(library, "hg_text_free", &free_text);
    if (!good) return false;
    hg_model *m = load(path, NULL);
    hg_scorer *s = m ? new_scorer(m, 2, NULL) : NULL;
    float *x = m ? calloc((size_t)width(m), sizeof *x) : NULL, y = -1;
    if (s && x) score(s, x, 1, &y);
    hg_options *o = new_options("info", NULL);
    hg_result r = {.size = sizeof r, .json = true};
    good = o && set(o, "model", path, NULL) == HG_OK && run(o, NULL, &r, NULL) == HG_OK;
    free_text(r.text);
    free_options(o);
    free_scorer(s);
    free_model(m);
    free(x);
    return good && y >= 0;
}

#ifdef HAS_JANSSON
// A host that uses jansson, with an allocator of its own that knows its blocks.
static long blocks, foreign;

static void *own_malloc(size_t size) {
    size_t *block = malloc(size + 2 * sizeof *block);
    if (!block) return NULL;
    block[0] = 0x1234567;
    blocks++;
    return block + 2;
}

static void own_free(void *pointer) {
    if (!pointer) return;
    size_t *block = (size_t *)pointer - 2;
    if (block[0] == 0x1234567) {
        blocks--;
        free(block);
    } else {
        foreign++;
    }
}

typedef struct jansson {
    json_t *(*read)(const char *, size_t, json_error_t *);
    void (*delete)(json_t *);
    void (*set)(json_malloc_t, json_free_t);
    void (*get)(json_malloc_t *, json_free_t *);
    json_t *held;
} jansson;

static bool jansson_begin(jansson *j) {
    void *library = dlopen("libjansson.so.4", RTLD_NOW | RTLD_GLOBAL);
    const bool found = library && find(library, "json_loads", &j->read) &&
                       find(library, "json_delete", &j->delete) &&
                       find(library, "json_set_alloc_funcs", &j->set) &&
                       find(library, "json_get_alloc_funcs", &j->get);
    if (!found) return false;
    j->set(own_malloc, own_free);
    j->held = j->read("{\"a\": [1, 2, \"text\"]}", 0, NULL);
    return j->held != NULL;
}

// Whether the allocator is still the host's, and its object in one piece.
static bool jansson_end(const jansson *j) {
    json_malloc_t allocate;
    json_free_t release;
    j->get(&allocate, &release);
    j->delete (j->held);
    return allocate == own_malloc && release == own_free && blocks == 0 && foreign == 0;
}
#endif

static bool cycle(const char *path, const char *model) {
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        fprintf(stderr, "%s\n", dlerror());
        return false;
    }
    const bool good = use(library, model);
    return dlclose(library) == 0 && good;
}

int main(int argc, char **argv) {
    const long cycles = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
    holdings before = {0};
    if (cycles < 1) return 2;
#ifdef HAS_JANSSON
    jansson j;
    const bool has_jansson = jansson_begin(&j);
#endif
    for (long i = 0; i < cycles + 20; i++) { // the first few fill what is filled once
        if (i == 20) before = look();
        if (!cycle(argv[1], argv[2])) return 1;
    }
    const holdings after = look();
#ifdef HAS_JANSSON
    if (has_jansson && !jansson_end(&j)) {
        puts("the host's jansson is not what it was");
        return 1;
    }
#endif
    void *still = dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD);
    printf("%ld cycles: %+ld KB, %+ld maps, %+ld descriptors, %+ld threads%s\n", cycles,
           after.kilobytes - before.kilobytes, after.maps - before.maps,
           after.descriptors - before.descriptors, after.threads - before.threads,
           still ? ", still loaded" : "");
    const bool grew = after.kilobytes > before.kilobytes + 256 || after.maps > before.maps ||
                      after.descriptors > before.descriptors || after.threads > before.threads;
    return grew || still ? 1 : 0;
}
