// SPDX-License-Identifier: Apache-2.0
// json.c - JSON values: made, shared, looked at, freed. No function calls itself: a value may be deep.
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_internal.h"
#include "base/mem.h"
#include "base/text.h"

// A value that was made.
typedef struct made {
    hg__json head;
    union {
        size_t owners;
        struct made *next; // once it has none: the next to be freed
    };
    union {
        bool truth;
        int64_t integer;
        double real;
        struct {
            char *text; // owned
            size_t size;
        };
        struct {
            hg__json **item; // (count) each owned
            char **key;      // (count) each owned; NULL in an array
            size_t count, room;
        };
    };
} made;

// NULL for NULL and for a value that was read.
static made *made_of(const hg__json *v) {
    return v && !v->is_read ? (made *)v : NULL;
}

// No more than the kind has.
static size_t size_of(hg__json_kind kind) {
    if (kind == HG_JSON_ARRAY || kind == HG_JSON_OBJECT) return sizeof(made);
    return kind == HG_JSON_STRING ? offsetof(made, size) + sizeof(size_t)
                                  : offsetof(made, real) + sizeof(double);
}

static made *make(hg__json_kind kind) {
    const size_t size = size_of(kind);
    made *v = hg__grow(NULL, size, 1, NULL);
    if (!v) return NULL;
    memset(v, 0, size);
    v->head.kind = kind;
    v->owners = 1;
    return v;
}

static hg__json *value_of(made *v) {
    return v ? &v->head : NULL;
}

hg__json *hg__json_null(void) {
    return value_of(make(HG_JSON_NULL));
}

hg__json *hg__json_array(void) {
    return value_of(make(HG_JSON_ARRAY));
}

hg__json *hg__json_object(void) {
    return value_of(make(HG_JSON_OBJECT));
}

hg__json *hg__json_boolean(bool x) {
    made *v = make(HG_JSON_BOOLEAN);
    if (v) v->truth = x;
    return value_of(v);
}

hg__json *hg__json_integer(int64_t x) {
    made *v = make(HG_JSON_INTEGER);
    if (v) v->integer = x;
    return value_of(v);
}

hg__json *hg__json_real(double x) {
    made *v = isfinite(x) ? make(HG_JSON_REAL) : NULL;
    if (v) v->real = x;
    return value_of(v);
}

hg__json *hg__json_real_or_null(double x) {
    return isfinite(x) ? hg__json_real(x) : hg__json_null();
}

// ---- documents ----------------------------------------------------------------------------------

// Of the page that this is in.
static hg__json_document **start_of_page(const void *cell) {
    return (void *)((const unsigned char *)cell - (uintptr_t)cell % HG_JSON_PAGE);
}

hg__json_document *hg__json_document_new(const char *text, size_t size, size_t cells) {
    const size_t pages = cells / HG_JSON_PAGE_CELLS + 1;
    hg__json_document *d = hg__alloc(1, sizeof *d, NULL);
    if (!d) return NULL;
    d->owners = 1;
    d->text = hg__alloc(size + 1, 1, NULL);
    d->block = hg__alloc(pages + 1, HG_JSON_PAGE, NULL); // one for where it happens to lie
    if (!d->text || !d->block) {
        hg__json_document_free(d);
        return NULL;
    }
    memcpy(d->text, text, size);
    d->page = (unsigned char *)d->block + (HG_JSON_PAGE - (uintptr_t)d->block % HG_JSON_PAGE);
    for (size_t i = 0; i < pages; i++) *start_of_page(d->page + i * HG_JSON_PAGE) = d;
    return d;
}

void hg__json_document_free(hg__json_document *d) {
    hg__free(d->text);
    hg__free(d->block);
    hg__free(d);
}

static hg__json_document *document_of(const hg__json *cell) {
    return *start_of_page(cell);
}

static const char *text_at(const hg__json *cell) {
    return document_of(cell)->text + cell->at;
}

// ---- making -------------------------------------------------------------------------------------

// A copy that is UTF-8: other bytes are taken as Latin-1.
static char *copy_text(const char *text, size_t *size) {
    hg__text wide = {0};
    *size = strlen(text);
    if (hg__is_utf8(text, *size)) return hg__copy_text(text, NULL);
    for (const char *c = text; *c; c++) {
        const unsigned char byte = (unsigned char)*c;
        const char two[2] = {(char)(0xC0 | byte >> 6), (char)(0x80 | (byte & 0x3F))};
        hg__text_add_bytes(&wide, byte < 0x80 ? c : two, byte < 0x80 ? 1 : 2);
    }
    *size = wide.length;
    return hg__text_take(&wide, NULL);
}

hg__json *hg__json_string(const char *text, hg_error *err) {
    made *v = make(HG_JSON_STRING);
    if (v) v->text = copy_text(text, &v->size);
    if (v && v->text) return &v->head;
    hg__json_free(value_of(v));
    hg__fail(err, HG_ERR_MEMORY, "out of memory while writing JSON");
    return NULL;
}

