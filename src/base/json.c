// SPDX-License-Identifier: Apache-2.0
// json.c - JSON values: made, shared, looked at, freed. No function calls itself: a value may be deep.
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/json_internal.h"
#include "base/mem.h"
#include "base/text.h"

// No more than the kind has: a foreign file may hold two million numbers.
static size_t size_of(hg__json_kind kind) {
    if (kind == HG_JSON_ARRAY || kind == HG_JSON_OBJECT) return sizeof(hg__json);
    return kind == HG_JSON_STRING ? offsetof(hg__json, size) + sizeof(size_t)
                                  : offsetof(hg__json, real) + sizeof(double);
}

hg__json *hg__json_new(hg__json_kind kind) {
    const size_t size = size_of(kind);
    hg__json *v = hg__grow(NULL, size, 1, NULL);
    if (!v) return NULL;
    memset(v, 0, size);
    v->kind = kind;
    v->owners = 1;
    return v;
}

hg__json *hg__json_null(void) {
    return hg__json_new(HG_JSON_NULL);
}

hg__json *hg__json_array(void) {
    return hg__json_new(HG_JSON_ARRAY);
}

hg__json *hg__json_object(void) {
    return hg__json_new(HG_JSON_OBJECT);
}

hg__json *hg__json_boolean(bool x) {
    hg__json *v = hg__json_new(HG_JSON_BOOLEAN);
    if (v) v->truth = x;
    return v;
}

hg__json *hg__json_integer(int64_t x) {
    hg__json *v = hg__json_new(HG_JSON_INTEGER);
    if (v) v->integer = x;
    return v;
}

hg__json *hg__json_real(double x) {
    hg__json *v = isfinite(x) ? hg__json_new(HG_JSON_REAL) : NULL;
    if (v) v->real = x;
    return v;
}

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
    hg__json *v = hg__json_new(HG_JSON_STRING);
    if (v) v->text = copy_text(text, &v->size);
    if (v && v->text) return v;
    hg__json_free(v);
    hg__fail(err, HG_ERR_MEMORY, "out of memory while writing JSON");
    return NULL;
}

// ---- lists --------------------------------------------------------------------------------------

static bool is_list(const hg__json *v) {
    return v && (v->kind == HG_JSON_ARRAY || v->kind == HG_JSON_OBJECT);
}

static int make_room(hg__json *list) {
    if (list->count < list->room) return HG_OK;
    const size_t room = list->room ? 2 * list->room : 4;
    hg__json **item = hg__grow(list->item, room, sizeof(void *), NULL);
    if (!item) return HG_ERR_MEMORY;
    list->item = item;
    if (list->kind == HG_JSON_OBJECT) {
        char **key = hg__grow(list->key, room, sizeof *key, NULL);
        if (!key) return HG_ERR_MEMORY;
        list->key = key;
    }
    list->room = room;
    return HG_OK;
}

int hg__json_put(hg__json *list, char *key, hg__json *value) {
    const bool fits = value && (key || list->kind == HG_JSON_ARRAY);
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
    if (array && array->kind == HG_JSON_ARRAY) return hg__json_put(array, NULL, value);
    hg__json_free(value);
    return HG_ERR_MEMORY;
}

static ptrdiff_t find(const hg__json *object, const char *key) {
    if (!object || object->kind != HG_JSON_OBJECT) return -1;
    for (size_t i = 0; i < object->count; i++) {
        if (strcmp(object->key[i], key) == 0) return (ptrdiff_t)i;
    }
    return -1;
}

int hg__json_set(hg__json *object, const char *key, hg__json *value) {
    const ptrdiff_t at = find(object, key);
    size_t size;
    if (at >= 0 && value) {
        hg__json_free(object->item[at]);
        object->item[at] = value;
        return HG_OK;
    }
    if (object && object->kind == HG_JSON_OBJECT && value) {
        return hg__json_put(object, copy_text(key, &size), value);
    }
    hg__json_free(value);
    return HG_ERR_MEMORY;
}

void hg__json_remove(hg__json *object, const char *key) {
    const ptrdiff_t found = find(object, key);
    if (found < 0) return;
    hg__json_free(object->item[found]);
    hg__free(object->key[found]);
    object->count--;
    for (size_t i = (size_t)found; i < object->count; i++) {
        object->item[i] = object->item[i + 1];
        object->key[i] = object->key[i + 1];
    }
}

int hg__json_update(hg__json *object, const hg__json *from) {
    if (!object || !from) return HG_ERR_MEMORY;
    for (size_t i = 0; i < hg__json_object_size(from); i++) {
        HG_TRY(hg__json_set(object, from->key[i], hg__json_share(from->item[i])));
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
    if (value) value->owners++;
    return value;
}

void hg__json_free(hg__json *value) {
    if (!value || --value->owners > 0) return;
    hg__json *first = value; // of those to be freed
    first->next = NULL;
    while (first) {
        hg__json *now = first;
        first = now->next;
        for (size_t i = 0; is_list(now) && i < now->count; i++) {
            hg__json *item = now->item[i];
            if (now->key) hg__free(now->key[i]);
            if (--item->owners > 0) continue;
            item->next = first;
            first = item;
        }
        if (is_list(now)) {
            hg__free(now->item);
            hg__free(now->key);
        } else if (now->kind == HG_JSON_STRING) {
            hg__free(now->text);
        }
        hg__free(now);
    }
}

hg__json *hg__json_copy(const hg__json *value, hg_error *err) {
    char *text = hg__json_text(value, err);
    hg__json *copy = text ? hg__json_read(text, strlen(text), "JSON", err) : NULL;
    hg__free(text);
    return copy;
}

// ---- looking ------------------------------------------------------------------------------------

static bool is(const hg__json *v, hg__json_kind kind) {
    return v && v->kind == kind;
}

bool hg__json_is_null(const hg__json *value) {
    return is(value, HG_JSON_NULL);
}

bool hg__json_is_boolean(const hg__json *value) {
    return is(value, HG_JSON_BOOLEAN);
}

bool hg__json_is_true(const hg__json *value) {
    return is(value, HG_JSON_BOOLEAN) && value->truth;
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
    return is(value, HG_JSON_INTEGER) ? value->integer : 0;
}

double hg__json_number_value(const hg__json *value) {
    if (is(value, HG_JSON_REAL)) return value->real;
    return (double)hg__json_integer_value(value);
}

const char *hg__json_string_value(const hg__json *value) {
    return is(value, HG_JSON_STRING) ? value->text : NULL;
}

size_t hg__json_string_size(const hg__json *value) {
    return is(value, HG_JSON_STRING) ? value->size : 0;
}

size_t hg__json_array_size(const hg__json *value) {
    return is(value, HG_JSON_ARRAY) ? value->count : 0;
}

size_t hg__json_object_size(const hg__json *value) {
    return is(value, HG_JSON_OBJECT) ? value->count : 0;
}

hg__json *hg__json_array_get(const hg__json *array, size_t i) {
    return i < hg__json_array_size(array) ? array->item[i] : NULL;
}

hg__json *hg__json_object_get(const hg__json *object, const char *key) {
    const ptrdiff_t at = find(object, key);
    return at < 0 ? NULL : object->item[at];
}

const char *hg__json_object_key(const hg__json *object, size_t i) {
    return i < hg__json_object_size(object) ? object->key[i] : NULL;
}

hg__json *hg__json_object_value(const hg__json *object, size_t i) {
    return i < hg__json_object_size(object) ? object->item[i] : NULL;
}
