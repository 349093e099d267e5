// SPDX-License-Identifier: Apache-2.0
// mem.h - all heap memory. Sizes from outside are multiplied only here, checked for overflow.
#ifndef HG_BASE_MEM_H
#define HG_BASE_MEM_H
#include "base/error.h"

// `count` zeroed elements of `size` bytes, 64-byte aligned; NULL (and err) if there is no memory or
// the product overflows. count 0 gives a valid pointer. Large blocks ask for huge pages.
void *hg__alloc(size_t count, size_t size, hg_error *err);

// As realloc(), for growing lists: keeps the first min(old, new) bytes, the rest is not zeroed. On
// failure the old block stands. Only for blocks made by hg__grow() (start from NULL).
void *hg__grow(void *block, size_t count, size_t size, hg_error *err);

char *hg__copy_text(const char *text, hg_error *err); // NULL on failure
void hg__free(void *block);                           // NULL is fine; blocks of any function above

// a * b in *product, or false if it does not fit.
bool hg__multiply(size_t a, size_t b, size_t *product);

// Calls of hg__alloc() and hg__grow() in this process so far: tests hold a training step to 0.
uint64_t hg__alloc_count(void);
uint64_t hg__alloc_bytes(
    void); // that hg__alloc() gave so far: tests compare it with what was said beforehand

// malloc and free for libraries that take them: the same fault injection.
void *hg__lib_malloc(size_t size);
void hg__lib_free(void *block);
// The same as zlib takes them: z_stream's zalloc and zfree.
void *hg__zlib_alloc(void *unused, unsigned count, unsigned size);
void hg__zlib_free(void *unused, void *block);

// Fault injection: with HG_FAIL_ALLOC=n in the environment the n-th allocation of the process
// fails; with HG_FAIL_ALLOC=n+ that one and every later one.
#endif
