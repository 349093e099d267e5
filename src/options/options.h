// SPDX-License-Identifier: Apache-2.0
// options.h - the settings of one job as plain fields, made from options.def.
//
//   options.def ──> struct hg__values: one field a row ──> a job reads o->values.epochs
//        └──> set, get, help, range checks, args.yaml, completion, docs/COMMAND.md
//
// hg_run() has asked hg_options_check() before a job begins: the required options are there.
#ifndef HG_OPTIONS_OPTIONS_H
#define HG_OPTIONS_OPTIONS_H
#include "base/json.h"
#include "base/text.h"

enum { HG_MAX_VALUE = 1024 }; // bytes of a text value with its end

// The field of each type. SIZE: bytes, written 192M. CHOICE: one of the row's words.
#define HG_FIELD_INT(name)    int64_t name
#define HG_FIELD_SIZE(name)   int64_t name
#define HG_FIELD_FLOAT(name)  double name
#define HG_FIELD_BOOL(name)   bool name
#define HG_FIELD_TEXT(name)   char name[HG_MAX_VALUE]
#define HG_FIELD_CHOICE(name) char name[HG_MAX_VALUE]

// In the order of options.def.
struct hg__values { // NOLINT(clang-analyzer-optin.performance.Padding)
#define OPTION(type, name, ...) HG_FIELD_##type(name);
#include "options/options.def"
#undef OPTION
};

// The rows' numbers: HG_OPTION_epochs is the index of `epochs` in set[].
enum {
#define OPTION(type, name, ...) HG_OPTION_##name,
#include "options/options.def"
#undef OPTION
    HG_OPTION_COUNT
};

typedef struct hg__job {
    const char *name;
    int number;                      // of its row in jobs.def, from 0
    const char *own_key, *own_value; // the option whose default is another in this job; "" if none
    const char *needs;               // "data model": options that must be set
    const char *summary;             // one line for help
    bool stops;                      // on request
    uint32_t bits;                   // its own, and those of jobs whose options it has
} hg__job;

// Plain data, but 36 KB: no place for it on the stack.
struct hg_options {
    const hg__job *job;        // never NULL
    struct hg__values values;  // options of other jobs stand at their defaults
    bool set[HG_OPTION_COUNT]; // by anyone, as opposed to standing at the default
    char text[HG_MAX_VALUE];   // answer of hg_options_get()
};

// hg_options_check() without what the mode needs: for who has that already.
int hg__options_check_given(const hg_options *o, hg_error *err);

hg_options *hg__options_copy(const hg_options *o, hg_error *err); // for hg_options_free()

// Sets the option `name` as `from` has it.
int hg__option_take(hg_options *o, const hg_options *from, const char *name, hg_error *err);

// Sets every option named in YAML text; `name` for messages ("args.yaml"). On failure o is as it was.
int hg__options_parse_yaml(hg_options *o, const char *text, size_t size, const char *name,
                           hg_error *err);

// All options of the job as YAML, one `key: value` a line: args.yaml. hg__options_parse_yaml() gives
// the same options back, but for passwords of databases: *** stands in their place. An allocation failure shows in out->failed.
void hg__options_format_yaml(const hg_options *o, hg__text *out);
// The command that sets what was set: "hourglass train data=a.csv 'model=dense 8 | dense input'". Passwords are ***.
void hg__options_format_command(const hg_options *o, hg__text *out);
// All options of the job, as texts by their names; passwords are ***. NULL without memory.
hg__json *hg__options_json(const hg_options *o);
// The i-th option of the job that names a file to read: its value ("" if it has none) and what that is, "model"; NULL past the
// last. The value need be no file: a preset, a fraction.
const char *hg__options_input(const hg_options *o, size_t i, const char **what);

// Refuses an `out` that is the file `in`, by whatever path or link. `what` it is, for the message.
int hg__check_out(const char *in, const char *what, const char *out, hg_error *err);
#endif
