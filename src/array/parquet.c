// SPDX-License-Identifier: Apache-2.0
// parquet.c - Apache Parquet, version 1 of its pages, as github.com/apache/parquet-format has it (README.md, Encodings.md, parquet.thrift):
//
//   "PAR1"
//   row group: for each column one page: header, values          plain, not compressed, no value is missing: so no levels
//   row group ...
//   footer: FileMetaData, its length (4 bytes, little-endian), "PAR1"
//
// Headers and footer are structs of Thrift's compact protocol (github.com/apache/thrift, thrift-compact-protocol.md).
#include "array/parquet.h"

#include <stdio.h>
#include <string.h>

#include "hourglass.h"

#include "base/mem.h"

static const char magic[4] = {'P', 'A', 'R', '1'};

// ---- Thrift's compact protocol ------------------------------------------------------------------

enum { T_I32 = 5, T_I64 = 6, T_BINARY = 8, T_LIST = 9, T_STRUCT = 12 };

static void add_byte(hg__text *t, uint32_t byte) {
    const char c = (char)(unsigned char)byte;
    hg__text_add_bytes(t, &c, 1);
}

static void add_varint(hg__text *t, uint64_t x) {
    for (; x >= 128; x >>= 7) add_byte(t, (uint32_t)(x & 127) | 128);
    add_byte(t, (uint32_t)x);
}

// Whole numbers that are never below 0, as all of ours: zigzag has them twice.
static void add_whole(hg__text *t, uint64_t x) {
    add_varint(t, 2 * x);
}

// A field begins with how far its number is from the last one's.
static void add_field(hg__text *t, uint32_t further, uint32_t type) {
    add_byte(t, further << 4 | type);
}

static void add_i32(hg__text *t, uint32_t further, uint64_t x) {
    add_field(t, further, T_I32);
    add_whole(t, x);
}

static void add_i64(hg__text *t, uint32_t further, uint64_t x) {
    add_field(t, further, T_I64);
    add_whole(t, x);
}

static void add_string(hg__text *t, const char *text) {
    const size_t length = strlen(text);
    add_varint(t, length);
    hg__text_add_bytes(t, text, length);
}

static void add_list(hg__text *t, uint32_t further, uint32_t type, uint64_t count) {
    if (further) add_field(t, further, T_LIST);
    add_byte(t, (uint32_t)(count < 15 ? count : 15) << 4 | type);
    if (count >= 15) add_varint(t, count);
}

static void end_struct(hg__text *t) {
    add_byte(t, 0);
}

// ---- what is written ----------------------------------------------------------------------------

enum { TYPE_FLOAT = 4, REQUIRED = 0, PLAIN = 0, RLE = 3, UNCOMPRESSED = 0, DATA_PAGE = 0 };

static void add_page_header(hg__text *t, uint64_t rows) {
    add_i32(t, 1, DATA_PAGE);
    add_i32(t, 1, rows * sizeof(float)); // as it is
    add_i32(t, 1, rows * sizeof(float)); // and compressed
    add_field(t, 2, T_STRUCT);           // data_page_header
    add_i32(t, 1, rows);
    add_i32(t, 1, PLAIN);
    add_i32(t, 1, RLE); // of definition levels and repetition levels, which are not there
    add_i32(t, 1, RLE);
    end_struct(t);
    end_struct(t);
}

static void add_schema(hg__text *t, const hg__parquet *p, const char *const *column, char letter) {
    char name[16];
    add_list(t, 1, T_STRUCT, (uint64_t)p->width + 1);
    add_field(t, 4, T_BINARY);
    add_string(t, "rows");
    add_i32(t, 1, (uint64_t)p->width);
    end_struct(t);
    for (int32_t j = 0; j < p->width; j++) {
        snprintf(name, sizeof name, "%c%d", letter, j);
        add_i32(t, 1, TYPE_FLOAT);
        add_i32(t, 2, REQUIRED);
        add_field(t, 1, T_BINARY);
        add_string(t, column ? column[j] : name);
        end_struct(t);
    }
}

// One page that begins at `at` and takes `bytes`.
static void add_chunk(hg__text *t, const char *name, uint64_t rows, uint64_t at, uint64_t bytes) {
    add_i64(t, 2, at);         // file_offset
    add_field(t, 1, T_STRUCT); // meta_data
    add_i32(t, 1, TYPE_FLOAT);
    add_list(t, 1, T_I32, 1);
    add_whole(t, PLAIN);
    add_list(t, 1, T_BINARY, 1);
    add_string(t, name);
    add_i32(t, 1, UNCOMPRESSED);
    add_i64(t, 1, rows);
    add_i64(t, 1, bytes); // as it is, compressed
    add_i64(t, 1, bytes);
    add_i64(t, 2, at); // of the page
    end_struct(t);
    end_struct(t);
}

