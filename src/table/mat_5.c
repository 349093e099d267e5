// SPDX-License-Identifier: Apache-2.0
// mat_5.c - MATLAB files of version 5 ("MAT-File Format", MathWorks).
//
//   128 bytes | element | element ...      element: type, bytes of data (two words), data
//
// An array is an element of type matrix, or one of type compressed that unpacks to such: its flags, sizes, name and numbers, each an element.
// Cells, structures and objects hold more arrays; of these only the name is read. So what a header promises is
// never believed: bytes are fetched as they are needed, and memory is taken for what the element can hold.
#include <string.h>
#include <zlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "table/mat.h"

enum { TAG = 8, PACKED_BLOCK = 1 << 14, OPAQUE = 17 };
enum {
    T_INT8 = 1,
    T_UINT8 = 2,
    T_INT32 = 5,
    T_UINT32 = 6,
    T_MATRIX = 14,
    T_COMPRESSED = 15,
    T_UTF8 = 16
};

// By type of element; 0: no numbers.
static const struct {
    hg__dtype dtype;
    bool is_number;
} types[] = {
    [1] = {HG_I8,  true},
      [2] = {HG_U8,  true},
      [3] = {HG_I16, true},
      [4] = {HG_U16, true},
    [5] = {HG_I32, true},
      [6] = {HG_U32, true},
      [7] = {HG_F32, true},
      [9] = {HG_F64, true},
    [12] = {HG_I64, true},
      [13] = {HG_U64, true},
};

// The bytes of one top-level element, unpacked, from front to back.
typedef struct stream {
    const hg__mat_file *f;
    uint64_t at, end; // in the file
    bool packed, open, ended;
    z_stream z;
    uint8_t block[PACKED_BLOCK];
} stream;

// An element within an array. Up to 4 bytes may stand in the tag.
typedef struct part {
    uint32_t type;
    uint64_t size;
    bool is_small;
    uint8_t bytes[4];
} part;

static uint32_t get_word(const uint8_t *bytes, bool big) {
    uint32_t x = 0;
    for (int i = 0; i < 4; i++) x |= (uint32_t)bytes[i] << 8 * (big ? 3 - i : i);
    return x;
}

bool hg__mat_has_mark(const uint8_t *head, uint8_t version) {
    const bool little = memcmp(head + 126, "IM", 2) == 0, big = memcmp(head + 126, "MI", 2) == 0;
    return (little && head[124] == 0 && head[125] == version) ||
           (big && head[124] == version && head[125] == 0);
}

// ---- bytes --------------------------------------------------------------------------------------

static void *zlib_alloc(void *context, unsigned count, unsigned size) {
    (void)context;
    size_t bytes;
    return hg__multiply(count, size, &bytes) ? hg__lib_malloc(bytes) : NULL;
}

static void zlib_free(void *context, void *block) {
    (void)context;
    hg__lib_free(block);
}

static void stream_free(stream *s) {
    if (s && s->open) inflateEnd(&s->z);
    hg__free(s);
}

// Of the element whose tag is at a->at.
static stream *stream_new(const hg__mat_file *f, const hg__mat_array *a, hg_error *err) {
    stream *s = hg__alloc(1, sizeof *s, err);
    uint8_t tag[TAG];
    if (!s) return NULL;
    s->f = f;
    s->at = a->at;
    s->end = a->at + a->size;
    if (hg__read_at(f->fd, tag, sizeof tag, a->at, f->path, err) < 0) {
        stream_free(s);
        return NULL;
    }
    s->packed = get_word(tag, f->big) == T_COMPRESSED;
    if (!s->packed) return s;
    s->at += TAG;
    s->z.zalloc = zlib_alloc;
    s->z.zfree = zlib_free;
    s->open = inflateInit(&s->z) == Z_OK;
    if (s->open) return s;
    stream_free(s);
    hg__fail(err, HG_ERR_MEMORY, "out of memory: could not unpack %s", f->path);
    return NULL;
}

static int fail_damaged(const stream *s, hg_error *err) {
    return hg__fail(err, HG_ERR_DATA, "%s: the array that ends at byte %llu is damaged", s->f->path,
                    (unsigned long long)s->end);
}

