// SPDX-License-Identifier: Apache-2.0
// onnx_read.c - reads the weights of ONNX files: protocol buffers, of which only a handful of fields is looked at.
//
//   ModelProto { 7: GraphProto { 5: TensorProto { 1: dims, 2: data_type, 4: float_data, 8: name, 9: raw_data,
//                                                 13: external_data, 14: data_location } ... } }
//
// A message is a row of fields: a varint (number << 3 | wire type), then a varint, 4 or 8 bytes, or a length and as many bytes.
// One cursor reads all of it, never past its end; there are three messages inside each other and no more, whatever the file
// says. Numbers and names: onnx.proto, https://github.com/onnx/onnx; the encoding: https://protobuf.dev/programming-guides/encoding.
#include "model/onnx_read.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { MAX_TENSORS = 65536 };
enum { VARINT = 0, EIGHT_BYTES = 1, LENGTH = 2, FOUR_BYTES = 5 };      // wire types
enum { MODEL_IR_VERSION = 1, MODEL_GRAPH = 7, GRAPH_INITIALIZER = 5 }; // fields
enum { DIMS = 1, DATA_TYPE = 2, FLOAT_DATA = 4, NAME = 8, RAW_DATA = 9, EXTERNAL_DATA = 13 };
enum { DATA_LOCATION = 14, EXTERNAL = 1 };
enum { TYPE_FLOAT = 1, TYPE_FLOAT16 = 10, TYPE_DOUBLE = 11, TYPE_BFLOAT16 = 16 };

// ---- the encoding ---------------------------------------------------------------------------------

typedef struct cursor {
    const uint8_t *at;
    size_t left;
} cursor;

typedef struct field {
    uint32_t number, wire;
    uint64_t value; // of a varint
    cursor bytes;   // of LENGTH
} field;

typedef struct reader {
    hg__tensors *t;
    const uint8_t *start; // of the file, for places in sentences
    size_t capacity;      // of t->tensor
    hg_error *err;        // never NULL
} reader;

#define REFUSE(...) hg__fail(r->err, HG_ERR_MODEL, __VA_ARGS__)

static int refuse_end(const reader *r, const cursor *c) {
    return REFUSE("%s: byte %zu: expected a whole field of an ONNX file, got its end", r->t->path,
                  (size_t)(c->at - r->start));
}

static int read_varint(const reader *r, cursor *c, uint64_t *value) {
    *value = 0;
    for (uint32_t i = 0; i < 10; i++) {
        if (c->left == 0) return refuse_end(r, c);
        const uint8_t byte = *c->at++;
        c->left--;
        *value |= (uint64_t)(byte & 127) << (7 * i); // of the tenth byte one bit counts
        if (byte < 128) return HG_OK;
    }
    return REFUSE("%s: byte %zu: expected a number of at most 10 bytes", r->t->path,
                  (size_t)(c->at - r->start));
}

static int take(const reader *r, cursor *c, uint64_t size, cursor *bytes) {
    if (size > c->left) return refuse_end(r, c);
    *bytes = (cursor){c->at, (size_t)size};
    c->at += size;
    c->left -= (size_t)size;
    return HG_OK;
}

static int read_field(const reader *r, cursor *c, field *f) {
    uint64_t key, size;
    *f = (field){0};
    HG_TRY(read_varint(r, c, &key));
    f->number = (uint32_t)(key >> 3);
    f->wire = (uint32_t)(key & 7);
    if (key >> 32 == 0 && f->number > 0) {
        switch (f->wire) {
        case VARINT: return read_varint(r, c, &f->value);
        case EIGHT_BYTES: return take(r, c, 8, &f->bytes);
        case FOUR_BYTES: return take(r, c, 4, &f->bytes);
        case LENGTH: HG_TRY(read_varint(r, c, &size)); return take(r, c, size, &f->bytes);
        default: break;
        }
    }
    return REFUSE("%s: byte %zu: expected a field of an ONNX file, got the key %" PRIu64,
                  r->t->path, (size_t)(c->at - r->start), key);
}

