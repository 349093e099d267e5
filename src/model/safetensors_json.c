// SPDX-License-Identifier: Apache-2.0
// safetensors_json.c - jansson behind our allocator, and a scanner that bounds what it is given.
#include "model/safetensors_json.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;

// Where memory runs out, jansson 2.14's parser drops characters in silence, calls the text invalid, or frees
// a string twice (parse_value() and then lex_close()). So we look ourselves; from the first failure to the
// end of the parse every allocation fails, and the block that is freed next is not freed again.
static _Thread_local bool parsing, ran_out;
static _Thread_local void *freed;

static void *note_malloc(size_t size) {
    void *block = parsing && ran_out ? NULL : hg__lib_malloc(size);
    if (!block) ran_out = true;
    return block;
}

static void note_free(void *block) {
    if (parsing && ran_out && block) {
        if (block == freed) return;
        if (!freed) freed = block;
    }
    hg__lib_free(block);
}

static void use_our_memory(void) {
    json_set_alloc_funcs(note_malloc, note_free);
}

static json_t *parse(const char *text, size_t size, json_error_t *why) {
    ran_out = false;
    freed = NULL;
    parsing = true;
    json_t *value = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, why);
    parsing = false;
    return value;
}

void hg__json_begin(void) {
    pthread_once(&once, use_our_memory);
}

// Behind the closing quote of the string that starts at i, or size + 1.
static size_t string_end(const char *text, size_t size, size_t i) {
    for (i++; i < size && text[i] != '"'; i++) {
        if (text[i] == '\\') i++;
    }
    return i < size ? i + 1 : size + 1;
}

ptrdiff_t hg__json_extent(const char *text, size_t size, size_t *items) {
    int depth = 0;
    size_t i = 0;
    *items = 0;
    while (i < size) {
        const char c = text[i];
        const bool ends = c == ',' || c == '}' || c == ']';
        if (depth == 0 && ends) return (ptrdiff_t)i;
        if (c == '"') {
            i = string_end(text, size, i);
        } else {
            if (c == '{' || c == '[') depth++;
            if (c == '}' || c == ']') depth--;
            *items += c == ',';
            i++;
        }
        if (depth > HG_MAX_JSON_DEPTH || i > size) return -1;
        if (depth == 0 && (c == '"' || ends)) return (ptrdiff_t)i;
    }
    return depth == 0 ? (ptrdiff_t)size : -1;
}

json_t *hg__json_read(const char *text, size_t size, const char *where, hg_error *err) {
    size_t items;
    hg__json_begin();
    if (hg__json_extent(text, size, &items) < 0) {
        hg__fail(err, HG_ERR_MODEL, "%s: expected JSON at most %d deep, got text that never ends",
                 where, HG_MAX_JSON_DEPTH);
        return NULL;
    }
    if (items > HG_MAX_JSON_ITEMS) {
        hg__fail(err, HG_ERR_MODEL, "%s: expected JSON of at most %d items, got %zu", where,
                 HG_MAX_JSON_ITEMS, items);
        return NULL;
    }
    json_error_t why = {0};
    json_t *value = parse(text, size, &why);
    if (value && !ran_out) return value;
    json_decref(value);
    if (ran_out) {
        hg__fail(err, HG_ERR_MEMORY, "%s: out of memory while reading JSON", where);
    } else if (json_error_code(&why) == json_error_null_character) {
        hg__fail(err, HG_ERR_MODEL, "%s: expected texts without a zero byte", where);
    } else {
        hg__fail(err, HG_ERR_MODEL, "%s: expected JSON, got an error: %s", where, why.text);
    }
    return NULL;
}

static int add_bytes(const char *bytes, size_t size, void *text) {
    return hg__text_add_bytes(text, bytes, size) < 0 ? -1 : 0;
}

char *hg__json_text(const json_t *value, hg_error *err) {
    hg__text t = {0};
    hg__json_begin();
    if (json_dump_callback(value, add_bytes, &t, JSON_COMPACT | JSON_ENCODE_ANY) != 0) {
        t.failed = true;
    }
    return hg__text_take(&t, err);
}

json_t *hg__json_string(const char *text, hg_error *err) {
    hg__json_begin();
    ran_out = false;
    json_t *string = json_string(text);
    if (string) return string;
    hg__text wide = {0};
    for (const char *c = text; *c && !ran_out; c++) { // no UTF-8, as jansson had memory to say
        const unsigned char byte = (unsigned char)*c;
        const char two[2] = {(char)(0xC0 | byte >> 6), (char)(0x80 | (byte & 0x3F))};
        hg__text_add_bytes(&wide, byte < 0x80 ? c : two, byte < 0x80 ? 1 : 2);
    }
    if (!wide.failed && !ran_out) string = json_string(wide.data ? wide.data : "");
    hg__text_clear(&wide);
    if (!string) hg__fail(err, HG_ERR_MEMORY, "out of memory while writing JSON");
    return string;
}
