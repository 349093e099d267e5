// SPDX-License-Identifier: Apache-2.0
// safetensors_write.c - writes .safetensors files: the same tensors always give the same bytes.
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/safetensors.h"
#include "model/safetensors_sort.h"

// ---- header -------------------------------------------------------------------------------------

static int add_string(hg__text *header, const char *text, hg_error *err) {
    hg__json *string = hg__json_string(text, err);
    if (!string) return HG_ERR_MEMORY;
    if (strcmp(hg__json_string_value(string), text) != 0) {
        hg__json_free(string);
        return hg__fail(err, HG_ERR_USAGE, "'%.60s': expected a name in UTF-8", text);
    }
    char *quoted = hg__json_text(string, err);
    hg__json_free(string);
    if (!quoted) return HG_ERR_MEMORY;
    int code = hg__text_add(header, "%s", quoted);
    hg__free(quoted);
    return code;
}

static int add_metadata(hg__text *h, const char *path, const char *const *key,
                        const char *const *value, size_t pairs, hg_error *err) {
    if (!pairs) return HG_OK;
    hg__text_add(h, "\"__metadata__\":{");
    for (size_t i = 0; i < pairs; i++) {
        if (i) hg__text_add(h, ",");
        HG_TRY(add_string(h, key[i], err));
        hg__text_add(h, ":");
        HG_TRY(add_string(h, value[i], err));
    }
    hg__text_add(h, "}");
    if (h->failed || h->length <= HG_MAX_METADATA) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected names and levels of the columns in at most %d MB, got %zu MB; "
                    "ignore= leaves columns out",
                    path, HG_MAX_METADATA >> 20, (h->length >> 20) + 1);
}

static int add_entry(hg__text *h, const hg__place *p, size_t *offset, hg_error *err) {
    const hg__tensor *t = p->tensor;
    HG_TRY(add_string(h, t->name, err));
    hg__text_add(h, ":{\"dtype\":\"%s\",\"shape\":[", hg__dtype_name(t->dtype));
    for (int32_t i = 0; i < t->shape.rank; i++) {
        hg__text_add(h, "%s%lld", i ? "," : "", (long long)t->shape.dim[i]);
    }
    hg__text_add(h, "],\"data_offsets\":[%zu,%zu]}", *offset, *offset + p->bytes);
    *offset += p->bytes;
    return HG_OK;
}

static int write_header(hg__writer *w, hg__text *h, hg_error *err) {
    uint8_t size[8];
    while (!h->failed && h->length % 8) hg__text_add(h, " ");
    if (h->failed) return hg__fail(err, HG_ERR_MEMORY, "out of memory while writing a header");
    for (int i = 0; i < 8; i++) size[i] = (uint8_t)(h->length >> 8 * i);
    HG_TRY(hg__writer_add(w, size, sizeof size, err));
    return hg__writer_add(w, h->data, h->length, err);
}

static int write_tensors(hg__writer *w, const hg__place *sorted, size_t count, hg_error *err) {
    for (size_t i = 0; i < count; i++) {
        HG_TRY(hg__writer_add(w, sorted[i].tensor->data, sorted[i].bytes, err));
    }
    return HG_OK;
}

static int write_file(const char *path, hg__file_mode mode, hg__text *header,
                      const hg__place *sorted, size_t count, hg_error *err) {
    hg__writer w;
    HG_TRY(hg__writer_open_mode(&w, path, mode, err));
    int code = write_header(&w, header, err);
    if (code == HG_OK) code = write_tensors(&w, sorted, count, err);
    if (code == HG_OK) return hg__writer_commit(&w, err);
    hg__writer_abort(&w);
    return code;
}

int hg__tensors_write_mode(const char *path, hg__file_mode mode, const hg__tensor *tensors,
                           size_t count, const char *const *key, const char *const *value,
                           size_t pairs, hg_error *err) {
    hg__text header = {0};
    size_t offset = 0;
    hg_error own;
    err = err ? err : &own;
    hg__place *sorted = hg__tensors_sort(tensors, count, HG_BY_ALIGNMENT, err);
    if (!sorted) return err->code;
    hg__text_add(&header, "{");
    int code = add_metadata(&header, path, key, value, pairs, err);
    for (size_t i = 0; code == HG_OK && i < count; i++) {
        if (i || pairs) hg__text_add(&header, ",");
        code = add_entry(&header, &sorted[i], &offset, err);
    }
    hg__text_add(&header, "}");
    if (header.failed) code = hg__fail(err, HG_ERR_MEMORY, "out of memory while writing a header");
    if (code == HG_OK) code = write_file(path, mode, &header, sorted, count, err);
    hg__text_clear(&header);
    hg__free(sorted);
    return code;
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