static int fetch(stream *s, hg_error *err) {
    const uint64_t left = s->end - s->at;
    const size_t n = left < PACKED_BLOCK ? (size_t)left : PACKED_BLOCK;
    if (n == 0) return fail_damaged(s, err);
    HG_TRY(hg__read_at(s->f->fd, s->block, n, s->at, s->f->path, err));
    s->at += n;
    s->z.next_in = s->block;
    s->z.avail_in = (uInt)n;
    return HG_OK;
}

// Exactly n bytes.
static int get_packed(stream *s, uint8_t *to, size_t n, hg_error *err) {
    while (n) {
        if (s->ended) return fail_damaged(s, err);
        if (s->z.avail_in == 0) HG_TRY(fetch(s, err));
        const size_t want = n < (1U << 30) ? n : 1U << 30;
        s->z.next_out = to;
        s->z.avail_out = (uInt)want;
        const int code = inflate(&s->z, Z_NO_FLUSH);
        to += want - s->z.avail_out;
        n -= want - s->z.avail_out;
        s->ended = code == Z_STREAM_END;
        if (code == Z_MEM_ERROR) {
            return hg__fail(err, HG_ERR_MEMORY, "out of memory: could not unpack %s", s->f->path);
        }
        const bool is_fine = code == Z_OK || code == Z_BUF_ERROR || s->ended;
        if (!is_fine) return fail_damaged(s, err);
    }
    return HG_OK;
}

static int get(stream *s, uint8_t *to, size_t n, hg_error *err) {
    if (s->packed) return get_packed(s, to, n, err);
    if (s->end - s->at < n) return fail_damaged(s, err);
    HG_TRY(hg__read_at(s->f->fd, to, n, s->at, s->f->path, err));
    s->at += n;
    return HG_OK;
}

static int skip(stream *s, uint64_t n, hg_error *err) {
    uint8_t scrap[512];
    if (!s->packed) {
        if (s->end - s->at < n) return fail_damaged(s, err);
        s->at += n;
        return HG_OK;
    }
    while (n) {
        const size_t some = n < sizeof scrap ? (size_t)n : sizeof scrap;
        HG_TRY(get(s, scrap, some, err));
        n -= some;
    }
    return HG_OK;
}

// ---- elements -----------------------------------------------------------------------------------

static int get_part(stream *s, part *p, hg_error *err) {
    uint8_t tag[TAG];
    HG_TRY(get(s, tag, sizeof tag, err));
    const uint32_t first = get_word(tag, s->f->big);
    *p = (part){.type = first & 0xffff, .size = first >> 16, .is_small = first >> 16 != 0};
    if (p->size > 4) return fail_damaged(s, err);
    memcpy(p->bytes, tag + 4, sizeof p->bytes);
    if (!p->is_small) *p = (part){.type = first, .size = get_word(tag + 4, s->f->big)};
    return HG_OK;
}

// The first bytes of its data, up to `most`; what is behind them is passed over, up to the next element.
static int get_data(stream *s, const part *p, uint8_t *to, size_t most, hg_error *err) {
    const size_t n = p->size < most ? (size_t)p->size : most;
    if (p->is_small) {
        memcpy(to, p->bytes, n);
        return HG_OK;
    }
    HG_TRY(get(s, to, n, err));
    return skip(s, (p->size + TAG - 1) / TAG * TAG - n, err);
}

static int get_sizes(stream *s, hg__mat_array *a, hg_error *err) {
    part p;
    uint8_t words[8] = {0};
    HG_TRY(get_part(s, &p, err));
    const bool is_list = p.type == T_INT32 || p.type == T_UINT32;
    if (!is_list || p.size % 4 || p.size < 8 || p.size > 4 * HG_MAT_ARRAYS) {
        return fail_damaged(s, err);
    }
    HG_TRY(get_data(s, &p, words, sizeof words, err));
    a->rank = (int32_t)(p.size / 4);
    for (int i = 0; i < 2; i++) {
        a->dim[i] = get_word(words + (ptrdiff_t)4 * i, s->f->big);
        if (a->dim[i] > INT32_MAX) return fail_damaged(s, err);
    }
    return HG_OK;
}