// ---- lists --------------------------------------------------------------------------------------

static bool is(const hg__json *v, hg__json_kind kind) {
    return v && v->kind == kind;
}

bool hg__json_is_list(const hg__json *value) {
    return is(value, HG_JSON_ARRAY) || is(value, HG_JSON_OBJECT);
}

// The list, where it can be changed.
static made *list_of(const hg__json *value, hg__json_kind kind) {
    return is(value, kind) ? made_of(value) : NULL;
}

static int make_room(made *list) {
    if (list->count < list->room) return HG_OK;
    const size_t room = list->room ? 2 * list->room : 4;
    hg__json **item = hg__grow(list->item, room, sizeof(void *), NULL);
    if (!item) return HG_ERR_MEMORY;
    list->item = item;
    if (list->head.kind == HG_JSON_OBJECT) {
        char **key = hg__grow(list->key, room, sizeof *key, NULL);
        if (!key) return HG_ERR_MEMORY;
        list->key = key;
    }
    list->room = room;
    return HG_OK;
}

// At the end of an array (key NULL) or object, whether the key is there or not. Both are taken over, even on failure.
static int put(made *list, char *key, hg__json *value) {
    const bool fits = value && (key || list->head.kind == HG_JSON_ARRAY);
    if (!fits || make_room(list) < 0) {
        hg__json_free(value);
        hg__free(key);
        return HG_ERR_MEMORY;
    }
    if (key) list->key[list->count] = key;
    list->item[list->count++] = value;
    return HG_OK;
}

int hg__json_append(hg__json *array, hg__json *value) {
    made *list = list_of(array, HG_JSON_ARRAY);
    if (list) return put(list, NULL, value);
    hg__json_free(value);
    return HG_ERR_MEMORY;
}

static ptrdiff_t find(const hg__json *object, const char *key) {
    const size_t n = hg__json_object_size(object);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(hg__json_key(object, i), key) == 0) return (ptrdiff_t)i;
    }
    return -1;
}

int hg__json_set(hg__json *object, const char *key, hg__json *value) {
    made *list = list_of(object, HG_JSON_OBJECT);
    const ptrdiff_t at = list ? find(object, key) : -1;
    size_t size;
    if (at >= 0 && value) {
        hg__json_free(list->item[at]);
        list->item[at] = value;
        return HG_OK;
    }
    if (list && value) return put(list, copy_text(key, &size), value);
    hg__json_free(value);
    return HG_ERR_MEMORY;
}

void hg__json_remove(hg__json *object, const char *key) {
    made *list = list_of(object, HG_JSON_OBJECT);
    const ptrdiff_t found = list ? find(object, key) : -1;
    if (found < 0) return;
    hg__json_free(list->item[found]);
    hg__free(list->key[found]);
    list->count--;
    for (size_t i = (size_t)found; i < list->count; i++) {
        list->item[i] = list->item[i + 1];
        list->key[i] = list->key[i + 1];
    }
}

int hg__json_update(hg__json *object, const hg__json *from) {
    if (!object || !from) return HG_ERR_MEMORY;
    for (size_t i = 0; i < hg__json_object_size(from); i++) {
        HG_TRY(hg__json_set(object, hg__json_key(from, i), hg__json_share(hg__json_item(from, i))));
    }
    return HG_OK;
}

static hg__json *next_value(char type, va_list *args) {
    switch (type) {
    case 's': return hg__json_string(va_arg(*args, const char *), NULL);
    case 'f': return hg__json_real(va_arg(*args, double));
    case 'i': return hg__json_integer(va_arg(*args, int));
    case 'I': return hg__json_integer(va_arg(*args, int64_t));
    case 'b': return hg__json_boolean(va_arg(*args, int) != 0);
    default: return va_arg(*args, hg__json *);
    }
}

hg__json *hg__json_pack(const char *format, ...) {
    hg__json *object = hg__json_object();
    const char *key = NULL;
    int code = HG_OK;
    va_list args;
    va_start(args, format);
    for (const char *c = format; *c; c++) {
        if (strchr("{}:, ", *c)) continue;
        if (!key) {
            key = va_arg(args, const char *);
            continue;
        }
        if (hg__json_set(object, key, next_value(*c, &args)) < 0) code = HG_ERR_MEMORY;
        key = NULL;
    }
    va_end(args);
    if (code == HG_OK) return object;
    hg__json_free(object);
    return NULL;
}

// ---- owners -------------------------------------------------------------------------------------

hg__json *hg__json_share(hg__json *value) {
    made *own = made_of(value);
    if (own) {
        own->owners++;
    } else if (value) {
        document_of(value)->owners++;
    }
    return value;
}