static int add_group(hg__text *t, const hg__parquet *p, int64_t group, const char *const *column,
                     char letter, hg_error *err) {
    const bool is_last = group + 1 == p->groups;
    const uint64_t rows = (uint64_t)(is_last ? p->rows - group * p->most : p->most);
    const uint64_t width = (uint64_t)p->width;
    hg__text header = {0};
    char name[16];
    add_page_header(&header, rows);
    const uint64_t bytes = header.length + rows * sizeof(float);
    const bool failed = header.failed;
    hg__text_clear(&header);
    if (failed) return hg__fail(err, HG_ERR_MEMORY, "parquet: out of memory");
    add_list(t, 1, T_STRUCT, width);
    for (uint64_t j = 0; j < width; j++) {
        snprintf(name, sizeof name, "%c%d", letter, (int)j);
        add_chunk(t, column ? column[j] : name, rows, p->start[group] + j * bytes, bytes);
    }
    add_i64(t, 1, width * bytes);
    add_i64(t, 1, rows);
    end_struct(t);
    return HG_OK;
}

static int add_footer(hg__text *t, const hg__parquet *p, const char *const *column, char letter,
                      hg_error *err) {
    add_i32(t, 1, 1); // version
    add_schema(t, p, column, letter);
    add_i64(t, 1, (uint64_t)p->rows);
    add_list(t, 1, T_STRUCT, (uint64_t)p->groups);
    for (int64_t g = 0; g < p->groups && !t->failed; g++) {
        HG_TRY(add_group(t, p, g, column, letter, err));
    }
    add_field(t, 2, T_BINARY); // created_by
    add_string(t, "hourglass version " HG_VERSION);
    end_struct(t);
    return t->failed ? hg__fail(err, HG_ERR_MEMORY, "parquet: out of memory") : HG_OK;
}

// ---- rows ---------------------------------------------------------------------------------------

int hg__parquet_open(hg__parquet *p, hg__writer *w, int32_t width, hg_error *err) {
    enum { NUMBERS = 1 << 22, MOST = 1 << 18 };
    *p = (hg__parquet){.width = width, .at = sizeof magic};
    if (width > HG_PARQUET_COLUMNS) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: a parquet file holds at most %d columns here, got %d", w->path,
                        HG_PARQUET_COLUMNS, width);
    }
    p->most = NUMBERS / width < MOST ? NUMBERS / width : MOST;
    p->group = hg__alloc((size_t)width * (size_t)p->most, sizeof *p->group, err);
    return p->group ? hg__writer_add(w, magic, sizeof magic, err) : HG_ERR_MEMORY;
}

void hg__parquet_clear(hg__parquet *p) {
    hg__free(p->group);
    hg__free(p->start);
    *p = (hg__parquet){0};
}

static int note_group(hg__parquet *p, hg_error *err) {
    if (p->groups == p->room) {
        const int64_t room = p->room ? 2 * p->room : 16;
        uint64_t *grown = hg__grow(p->start, (size_t)room, sizeof *grown, err);
        if (!grown) return HG_ERR_MEMORY;
        p->start = grown;
        p->room = room;
    }
    p->start[p->groups++] = p->at;
    return HG_OK;
}

static int write_group(hg__parquet *p, hg__writer *w, hg_error *err) {
    hg__text header = {0};
    HG_TRY(note_group(p, err));
    add_page_header(&header, (uint64_t)p->waiting);
    const size_t bytes = (size_t)p->waiting * sizeof *p->group;
    int code = header.failed ? hg__fail(err, HG_ERR_MEMORY, "parquet: out of memory") : HG_OK;
    for (size_t j = 0; code == HG_OK && j < (size_t)p->width; j++) {
        code = hg__writer_add(w, header.data, header.length, err);
        if (code < 0) break;
        code = hg__writer_add(w, p->group + j * (size_t)p->most, bytes, err);
        p->at += header.length + bytes;
    }
    hg__text_clear(&header);
    p->waiting = 0;
    return code;
}

int hg__parquet_add(hg__parquet *p, hg__writer *w, const float *x, size_t rows, hg_error *err) {
    const size_t width = (size_t)p->width, most = (size_t)p->most;
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < width; j++) {
            p->group[j * most + (size_t)p->waiting] = x[i * width + j];
        }
        p->rows++;
        if (++p->waiting == p->most) HG_TRY(write_group(p, w, err));
    }
    return HG_OK;
}

int hg__parquet_finish(hg__parquet *p, hg__writer *w, const char *const *column, char letter,
                       hg_error *err) {
    hg__text footer = {0};
    if (p->waiting) HG_TRY(write_group(p, w, err));
    int code = add_footer(&footer, p, column, letter, err);
    if (code == HG_OK && footer.length > INT32_MAX) {
        code = hg__fail(err, HG_ERR_USAGE, "%s: too many row groups for a parquet file", w->path);
    }
    const uint32_t size = (uint32_t)footer.length;
    for (uint32_t i = 0; i < 4; i++) add_byte(&footer, size >> (8 * i) & 255);
    hg__text_add_bytes(&footer, magic, sizeof magic);
    if (code == HG_OK && footer.failed) {
        code = hg__fail(err, HG_ERR_MEMORY, "parquet: out of memory");
    }
    if (code == HG_OK) code = hg__writer_add(w, footer.data, footer.length, err);
    hg__text_clear(&footer);
    return code;
}
