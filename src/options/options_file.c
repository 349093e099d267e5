// SPDX-License-Identifier: Apache-2.0
// options_file.c - options from YAML files, and back to YAML.
#include "base/file.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/show.h"
#include "files/yaml.h"
#include "options/options_internal.h"

// One reading of a file. The options are changed in a copy, so that a bad line 9 undoes line 3.
typedef struct reading {
    hg_options options;
    const char *name; // of the file, borrowed
    bool shared;      // pass over options that another job has
} reading;

static bool is_of_another_job(const char *key) {
    const hg__job any = {.bits = UINT32_MAX};
    return hg__option_find(&any, key) >= 0;
}

static int take_pair(void *context, const char *key, const char *value, size_t line,
                     hg_error *err) {
    reading *r = context;
    if (r->shared && hg__option_find(r->options.job, key) < 0 && is_of_another_job(key)) {
        return HG_OK;
    }
    char where[256];
    size_t length = strlen(r->name);
    const char *end = length > 200 ? r->name + (length - 200) : r->name; // the telling part
    snprintf(where, sizeof where, "%s:%zu: ", end, line);
    return hg__option_set(&r->options, key, value, where, err);
}

static int parse(hg_options *o, const char *text, size_t size, const char *name, bool shared,
                 hg_error *err) {
    reading *r = hg__alloc(1, sizeof *r, err);
    if (!r) return HG_ERR_MEMORY;
    r->options = *o;
    r->name = name;
    r->shared = shared;
    int code = hg__yaml_read(text, size, name, take_pair, r, err);
    if (code == HG_OK) *o = r->options;
    hg__free(r);
    return code;
}

int hg__options_parse_yaml(hg_options *o, const char *text, size_t size, const char *name,
                           hg_error *err) {
    return parse(o, text, size, name, false, err);
}

static int load(hg_options *o, const char *path, bool shared, hg_error *err) {
    hg__content m;
    HG_TRY(hg__content_read_head(&m, path, HG_MAX_YAML + 1, err));
    int code = parse(o, (const char *)m.data, m.size, path, shared, err);
    hg__content_free(&m);
    return code;
}

int hg_options_load(hg_options *o, const char *path, hg_error *err) {
    HG_ENTRY;
    return load(o, path, false, err);
}

const char hg__options_folder_file[] = "hourglass.yaml";

int hg_options_load_folder(hg_options *o, hg_error *err) {
    HG_ENTRY;
    const char *path = hg__options_folder_file;
    return hg__is_file(path) ? load(o, path, true, err) : HG_OK;
}

// ---- back to YAML -------------------------------------------------------------------------------

// The code point of the UTF-8 character at s, and its length. The text was checked when it was set.
static unsigned decode(const unsigned char *s, size_t *length) {
    *length = s[0] < 0x80 ? 1 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    unsigned point = *length == 1 ? s[0] : s[0] & (0x7FU >> *length);
    for (size_t i = 1; i < *length; i++) point = point << 6 | (s[i] & 0x3FU);
    return point;
}

// What YAML does not take raw between double quotes, or would fold.
static bool needs_escape(unsigned point) {
    return point < 0x20 || (point >= 0x7F && point <= 0x9F) ||
           (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069) ||
           point == 0xFEFF || point == 0xFFFE || point == 0xFFFF;
}

static void add_quoted(hg__text *out, const char *text) {
    hg__text_add(out, "\"");
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        size_t length;
        unsigned point = decode(s, &length);
        if (needs_escape(point)) {
            hg__text_add(out, "\\u%04x", point);
        } else {
            if (point == '"' || point == '\\') hg__text_add(out, "\\");
            hg__text_add_bytes(out, (const char *)s, length);
        }
        s += length;
    }
    hg__text_add(out, "\"");
}

// A password on the command line is no reason to put it into files and onto screens.
static void add_text(hg__text *out, const char *value) {
    char masked[2 * HG_MAX_VALUE];
    hg__mask_secrets(value, masked, sizeof masked);
    add_quoted(out, masked);
}

void hg__options_format_yaml(const hg_options *o, hg__text *out) {
    char value[HG_MAX_VALUE];
    for (int i = 0; i < HG_OPTION_COUNT; i++) {
        const hg__row *r = &hg__option_rows()[i];
        if (!(r->jobs & o->job->bits)) continue;
        hg__option_format(o, i, value);
        hg__text_add(out, "%s: ", r->name);
        if (r->type == HG_TYPE_TEXT) {
            add_text(out, value);
        } else {
            hg__text_add(out, "%s", value);
        }
        hg__text_add(out, "\n");
    }
}

char *hg_options_format(const hg_options *o, hg_error *err) {
    HG_ENTRY;
    hg__text out = {0};
    hg__options_format_yaml(o, &out);
    return hg__text_take(&out, err);
}
