// SPDX-License-Identifier: Apache-2.0
// safetensors_write.c - writes .safetensors files and their bytes: the same tensors always give the same; tensors in an order.
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/safetensors.h"

// ---- header -------------------------------------------------------------------------------------

static int check_name(const char *text, hg_error *err) {
    if (hg__is_utf8(text, strlen(text))) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "'%.60s': expected a name in UTF-8", text);
}

static int add_metadata(hg__json_writer *w, const char *path, const char *const *key,
                        const char *const *value, size_t pairs, hg_error *err) {
    const hg__text *h = w->to;
    if (!pairs) return HG_OK;
    hg__json_begin(w, "__metadata__", '{');
    for (size_t i = 0; i < pairs; i++) {
        HG_TRY(check_name(key[i], err));
        HG_TRY(check_name(value[i], err));
        hg__json_add_text(w, key[i], value[i]);
    }
    hg__json_end(w, '}');
    if (h->failed || h->length <= HG_MAX_METADATA) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected names and levels of the columns in at most %d MB, got %zu MB; "
                    "ignore= leaves columns out",
                    path, HG_MAX_METADATA >> 20, (h->length >> 20) + 1);
}

static int add_entry(hg__json_writer *w, const hg__place *p, size_t *offset, hg_error *err) {
    const hg__tensor *t = p->tensor;
    HG_TRY(check_name(t->name, err));
    hg__json_begin(w, t->name, '{');
    hg__json_add_text(w, "dtype", hg__dtype_name(t->dtype));
    hg__json_begin(w, "shape", '[');
    for (int32_t i = 0; i < t->shape.rank; i++) hg__json_add_integer(w, NULL, t->shape.dim[i]);
    hg__json_end(w, ']');
    hg__json_begin(w, "data_offsets", '[');
    hg__json_add_integer(w, NULL, (int64_t)*offset);
    hg__json_add_integer(w, NULL, (int64_t)(*offset + p->bytes));
    hg__json_end(w, ']');
    hg__json_end(w, '}');
    *offset += p->bytes;
    return HG_OK;
}

// ---- the whole ----------------------------------------------------------------------------------

typedef struct layout {
    hg__place *sorted;  // owned, (count): in the order of their bytes
    size_t count, data; // data: bytes of all of them
    hg__text header;    // with the blanks behind it
} layout;

static void clear_layout(layout *l) {
    hg__text_clear(&l->header);
    hg__free(l->sorted);
}

static int add_entries(layout *l, const char *path, const char *const *key,
                       const char *const *value, size_t pairs, hg_error *err) {
    hg__text *h = &l->header;
    hg__json_writer w = {.to = h, .has_short_escapes = true};
    hg__json_begin(&w, NULL, '{');
    HG_TRY(add_metadata(&w, path, key, value, pairs, err));
    for (size_t i = 0; i < l->count; i++) {
        HG_TRY(add_entry(&w, &l->sorted[i], &l->data, err));
    }
    hg__json_end(&w, '}');
    while (!h->failed && h->length % 8) hg__text_add(h, " ");
    return HG_OK;
}

// path: for messages. What is there on failure is for clear_layout(). err: not NULL.
static int lay_out(layout *l, const char *path, const hg__tensor *tensors, size_t count,
                   const char *const *key, const char *const *value, size_t pairs, hg_error *err) {
    *l = (layout){.sorted = hg__tensors_sort(tensors, count, HG_BY_ALIGNMENT, err), .count = count};
    if (!l->sorted) return err->code == HG_ERR_MODEL ? HG_ERR_MODEL : HG_ERR_MEMORY;
    const int code = add_entries(l, path, key, value, pairs, err);
    if (!l->header.failed) return code;
    return hg__fail(err, HG_ERR_MEMORY, "out of memory while writing a header");
}

static void put_length(const layout *l, uint8_t length[8]) {
    for (int i = 0; i < 8; i++) length[i] = (uint8_t)(l->header.length >> 8 * i);
}

static int add_all(hg__writer *w, const layout *l, hg_error *err) {
    uint8_t length[8];
    put_length(l, length);
    HG_TRY(hg__writer_add(w, length, sizeof length, err));
    HG_TRY(hg__writer_add(w, l->header.data, l->header.length, err));
    for (size_t i = 0; i < l->count; i++) {
        HG_TRY(hg__writer_add(w, l->sorted[i].tensor->data, l->sorted[i].bytes, err));
    }
    return HG_OK;
}

static int write_file(const char *path, hg__file_mode mode, const layout *l, hg_error *err) {
    hg__writer w;
    HG_TRY(hg__writer_open_mode(&w, path, mode, err));
    int code = add_all(&w, l, err);
    if (code == HG_OK) return hg__writer_commit(&w, err);
    hg__writer_abort(&w);
    return code;
}

int hg__tensors_write_mode(const char *path, hg__file_mode mode, const hg__tensor *tensors,
                           size_t count, const char *const *key, const char *const *value,
                           size_t pairs, hg_error *err) {
    layout l;
    hg_error own;
    err = err ? err : &own;
    int code = lay_out(&l, path, tensors, count, key, value, pairs, err);
    if (code == HG_OK) code = write_file(path, mode, &l, err);
    clear_layout(&l);
    return code;
}

