// SPDX-License-Identifier: Apache-2.0
// safetensors.h - reads and writes .safetensors files, strictly (docs/MODELFILE.md).
#ifndef HG_MODEL_SAFETENSORS_H
#define HG_MODEL_SAFETENSORS_H
#include "base/error.h"
#include "base/file.h"
#include "base/tensor.h"

enum { HG_MAX_METADATA = 32 << 20 }; // bytes of the "__metadata__" entry

typedef struct hg__tensors {
    hg__content content;
    hg__tensor *tensor; // owned, (count), in the header's order; data points into content
    size_t count;
    char **key, **value; // owned, (pairs): __metadata__
    size_t pairs;
    char path[1024];
} hg__tensors;

// Opens, validates everything, then allocates. HG_ERR_MODEL with one sentence for any flaw.
int hg__tensors_open(hg__tensors *t, const char *path, hg_error *err);
void hg__tensors_close(hg__tensors *t); // {0} is fine

// The same from memory that the caller keeps; `name` for messages.
int hg__tensors_parse(hg__tensors *t, const uint8_t *bytes, size_t size, const char *name,
                      hg_error *err);

const hg__tensor *hg__tensors_find(const hg__tensors *t, const char *name); // NULL if there is none
const char *hg__tensors_metadata(const hg__tensors *t, const char *key);    // NULL if there is none

// A 64-bit hash of every tensor (name, dtype, shape, bytes) and every metadata pair but `except`, whatever
// their order in the file. Any single changed bit changes it. NULL err is fine; negative without memory.
int hg__tensors_hash(const hg__tensor *tensors, size_t count, const char *const *key,
                     const char *const *value, size_t pairs, const char *except, uint64_t *hash,
                     hg_error *err);

// Writes a file whole or not at all. Tensors are sorted as docs/MODELFILE.md says; keys as given.
int hg__tensors_write(const char *path, const hg__tensor *tensors, size_t count,
                      const char *const *key, const char *const *value, size_t pairs,
                      hg_error *err);
int hg__tensors_write_mode(const char *path, hg__file_mode mode, const hg__tensor *tensors,
                           size_t count, const char *const *key, const char *const *value,
                           size_t pairs, hg_error *err);
// The file's bytes (*size), a block for hg__free(); NULL on failure.
uint8_t *hg__tensors_write_memory(size_t *size, const hg__tensor *tensors, size_t count,
                                  const char *const *key, const char *const *value, size_t pairs,
                                  hg_error *err);

// Tensors in an order, and their sizes.

typedef struct hg__place {
    const hg__tensor *tensor; // borrowed
    size_t bytes;
} hg__place;

typedef enum hg__order {
    HG_BY_NAME,
    HG_BY_ALIGNMENT, // elements' size, largest first, then name: every tensor starts where its type wants to
    HG_BY_ADDRESS, // of the data, then size
} hg__order;

// All tensors in an order, for hg__free(); NULL without memory or where a size overflows (HG_ERR_MODEL).
hg__place *hg__tensors_sort(const hg__tensor *tensors, size_t count, hg__order order,
                            hg_error *err);
#endif
