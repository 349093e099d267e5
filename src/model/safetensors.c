// SPDX-License-Identifier: Apache-2.0
// safetensors.c - reads .safetensors files, strictly.
//
//   u64 N (little-endian) | N bytes: a JSON object, "name": {"dtype", "shape", "data_offsets"} | data
//
// The header's outermost object is walked here, entry by entry; each entry alone is parsed (base/json.h).
// So the memory taken is that of the tensors found, however the header was made.
#include "model/safetensors.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

enum {
    MAX_HEADER = 100000000,
    MAX_TENSORS = 65536,
    MAX_PAIRS = 4096,
    MAX_ENTRY = 1 << 16, // bytes of a tensor's entry, and of any name
    MAX_ENTRY_ITEMS = 64,
};

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "tensors are read where they lie");

typedef struct reader {
    hg__tensors *t;
    const char *path;    // for messages
    const char *header;  // (size)
    size_t size, at;     // at: cursor
    size_t file_size;    // of which only the first bytes may be there while its kind is asked for
    const uint8_t *data; // (data_size)
    size_t data_size;
    size_t capacity; // of t->tensor
    bool has_metadata;
    hg_error *err; // never NULL
} reader;

#define REFUSE(...) hg__fail(r->err, HG_ERR_MODEL, __VA_ARGS__)

// ---- one entry of the header --------------------------------------------------------------------