static bool is(const field *f, uint32_t number, uint32_t wire) {
    return f->number == number && f->wire == wire;
}

// ---- a tensor -------------------------------------------------------------------------------------

typedef struct initializer {
    hg__tensor tensor;
    uint64_t type;
    cursor name, raw, floats;
    int pieces; // of data
    bool is_external, has_many_dims;
} initializer;

static void add_dim(initializer *n, uint64_t value) {
    hg__shape *s = &n->tensor.shape;
    n->has_many_dims |= s->rank == HG_MAX_RANK;
    if (!n->has_many_dims) s->dim[s->rank++] = value > INT64_MAX ? -1 : (int64_t)value;
}

static int read_dims(const reader *r, const field *f, initializer *n) {
    cursor c = f->bytes;
    if (f->wire == VARINT) add_dim(n, f->value);
    while (f->wire == LENGTH && c.left && !n->has_many_dims) {
        uint64_t value;
        HG_TRY(read_varint(r, &c, &value));
        add_dim(n, value);
    }
    return HG_OK;
}

static int read_fields(const reader *r, cursor c, initializer *n) {
    while (c.left) {
        field f;
        HG_TRY(read_field(r, &c, &f));
        if (f.number == DIMS) HG_TRY(read_dims(r, &f, n));
        if (is(&f, DATA_TYPE, VARINT)) n->type = f.value;
        if (is(&f, NAME, LENGTH)) n->name = f.bytes;
        if (is(&f, RAW_DATA, LENGTH)) n->raw = f.bytes, n->pieces++;
        if (is(&f, FLOAT_DATA, LENGTH)) n->floats = f.bytes, n->pieces++;
        if (is(&f, FLOAT_DATA, FOUR_BYTES)) n->pieces = 2; // number by number
        n->is_external |=
            f.number == EXTERNAL_DATA || (f.number == DATA_LOCATION && f.value == EXTERNAL);
    }
    return HG_OK;
}

// Whether it is of a type that weights are of.
static bool find_dtype(initializer *n) {
    static const struct {
        uint64_t type;
        hg__dtype dtype;
    } known[] = {
        {TYPE_FLOAT,    HG_F32 },
        {TYPE_FLOAT16,  HG_F16 },
        {TYPE_DOUBLE,   HG_F64 },
        {TYPE_BFLOAT16, HG_BF16}
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        n->tensor.dtype = known[i].dtype;
        if (known[i].type == n->type) return true;
    }
    return false;
}

static int take_name(const reader *r, initializer *n) {
    const size_t most = sizeof n->tensor.name - 1;
    if (n->name.left > most || memchr(n->name.at, 0, n->name.left)) {
        return REFUSE("%s: expected tensors' names of at most %zu bytes", r->t->path, most);
    }
    memcpy(n->tensor.name, n->name.at, n->name.left);
    return HG_OK;
}

static int take_data(const reader *r, initializer *n) {
    hg__tensor *t = &n->tensor;
    const cursor data = n->raw.at ? n->raw : n->floats;
    char shape[128];
    size_t bytes = 0;
    if (n->is_external) {
        return REFUSE("%s: '%s': expected its data in the file, got a place in another: "
                      "onnx.save(..., save_as_external_data=False) writes one file",
                      r->t->path, t->name);
    }
    if (n->has_many_dims) {
        return REFUSE("%s: '%s': expected a shape of at most %d numbers", r->t->path, t->name,
                      HG_MAX_RANK);
    }
    if (n->pieces > 1 || (n->floats.at && t->dtype != HG_F32)) {
        return REFUSE("%s: '%s': expected its data in one piece", r->t->path, t->name);
    }
    for (int32_t i = 0; i < t->shape.rank; i++) {
        if (t->shape.dim[i] >= 0) continue;
        return REFUSE("%s: '%s': expected a shape of whole numbers from 0", r->t->path, t->name);
    }
    hg__shape_format(&t->shape, shape);
    if (!hg__shape_count(&t->shape, &bytes) ||
        !hg__multiply(bytes, hg__dtype_size(t->dtype), &bytes) || bytes != data.left) {
        return REFUSE("%s: '%s': expected the bytes of %s %s, got %zu", r->t->path, t->name,
                      hg__dtype_name(t->dtype), shape, data.left);
    }
    t->data = data.at ? data.at : r->start; // of no bytes
    return HG_OK;
}