// What stands before an array's numbers. 0 where the element is no array.
static int get_header(stream *s, hg__mat_array *a, hg_error *err) {
    part p;
    uint8_t flags[8];
    HG_TRY(get_part(s, &p, err));
    if (p.type != T_MATRIX || p.is_small || p.size == 0) return 0;
    HG_TRY(get_part(s, &p, err));
    if (p.type != T_UINT32 || p.size != sizeof flags) return fail_damaged(s, err);
    HG_TRY(get_data(s, &p, flags, sizeof flags, err));
    const uint32_t word = get_word(flags, s->f->big);
    a->class = (int32_t)(word & 0xff);
    a->is_complex = word & 0x800;
    if (a->class != OPAQUE) HG_TRY(get_sizes(s, a, err));
    HG_TRY(get_part(s, &p, err));
    if (p.type != T_INT8 && p.type != T_UINT8 && p.type != T_UTF8) return fail_damaged(s, err);
    HG_TRY(get_data(s, &p, (uint8_t *)a->name, sizeof a->name - 1, err));
    return 1;
}

// ---- the file -----------------------------------------------------------------------------------

// A file that ends too early is none of fewer arrays: elements must end where the file does.
static int open_5(hg__mat_file *f, hg_error *err) {
    uint8_t head[HG_MAT_HEADER];
    HG_TRY(hg__read_at(f->fd, head, sizeof head, 0, f->path, err));
    f->big = head[126] == 'M';
    f->at = HG_MAT_HEADER;
    uint64_t at = f->at;
    for (int32_t arrays = 0; at < f->size && arrays <= HG_MAT_ARRAYS; arrays++) {
        uint8_t tag[TAG];
        uint64_t size = 0;
        const bool has_tag = f->size - at >= sizeof tag;
        if (has_tag) HG_TRY(hg__read_at(f->fd, tag, sizeof tag, at, f->path, err));
        if (has_tag) size = get_word(tag + 4, f->big);
        if (!has_tag || f->size - at - sizeof tag < size) {
            return hg__fail(err, HG_ERR_DATA,
                            "%s: expected the array at byte %llu to end within the file, got the "
                            "end of the file at byte %llu",
                            f->path, (unsigned long long)at, (unsigned long long)f->size);
        }
        at += sizeof tag + size;
    }
    return HG_OK;
}

static int next_5(hg__mat_file *f, hg__mat_array *a, hg_error *err) {
    for (int code = 0; code == 0;) {
        uint8_t tag[TAG];
        if (f->at >= f->size) return 0;
        HG_TRY(hg__read_at(f->fd, tag, sizeof tag, f->at, f->path, err));
        *a = (hg__mat_array){.at = f->at, .size = TAG + (uint64_t)get_word(tag + 4, f->big)};
        f->at += a->size;
        stream *s = stream_new(f, a, err);
        code = s ? get_header(s, a, err) : HG_ERR_MEMORY;
        stream_free(s);
        if (code < 0) return code;
    }
    return 1;
}

static int get_numbers(stream *s, const hg__mat_array *a, size_t count, hg__mat_numbers *to,
                       hg_error *err) {
    part p;
    HG_TRY(get_part(s, &p, err));
    if (p.type >= sizeof types / sizeof *types || !types[p.type].is_number) {
        return fail_damaged(s, err);
    }
    const hg__dtype dtype = types[p.type].dtype;
    const size_t cell = hg__dtype_size(dtype);
    const uint64_t left = s->packed ? a->size * HG_MAT_RATIO : s->end - s->at;
    if (count > p.size / cell || (!p.is_small && p.size > left)) {
        return hg__mat_fail_short(s->f, a, err);
    }
    *to = (hg__mat_numbers){hg__alloc(count, cell, err), dtype, s->f->big};
    if (!to->bytes) return HG_ERR_MEMORY;
    if (!p.is_small) return get(s, to->bytes, count * cell, err);
    memcpy(to->bytes, p.bytes, count * cell);
    return HG_OK;
}

static int read_5(hg__mat_file *f, const hg__mat_array *a, size_t count, hg__mat_numbers *to,
                  hg_error *err) {
    hg__mat_array again = *a;
    stream *s = stream_new(f, a, err);
    int code = s ? get_header(s, &again, err) : HG_ERR_MEMORY;
    if (code > 0) code = get_numbers(s, a, count, to, err);
    stream_free(s);
    return code;
}

const hg__mat_kind hg__mat_5 = {open_5, next_5, read_5};