// One owner less. What has none left: of those to be freed the first, before `first`.
static made *let_go(hg__json *value, made *first) {
    made *own = made_of(value);
    if (!own) {
        hg__json_document *d = document_of(value);
        if (--d->owners == 0) hg__json_document_free(d);
        return first;
    }
    if (--own->owners > 0) return first;
    own->next = first;
    return own;
}

void hg__json_free(hg__json *value) {
    made *first = value ? let_go(value, NULL) : NULL;
    while (first) {
        made *now = first;
        first = now->next;
        if (hg__json_is_list(&now->head)) {
            for (size_t i = 0; i < now->count; i++) {
                if (now->key) hg__free(now->key[i]);
                first = let_go(now->item[i], first);
            }
            hg__free(now->item);
            hg__free(now->key);
        } else if (now->head.kind == HG_JSON_STRING) {
            hg__free(now->text);
        }
        hg__free(now);
    }
}

hg__json *hg__json_copy(const hg__json *value) {
    if (!hg__json_is_list(value)) return hg__json_share((hg__json *)value);
    made *copy = make(value->kind);
    const bool has_keys = value->kind == HG_JSON_OBJECT;
    for (size_t i = 0; copy && i < hg__json_count(value); i++) {
        char *key = has_keys ? hg__copy_text(hg__json_key(value, i), NULL) : NULL;
        if (put(copy, key, hg__json_share(hg__json_item(value, i))) == HG_OK) continue;
        hg__json_free(&copy->head);
        copy = NULL;
    }
    return value_of(copy);
}

// ---- looking ------------------------------------------------------------------------------------

size_t hg__json_count(const hg__json *list) {
    return list->is_read ? list->count : made_of(list)->count;
}

hg__json *hg__json_item(const hg__json *list, size_t i) {
    if (!list->is_read) return made_of(list)->item[i];
    const size_t step = list->kind == HG_JSON_OBJECT ? 2 : 1; // its key stands before it
    return hg__json_cell(document_of(list), list->at + step * i + step - 1);
}

const char *hg__json_key(const hg__json *object, size_t i) {
    if (!object->is_read) return made_of(object)->key[i];
    const hg__json_document *d = document_of(object);
    return d->text + hg__json_cell(d, object->at + 2 * i)->at;
}

bool hg__json_is_boolean(const hg__json *value) {
    return is(value, HG_JSON_BOOLEAN);
}

bool hg__json_is_true(const hg__json *value) {
    if (!is(value, HG_JSON_BOOLEAN)) return false;
    return value->is_read ? value->at : made_of(value)->truth;
}

bool hg__json_is_integer(const hg__json *value) {
    return is(value, HG_JSON_INTEGER);
}

bool hg__json_is_number(const hg__json *value) {
    return is(value, HG_JSON_INTEGER) || is(value, HG_JSON_REAL);
}

bool hg__json_is_string(const hg__json *value) {
    return is(value, HG_JSON_STRING);
}

bool hg__json_is_array(const hg__json *value) {
    return is(value, HG_JSON_ARRAY);
}

bool hg__json_is_object(const hg__json *value) {
    return is(value, HG_JSON_OBJECT);
}

int64_t hg__json_integer_value(const hg__json *value) {
    if (!is(value, HG_JSON_INTEGER)) return 0;
    return value->is_read ? strtoll(text_at(value), NULL, 10) : made_of(value)->integer;
}

double hg__json_number_value(const hg__json *value) {
    if (!is(value, HG_JSON_REAL)) return (double)hg__json_integer_value(value);
    return value->is_read ? strtod(text_at(value), NULL) : made_of(value)->real;
}

const char *hg__json_string_value(const hg__json *value) {
    if (!is(value, HG_JSON_STRING)) return NULL;
    return value->is_read ? text_at(value) : made_of(value)->text;
}

size_t hg__json_string_size(const hg__json *value) {
    if (!is(value, HG_JSON_STRING)) return 0;
    return value->is_read ? strlen(text_at(value)) : made_of(value)->size;
}

size_t hg__json_array_size(const hg__json *value) {
    return is(value, HG_JSON_ARRAY) ? hg__json_count(value) : 0;
}

size_t hg__json_object_size(const hg__json *value) {
    return is(value, HG_JSON_OBJECT) ? hg__json_count(value) : 0;
}

hg__json *hg__json_array_get(const hg__json *array, size_t i) {
    return i < hg__json_array_size(array) ? hg__json_item(array, i) : NULL;
}

hg__json *hg__json_object_get(const hg__json *object, const char *key) {
    const ptrdiff_t at = find(object, key);
    return at < 0 ? NULL : hg__json_item(object, (size_t)at);
}

const char *hg__json_object_key(const hg__json *object, size_t i) {
    return i < hg__json_object_size(object) ? hg__json_key(object, i) : NULL;
}

hg__json *hg__json_object_value(const hg__json *object, size_t i) {
    return i < hg__json_object_size(object) ? hg__json_item(object, i) : NULL;
}