static int add_tensor(reader *r, cursor c) {
    hg__tensors *t = r->t;
    initializer n = {
        .name = {(const uint8_t *)"", 0}
    };
    HG_TRY(read_fields(r, c, &n));
    if (!find_dtype(&n)) return HG_OK;
    HG_TRY(take_name(r, &n));
    HG_TRY(take_data(r, &n));
    if (t->count == MAX_TENSORS) {
        return REFUSE("%s: expected at most %d tensors, got more", t->path, MAX_TENSORS);
    }
    if (t->count == r->capacity) {
        const size_t capacity = r->capacity ? 2 * r->capacity : 16;
        hg__tensor *grown = hg__grow(t->tensor, capacity, sizeof *grown, r->err);
        if (!grown) return HG_ERR_MEMORY;
        t->tensor = grown;
        r->capacity = capacity;
    }
    t->tensor[t->count++] = n.tensor;
    return HG_OK;
}

// ---- the file -------------------------------------------------------------------------------------

static int read_graph(reader *r, cursor c) {
    while (c.left) {
        field f;
        HG_TRY(read_field(r, &c, &f));
        if (is(&f, GRAPH_INITIALIZER, LENGTH)) HG_TRY(add_tensor(r, f.bytes));
    }
    return HG_OK;
}

static int check_names(const reader *r) {
    const hg__tensors *t = r->t;
    hg__place *sorted = hg__tensors_sort(t->tensor, t->count, HG_BY_NAME, r->err);
    if (!sorted) return r->err->code;
    int code = HG_OK;
    for (size_t i = 1; i < t->count && code == HG_OK; i++) {
        const char *name = sorted[i].tensor->name;
        if (strcmp(sorted[i - 1].tensor->name, name) != 0) continue;
        code = REFUSE("%s: '%s': expected each name once, got it twice", t->path, name);
    }
    hg__free(sorted);
    return code;
}

static int read_model(reader *r, cursor c) {
    bool has_graph = false;
    if (!hg__is_onnx(c.at, c.left)) {
        return REFUSE("%s: expected an ONNX file, got something else", r->t->path);
    }
    while (c.left) {
        field f;
        HG_TRY(read_field(r, &c, &f));
        if (!is(&f, MODEL_GRAPH, LENGTH)) continue;
        has_graph = true;
        HG_TRY(read_graph(r, f.bytes));
    }
    if (!has_graph) return REFUSE("%s: expected an ONNX file with a graph, got none", r->t->path);
    return check_names(r);
}

// Its version comes first, a small number, and then a field of text or another number.
bool hg__is_onnx(const uint8_t *head, size_t size) {
    return size > 2 && head[0] == (MODEL_IR_VERSION << 3 | VARINT) && head[1] > 0 && head[1] < 64 &&
           (size <= 8 || head[8] != '{');
}

int hg__onnx_parse(hg__tensors *t, const uint8_t *bytes, size_t size, const char *name,
                   hg_error *err) {
    hg_error own; // the code is asked for, even where the caller wants no error
    *t = (hg__tensors){0};
    snprintf(t->path, sizeof t->path, "%s", name);
    reader r = {.t = t, .start = bytes, .err = err ? err : &own};
    const int code = read_model(&r, (cursor){bytes, size});
    if (code < 0) hg__tensors_close(t);
    return code;
}

int hg__onnx_open(hg__tensors *t, const char *path, hg_error *err) {
    hg__content content;
    *t = (hg__tensors){0};
    HG_TRY(hg__content_read(&content, path, err));
    const int code = hg__onnx_parse(t, content.data, content.size, path, err);
    if (code < 0) {
        hg__content_free(&content);
    } else {
        t->content = content;
    }
    return code;
}