static uint8_t *write_bytes(const layout *l, size_t *size, hg_error *err) {
    *size = 8 + l->header.length + l->data; // fits: all of it is in memory already
    uint8_t *bytes = hg__alloc(*size, 1, err), *to = bytes;
    if (!bytes) return NULL;
    put_length(l, to);
    memcpy(to + 8, l->header.data, l->header.length);
    to += 8 + l->header.length;
    for (size_t i = 0; i < l->count; i++) {
        if (l->sorted[i].bytes) memcpy(to, l->sorted[i].tensor->data, l->sorted[i].bytes);
        to += l->sorted[i].bytes;
    }
    return bytes;
}

uint8_t *hg__tensors_write_memory(size_t *size, const hg__tensor *tensors, size_t count,
                                  const char *const *key, const char *const *value, size_t pairs,
                                  hg_error *err) {
    layout l;
    hg_error own;
    const int code = lay_out(&l, "memory", tensors, count, key, value, pairs, err ? err : &own);
    uint8_t *bytes = code == HG_OK ? write_bytes(&l, size, err) : NULL;
    clear_layout(&l);
    return bytes;
}

int hg__tensors_write(const char *path, const hg__tensor *tensors, size_t count,
                      const char *const *key, const char *const *value, size_t pairs,
                      hg_error *err) {
    return hg__tensors_write_mode(path, HG_MODE_KEEP, tensors, count, key, value, pairs, err);
}

// ---- hash ---------------------------------------------------------------------------------------

// One step is a bijection of h for each word, and of the word for each h: a change in one word is never
// lost. word: little-endian.
static uint64_t mix(uint64_t h, uint64_t word) {
    h = (h ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return h ^ h >> 32;
}

static uint64_t mix_bytes(uint64_t h, const void *bytes, size_t size) {
    const uint8_t *from = bytes;
    uint64_t word;
    h = mix(h, size);
    for (; size >= 8; size -= 8, from += 8) {
        memcpy(&word, from, 8);
        h = mix(h, word);
    }
    word = 0;
    if (size) memcpy(&word, from, size);
    return size ? mix(h, word) : h;
}

static uint64_t mix_tensor(uint64_t h, const hg__place *p) {
    const hg__tensor *t = p->tensor;
    const char *dtype = hg__dtype_name(t->dtype);
    h = mix_bytes(h, t->name, strlen(t->name));
    h = mix_bytes(h, dtype, strlen(dtype));
    h = mix(h, (uint64_t)t->shape.rank);
    for (int32_t i = 0; i < t->shape.rank; i++) h = mix(h, (uint64_t)t->shape.dim[i]);
    return mix_bytes(h, t->data, p->bytes);
}

// The next pair in the order of keys behind `last` (NULL: the first), or `pairs`. Keys differ and are few.
static size_t next_pair(const char *const *key, size_t pairs, const char *last) {
    size_t best = pairs;
    for (size_t i = 0; i < pairs; i++) {
        if (last && strcmp(key[i], last) <= 0) continue;
        if (best == pairs || strcmp(key[i], key[best]) < 0) best = i;
    }
    return best;
}

int hg__tensors_hash(const hg__tensor *tensors, size_t count, const char *const *key,
                     const char *const *value, size_t pairs, const char *except, uint64_t *hash,
                     hg_error *err) {
    uint64_t h = mix(0, count);
    hg_error own;
    err = err ? err : &own;
    hg__place *sorted = hg__tensors_sort(tensors, count, HG_BY_NAME, err);
    if (!sorted) return err->code;
    for (size_t i = next_pair(key, pairs, NULL); i < pairs; i = next_pair(key, pairs, key[i])) {
        if (strcmp(key[i], except) == 0) continue;
        h = mix_bytes(h, key[i], strlen(key[i]));
        h = mix_bytes(h, value[i], strlen(value[i]));
    }
    for (size_t i = 0; i < count; i++) h = mix_tensor(h, &sorted[i]);
    hg__free(sorted);
    *hash = h;
    return HG_OK;
}

// ---- tensors in an order ------------------------------------------------------------------------

static int by_name(const void *a, const void *b) {
    const hg__place *x = a, *y = b;
    return strcmp(x->tensor->name, y->tensor->name);
}

static int by_alignment(const void *a, const void *b) {
    const hg__place *x = a, *y = b;
    const size_t m = hg__dtype_size(x->tensor->dtype), n = hg__dtype_size(y->tensor->dtype);
    if (m != n) return m > n ? -1 : 1;
    return by_name(a, b);
}

static int by_address(const void *a, const void *b) {
    const hg__place *x = a, *y = b;
    const uintptr_t p = (uintptr_t)x->tensor->data, q = (uintptr_t)y->tensor->data;
    if (p != q) return p < q ? -1 : 1;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

hg__place *hg__tensors_sort(const hg__tensor *tensors, size_t count, hg__order order,
                            hg_error *err) {
    static int (*const orders[])(const void *, const void *) = {by_name, by_alignment, by_address};
    hg__place *sorted = hg__alloc(count, sizeof *sorted, err);
    if (!sorted) return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t bytes;
        if (!hg__shape_count(&tensors[i].shape, &bytes) ||
            !hg__multiply(bytes, hg__dtype_size(tensors[i].dtype), &bytes)) {
            hg__fail(err, HG_ERR_MODEL, "'%s': the tensor is too large", tensors[i].name);
            hg__free(sorted);
            return NULL;
        }
        sorted[i] = (hg__place){&tensors[i], bytes};
    }
    qsort(sorted, count, sizeof *sorted, orders[order]);
    return sorted;
}