static int add_pairs(reader *r, hg__json *pairs) {
    hg__tensors *t = r->t;
    const size_t count = hg__json_object_size(pairs);
    if (!hg__json_is_object(pairs)) {
        return REFUSE("%s: expected __metadata__ to be an object", r->path);
    }
    t->key = hg__alloc(count, sizeof *t->key, r->err);
    t->value = hg__alloc(count, sizeof *t->value, r->err);
    if (!t->key || !t->value) return HG_ERR_MEMORY;
    for (size_t i = 0; i < count; i++) {
        const char *key = hg__json_object_key(pairs, i);
        const hg__json *value = hg__json_object_value(pairs, i);
        if (!hg__json_is_string(value)) {
            return REFUSE("%s: expected __metadata__ '%.100s' to be a string", r->path, key);
        }
        t->pairs++; // before the copies, so that close() frees the half of a pair
        t->key[t->pairs - 1] = hg__copy_text(key, r->err);
        t->value[t->pairs - 1] = hg__copy_text(hg__json_string_value(value), r->err);
        if (!t->key[t->pairs - 1] || !t->value[t->pairs - 1]) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

static int read_metadata(reader *r, const char *text, size_t size) {
    char where[1400];
    if (r->has_metadata) return REFUSE("%s: expected one __metadata__, got two", r->path);
    r->has_metadata = true;
    size_t items;
    if (size > HG_MAX_METADATA || hg__json_extent(text, size, &items) < 0 || items >= MAX_PAIRS) {
        return REFUSE("%s: expected __metadata__ of at most %d bytes and %d pairs", r->path,
                      HG_MAX_METADATA, MAX_PAIRS);
    }
    snprintf(where, sizeof where, "%s: __metadata__", r->path);
    hg__json *pairs = hg__json_read(text, size, where, r->err);
    if (!pairs) return r->err->code;
    int code = add_pairs(r, pairs);
    hg__json_free(pairs);
    return code;
}

static int read_shape(const reader *r, const hg__json *shape, hg__tensor *tensor) {
    const size_t rank = hg__json_array_size(shape);
    if (!hg__json_is_array(shape)) {
        return REFUSE("%s: '%s': expected shape to be a list", r->path, tensor->name);
    }
    if (rank > HG_MAX_RANK) {
        return REFUSE("%s: '%s': expected a shape of at most %d numbers, got %zu", r->path,
                      tensor->name, HG_MAX_RANK, rank);
    }
    for (size_t i = 0; i < rank; i++) {
        const hg__json *dim = hg__json_array_get(shape, i);
        if (!hg__json_is_integer(dim) || hg__json_integer_value(dim) < 0) {
            return REFUSE("%s: '%s': expected shape to hold whole numbers from 0", r->path,
                          tensor->name);
        }
        tensor->shape.dim[i] = hg__json_integer_value(dim);
    }
    tensor->shape.rank = (int32_t)rank;
    return HG_OK;
}

static int read_offsets(const reader *r, const hg__json *offsets, hg__tensor *tensor) {
    const hg__json *first = hg__json_array_get(offsets, 0), *last = hg__json_array_get(offsets, 1);
    const int64_t begin = hg__json_integer_value(first), end = hg__json_integer_value(last);
    char shape[128];
    size_t bytes;
    if (hg__json_array_size(offsets) != 2 || !hg__json_is_integer(first) ||
        !hg__json_is_integer(last) || begin < 0 || end < begin) {
        return REFUSE("%s: '%s': expected data_offsets to be two growing whole numbers", r->path,
                      tensor->name);
    }
    if ((uint64_t)end > r->data_size) {
        return REFUSE("%s: '%s': expected data within %zu bytes, got an end at %" PRId64, r->path,
                      tensor->name, r->data_size, (int64_t)end);
    }
    hg__shape_format(&tensor->shape, shape);
    if (!hg__shape_count(&tensor->shape, &bytes) ||
        !hg__multiply(bytes, hg__dtype_size(tensor->dtype), &bytes) ||
        bytes != (uint64_t)(end - begin)) {
        return REFUSE("%s: '%s': expected the bytes of %s %s, got %" PRId64, r->path, tensor->name,
                      hg__dtype_name(tensor->dtype), shape, (int64_t)(end - begin));
    }
    tensor->data = r->data + begin;
    return HG_OK;
}

static int read_entry(const reader *r, const hg__json *entry, hg__tensor *tensor) {
    const hg__json *dtype = hg__json_object_get(entry, "dtype"),
                   *shape = hg__json_object_get(entry, "shape"),
                   *offsets = hg__json_object_get(entry, "data_offsets");
    if (hg__json_object_size(entry) != 3 || !dtype || !shape || !offsets) {
        return REFUSE("%s: '%s': expected dtype, shape and data_offsets and nothing else", r->path,
                      tensor->name);
    }
    const char *name = hg__json_string_value(dtype);
    if (!name || !hg__dtype_find(name, &tensor->dtype)) {
        return REFUSE("%s: '%s': expected a known dtype such as F32, got '%.40s'", r->path,
                      tensor->name, name ? name : "no text");
    }
    HG_TRY(read_shape(r, shape, tensor));
    return read_offsets(r, offsets, tensor);
}

static int read_tensor(reader *r, const char *name, const char *text, size_t size) {
    hg__tensors *t = r->t;
    hg__tensor tensor = {0};
    size_t items;
    if (strlen(name) >= sizeof tensor.name) {
        return REFUSE("%s: expected names of at most %zu bytes, got '%.40s...'", r->path,
                      sizeof tensor.name - 1, name);
    }
    snprintf(tensor.name, sizeof tensor.name, "%s", name);
    if (size > MAX_ENTRY || hg__json_extent(text, size, &items) < 0 || items > MAX_ENTRY_ITEMS) {
        return REFUSE("%s: '%s': expected dtype, shape and data_offsets and nothing else", r->path,
                      tensor.name);
    }
    if (t->count == MAX_TENSORS) {
        return REFUSE("%s: expected at most %d tensors, got more", r->path, MAX_TENSORS);
    }
    char where[1400];
    snprintf(where, sizeof where, "%s: '%s'", r->path, tensor.name);
    hg__json *entry = hg__json_read(text, size, where, r->err);
    if (!entry) return r->err->code;
    int code = read_entry(r, entry, &tensor);
    hg__json_free(entry);
    HG_TRY(code);
    if (t->count == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 16;
        hg__tensor *grown = hg__grow(t->tensor, capacity, sizeof *grown, r->err);
        if (!grown) return HG_ERR_MEMORY;
        t->tensor = grown;
        r->capacity = capacity;
    }
    t->tensor[t->count++] = tensor;
    return HG_OK;
}

// ---- the header ---------------------------------------------------------------------------------

static char peek(reader *r) {
    while (r->at < r->size && strchr(" \t\r\n", r->header[r->at]) && r->header[r->at]) r->at++;
    return r->at < r->size ? r->header[r->at] : '\0';
}

static int expect(reader *r, char mark) {
    if (peek(r) != mark) {
        return REFUSE("%s: header byte %zu: expected '%c'", r->path, r->at, mark);
    }
    r->at++;
    return HG_OK;
}

// "key" : value
static int read_pair(reader *r) {
    size_t items;
    if (peek(r) != '"') return REFUSE("%s: header byte %zu: expected a name", r->path, r->at);
    const char *name_text = r->header + r->at;
    ptrdiff_t name_size = hg__json_extent(name_text, r->size - r->at, &items);
    if (name_size < 0 || name_size > MAX_ENTRY) {
        return REFUSE("%s: header byte %zu: the name is too long", r->path, r->at);
    }
    r->at += (size_t)name_size;
    HG_TRY(expect(r, ':'));
    (void)peek(r);
    const char *text = r->header + r->at;
    ptrdiff_t size = hg__json_extent(text, r->size - r->at, &items);
    if (size < 0) {
        return REFUSE("%s: header byte %zu: expected a value at most %d deep that ends", r->path,
                      r->at, HG_MAX_JSON_DEPTH);
    }
    r->at += (size_t)size;
    hg__json *key = hg__json_read(name_text, (size_t)name_size, r->path, r->err);
    if (!key) return r->err->code;
    const char *name = hg__json_string_value(key);
    int code = strcmp(name, "__metadata__") == 0 ? read_metadata(r, text, (size_t)size)
                                                 : read_tensor(r, name, text, (size_t)size);
    hg__json_free(key);
    return code;
}

static int read_header(reader *r) {
    if (r->header[0] != '{') return REFUSE("%s: expected a header that starts with '{'", r->path);
    r->at = 1;
    if (peek(r) == '}') {
        r->at++;
    } else {
        do {
            HG_TRY(read_pair(r));
            if (peek(r) == '}') break;
            HG_TRY(expect(r, ','));
        } while (true);
        r->at++;
    }
    for (; r->at < r->size; r->at++) {
        if (r->header[r->at] != ' ') {
            return REFUSE("%s: header byte %zu: expected only spaces behind the object", r->path,
                          r->at);
        }
    }
    return HG_OK;
}

// ---- all tensors together -----------------------------------------------------------------------

static int check_names(const reader *r, const hg__place *sorted, size_t count) {
    for (size_t i = 1; i < count; i++) {
        const char *name = sorted[i].tensor->name;
        if (strcmp(sorted[i - 1].tensor->name, name) == 0) {
            return REFUSE("%s: '%s': expected each name once, got it twice", r->path, name);
        }
    }
    return HG_OK;
}

static int check_places(const reader *r, const hg__place *sorted, size_t count) {
    size_t end = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t begin = (size_t)((const uint8_t *)sorted[i].tensor->data - r->data);
        if (begin != end) {
            return REFUSE("%s: '%s': expected its data at byte %zu, got %zu: %s", r->path,
                          sorted[i].tensor->name, end, begin,
                          begin < end ? "tensors overlap" : "there is a hole");
        }
        end += sorted[i].bytes;
    }
    if (end == r->data_size) return HG_OK;
    return REFUSE("%s: expected %zu bytes of data, as the header says, got %zu", r->path, end,
                  r->data_size);
}

static int check_sorted(const reader *r, hg__order order,
                        int (*check)(const reader *, const hg__place *, size_t)) {
    hg__place *sorted = hg__tensors_sort(r->t->tensor, r->t->count, order, r->err);
    if (!sorted) return r->err->code;
    int code = check(r, sorted, r->t->count);
    hg__free(sorted);
    return code;
}

static int check_together(const reader *r) {
    HG_TRY(check_sorted(r, HG_BY_NAME, check_names));
    return check_sorted(r, HG_BY_ADDRESS, check_places);
}

// ---- the file -----------------------------------------------------------------------------------

// What other programs' weights files start with.
static int check_kind(const reader *r, const uint8_t *bytes, size_t size) {
    static const struct {
        const char *start;
        size_t length;
        const char *what;
    } known[] = {
        {"PK\3\4",                  4,  "a zip archive (PyTorch's .pt, Keras' .keras)"},
        {"\x80\2",                  2,  "a Python pickle"                             },
        {"\x80\3",                  2,  "a Python pickle"                             },
        {"\x80\4",                  2,  "a Python pickle"                             },
        {"\x80\5",                  2,  "a Python pickle"                             },
        {"GGUF",                    4,  "a GGUF file"                                 },
        {"\x89HDF\r\n",             6,  "an HDF5 file"                                },
        {"\x93NUMPY",               6,  "a NumPy array"                               },
        {"\x1f\x8b",                2,  "a gzip file"                                 },
        {"<!DOCTYPE",               9,  "a web page"                                  },
        {"<html",                   5,  "a web page"                                  },
        {"version https://git-lfs", 23, "a Git LFS pointer, not the file itself"      },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const bool is_pickle = known[i].length == 2 && bytes[0] == 0x80;
        if (size < known[i].length || memcmp(bytes, known[i].start, known[i].length) != 0) continue;
        // A safetensors header of that very length starts alike, but has '{' at byte 8.
        if (known[i].length <= 4 && size > 8 && bytes[8] == '{') continue;
        return REFUSE(
            "%s: expected a safetensors file, got %s%s", r->path, known[i].what,
            is_pickle || i == 0
                ? "; pickles can run code and are never read: safetensors.torch.save_file() "
                  "writes the weights, hourglass import takes them"
                : "");
    }
    return HG_OK;
}

// What begins like no header: its first eight bytes are no length that one could have, and no object follows.
static int refuse_kind(const reader *r, const uint8_t *bytes, size_t size) {
    char what[64];
    hg__magic_describe(bytes, size, what);
    return REFUSE("%s: expected a safetensors file, got %s; hourglass train writes one into the "
                  "weights folder of its results",
                  r->path, what);
}

// What the first bytes say: the header's length, or that this is no such file.
static int read_length(reader *r, const uint8_t *bytes, size_t size, uint64_t *length) {
    uint64_t header = 0;
    if (size) HG_TRY(check_kind(r, bytes, size));
    if (size == 0) return refuse_kind(r, bytes, size);
    if (size < 10 && hg__magic_is_text(bytes, size)) return refuse_kind(r, bytes, size);
    if (size < 10) return REFUSE("%s: expected at least 10 bytes, got %zu", r->path, size);
    for (int i = 7; i >= 0; i--) header = header << 8 | bytes[i];
    if (header > MAX_HEADER && bytes[8] != '{') return refuse_kind(r, bytes, size);
    if (header < 2 || header > MAX_HEADER) {
        return REFUSE("%s: expected a header of 2 to %d bytes, got %" PRIu64, r->path, MAX_HEADER,
                      header);
    }
    if (header > r->file_size - 8) {
        return REFUSE("%s: expected a header of %" PRIu64 " bytes, got the end of the file after "
                      "%zu",
                      r->path, header, r->file_size - 8);
    }
    *length = header;
    return HG_OK;
}

static int parse(reader *r, const uint8_t *bytes, size_t size) {
    uint64_t header = 0;
    HG_TRY(read_length(r, bytes, size, &header));
    r->header = (const char *)bytes + 8;
    r->size = (size_t)header;
    r->data = bytes + 8 + header;
    r->data_size = size - 8 - (size_t)header;
    HG_TRY(read_header(r));
    return check_together(r);
}

int hg__tensors_parse(hg__tensors *t, const uint8_t *bytes, size_t size, const char *name,
                      hg_error *err) {
    hg_error own; // the code is asked for, even where the caller wants no error
    *t = (hg__tensors){0};
    snprintf(t->path, sizeof t->path, "%s", name);
    reader r = {.t = t, .path = t->path, .file_size = size, .err = err ? err : &own};
    int code = parse(&r, bytes, size);
    if (code < 0) hg__tensors_close(t);
    return code;
}

// Something else that is large is refused by its first bytes, and not read.
static int check_head(int fd, const char *path, hg_error *err) {
    enum { HEAD = 1 << 16 };
    hg_error own;
    hg__content head;
    struct stat s;
    uint64_t length = 0;
    HG_TRY(hg__content_read_descriptor(&head, fd, path, HEAD, err));
    reader r = {.path = path,
                .file_size = fstat(fd, &s) == 0 ? (size_t)s.st_size : head.size,
                .err = err ? err : &own};
    const int code = read_length(&r, head.data, head.size, &length);
    hg__content_free(&head);
    return code;
}

static int open_descriptor(hg__tensors *t, int fd, const char *path, hg_error *err) {
    hg__content content;
    HG_TRY(check_head(fd, path, err));
    HG_TRY(hg__content_read_descriptor(&content, fd, path, SIZE_MAX, err));
    int code = hg__tensors_parse(t, content.data, content.size, path, err);
    if (code < 0) {
        hg__content_free(&content);
    } else {
        t->content = content;
    }
    return code;
}

int hg__tensors_open(hg__tensors *t, const char *path, hg_error *err) {
    *t = (hg__tensors){0};
    const int fd = hg__open_read(path, err);
    if (fd < 0) return fd;
    const int code = open_descriptor(t, fd, path, err);
    close(fd);
    return code;
}

void hg__tensors_close(hg__tensors *t) {
    for (size_t i = 0; i < t->pairs; i++) {
        hg__free(t->key[i]);
        hg__free(t->value[i]);
    }
    hg__free(t->key);
    hg__free(t->value);
    hg__free(t->tensor);
    hg__content_free(&t->content);
    *t = (hg__tensors){0};
}

const hg__tensor *hg__tensors_find(const hg__tensors *t, const char *name) {
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->tensor[i].name, name) == 0) return &t->tensor[i];
    }
    return NULL;
}

const char *hg__tensors_metadata(const hg__tensors *t, const char *key) {
    for (size_t i = 0; i < t->pairs; i++) {
        if (strcmp(t->key[i], key) == 0) return t->value[i];
    }
    return NULL;
}
