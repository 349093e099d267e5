// SPDX-License-Identifier: Apache-2.0
// mem.c - the one file that calls malloc.
#include "base/mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/int.h"

enum { ALIGNMENT = 64, HUGE_PAGE = 2 << 20 };

static atomic_uint_least64_t calls, given;
static uint64_t fail_at; // 0: never
static bool fail_after;  // the later ones too
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void read_environment(void) {
    const char *text = getenv("HG_FAIL_ALLOC");
    if (!text) return;
    char *end;
    fail_at = strtoull(text, &end, 10);
    fail_after = *end == '+';
}

static bool is_refused(void) {
    pthread_once(&once, read_environment);
    uint64_t n = atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed) + 1;
    return fail_at && (n == fail_at || (fail_after && n > fail_at));
}

uint64_t hg__alloc_count(void) {
    return atomic_load_explicit(&calls, memory_order_relaxed);
}

uint64_t hg__alloc_bytes(void) {
    return atomic_load_explicit(&given, memory_order_relaxed);
}

bool hg__multiply(size_t a, size_t b, size_t *product) {
    return !__builtin_mul_overflow(a, b, product);
}

static int no_memory(hg_error *err, size_t count, size_t size) {
    return hg__fail(err, HG_ERR_MEMORY, "out of memory: could not get %zu x %zu bytes", count,
                    size);
}

void *hg__alloc(size_t count, size_t size, hg_error *err) {
    size_t bytes;
    void *block = NULL;
    bool fits = hg__multiply(count, size, &bytes) && bytes <= PTRDIFF_MAX - HUGE_PAGE;
    if (fits && !is_refused()) {
        size_t alignment = bytes >= HUGE_PAGE / 2 ? HUGE_PAGE : ALIGNMENT;
        size_t rounded = hg__round_up_size(bytes, alignment);
        block = aligned_alloc(alignment, rounded ? rounded : alignment);
        if (block && alignment == HUGE_PAGE) (void)madvise(block, rounded, MADV_HUGEPAGE);
    }
    if (!block) {
        no_memory(err, count, size);
        return NULL;
    }
    atomic_fetch_add_explicit(&given, bytes, memory_order_relaxed);
    return memset(block, 0, bytes);
}

void *hg__grow(void *block, size_t count, size_t size, hg_error *err) {
    size_t bytes;
    void *grown = NULL;
    if (hg__multiply(count, size, &bytes) && bytes <= PTRDIFF_MAX && !is_refused()) {
        grown = realloc(block, bytes ? bytes : 1);
    }
    if (!grown) no_memory(err, count, size);
    return grown;
}

char *hg__copy_text(const char *text, hg_error *err) {
    size_t bytes = strlen(text) + 1;
    char *copy = hg__grow(NULL, bytes, 1, err);
    return copy ? memcpy(copy, text, bytes) : NULL;
}

void hg__free(void *block) {
    free(block);
}

void *hg__lib_malloc(size_t size) {
    return is_refused() ? NULL : malloc(size ? size : 1);
}

void hg__lib_free(void *block) {
    free(block);
}

void *hg__zlib_alloc(void *unused, unsigned count, unsigned size) {
    (void)unused;
    size_t bytes;
    return hg__multiply(count, size, &bytes) ? hg__lib_malloc(bytes) : NULL;
}

void hg__zlib_free(void *unused, void *block) {
    (void)unused;
    hg__lib_free(block);
}

void hg_bytes_free(void *bytes) {
    hg__free(bytes);
}

void hg_text_free(char *text) {
    hg__free(text);
}
