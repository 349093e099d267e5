// SPDX-License-Identifier: Apache-2.0
// options.h - the settings of one mode as plain fields, made from options.def.
//
//   options.def ──> struct hg__values: one field a row ──> a job reads o->values.epochs
//        └──> set, get, help, range checks, args.yaml, completion, docs/COMMAND.md
//
// A job's first line is HG_TRY(hg_options_check(o, err)): the mode's required options are there.
#ifndef HG_OPTIONS_OPTIONS_H
#define HG_OPTIONS_OPTIONS_H
#include "base/text.h"

enum { HG_MAX_VALUE = 1024 }; // bytes of a text value with its end

// What a field of each type is. SIZE: bytes, written 192M. CHOICE: one of the row's words.
typedef int64_t hg__field_INT;
typedef int64_t hg__field_SIZE;
typedef double hg__field_FLOAT;
typedef bool hg__field_BOOL;
typedef char hg__field_TEXT[HG_MAX_VALUE];
typedef char hg__field_CHOICE[32];

struct hg__values {
#define OPTION(type, name, standard, min, max, unit, choices, alias, modes, help) hg__field_##type name;
#include "options/options.def"
#undef OPTION
};

// The rows' numbers: HG_OPTION_epochs is the index of `epochs` in set[].
enum {
#define OPTION(type, name, standard, min, max, unit, choices, alias, modes, help) HG_OPTION_##name,
#include "options/options.def"
#undef OPTION
    HG_OPTION_COUNT
};

typedef struct hg__mode {
    const char *name;
    const char *defaults; // "key=value key=value": where the mode's default differs from the row's
    const char *needs;    // "data model": options that must be set
    const char *summary;  // one line for help
    uint32_t bit;
} hg__mode;

// Plain data: may be copied with =.
struct hg_options {
    const hg__mode *mode;      // never NULL
    struct hg__values values;  // options of other modes stand at their defaults
    bool set[HG_OPTION_COUNT]; // by anyone, as opposed to standing at the default
    char text[HG_MAX_VALUE];   // answer of hg_options_get()
};

// Sets every option named in YAML text; `name` for messages ("args.yaml"). On failure o is as it was.
int hg__options_parse_yaml(hg_options *o, const char *text, size_t size, const char *name, hg_error *err);

// All options of the mode as YAML, one `key: value` a line; hg__options_parse_yaml() gives the same options
// back. `#` comments aside, this is args.yaml.
int hg__options_format_yaml(const hg_options *o, hg__text *out);

// Calls visit for each key and value of a flat YAML mapping, in order. line counts from 1.
typedef int hg__yaml_visit(void *context, const char *key, const char *value, size_t line, hg_error *err);
int hg__yaml_read(const char *text, size_t size, const char *name, hg__yaml_visit *visit, void *context,
                  hg_error *err);
#endif
