// SPDX-License-Identifier: Apache-2.0
// options_paths.c - the options that name files to read: none of them is the one to write, and streams among them are kept.
#include <string.h>

#include "base/file.h"
#include "base/show.h"
#include "options/options_internal.h"

// What a job reads, in the words of a message.
static const struct {
    int option;
    const char *what;
} inputs[] = {
    {HG_OPTION_data,       "table"          }, // or another, by kind_of()
    {HG_OPTION_source,     "file of weights"},
    {HG_OPTION_model,      "model"          },
    {HG_OPTION_target,     "image"          },
    {HG_OPTION_labels,     "file of labels" },
    {HG_OPTION_columns,    "file of columns"},
    {HG_OPTION_val,        "file of rows"   },
    {HG_OPTION_pretrained, "file of weights"},
    {HG_OPTION_backbone,   "file of weights"},
    {HG_OPTION_cfg,        "file of options"},
};
enum { INPUTS = sizeof inputs / sizeof *inputs };

static const char *value_of(const hg_options *o, int input) {
    const hg__row *r = &hg__option_rows()[inputs[input].option];
    if (!(r->jobs & o->job->bits)) return "";
    return (const char *)&o->values + r->offset;
}

const char *hg__options_input(const hg_options *o, size_t i, const char **what) {
    if (i >= INPUTS) return NULL;
    *what = inputs[i].what;
    return value_of(o, (int)i);
}

int hg__check_out(const char *in, const char *what, const char *out, hg_error *err) {
    if (!*in || !*out || !hg__is_same_file(in, out)) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "%s: expected out= to be another file, got the %s itself",
                    hg__input_name(in), what);
}

// A stream has been read by the first who asks: two options cannot share it.
static int check_streams(const hg_options *o, int i, hg_error *err) {
    const char *value = value_of(o, i);
    for (int k = 0; k < i; k++) {
        if (strcmp(value, "-") != 0 || strcmp(value, value_of(o, k)) != 0) continue;
        const hg__row *rows = hg__option_rows();
        return hg__fail(err, HG_ERR_USAGE, "%s: expected a file, got - which %s= reads already",
                        rows[inputs[i].option].name, rows[inputs[k].option].name);
    }
    return HG_OK;
}

// What denoise reads may be an image, a folder or video: it looks itself, and so says what it was.
static bool is_looked_at(const hg_options *o, int i) {
    return inputs[i].option == HG_OPTION_data && strcmp(o->job->name, "denoise") == 0;
}

// A signal is watched where it comes in: streams/messages.h.
static bool is_broker(const hg_options *o, int i) {
    static const char *const schemes[] = {"mqtt://", "mqtts://", "kafka://"};
    if (inputs[i].option != HG_OPTION_data || strcmp(o->job->name, "watch") != 0) return false;
    for (size_t k = 0; k < sizeof schemes / sizeof *schemes; k++) {
        if (strncmp(value_of(o, i), schemes[k], strlen(schemes[k])) == 0) return true;
    }
    return false;
}

// What is in data=: asked of a file that out= is too.
static const char *kind_of(const char *path) {
    hg__content head = {0};
    const char *name = NULL;
    if (hg__is_file(path) && hg__content_read_head(&head, path, 64, NULL) == HG_OK) {
        name = hg__magic_name(head.data, head.size);
    }
    hg__content_free(&head);
    return name && strstr(name, "capture") ? "capture" : "table";
}

// data= may have several files.
static int check_input(const char *value, const hg_options *o, int i, hg_error *err) {
    char path[HG_MAX_VALUE];
    if (is_looked_at(o, i)) return HG_OK;
    if (inputs[i].option != HG_OPTION_data || hg__is_database(value)) {
        return hg__check_out(value, inputs[i].what, o->values.out, err);
    }
    while (hg__path_list_next(&value, path, sizeof path)) {
        if (!hg__is_same_file(path, o->values.out)) continue;
        HG_TRY(hg__check_out(path, kind_of(path), o->values.out, err));
    }
    return HG_OK;
}

// Folders and files that are written are none of these either.
static int check_addresses(const hg_options *o, hg_error *err) {
    static const int others[] = {HG_OPTION_out,     HG_OPTION_page, HG_OPTION_state,
                                 HG_OPTION_project, HG_OPTION_name, HG_OPTION_resume};
    const hg__row *rows = hg__option_rows();
    for (int i = 0; i < INPUTS; i++) {
        if (is_broker(o, i)) continue;
        HG_TRY(hg__refuse_address(rows[inputs[i].option].name, value_of(o, i), err));
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const hg__row *r = &rows[others[i]];
        if (!(r->jobs & o->job->bits)) continue;
        HG_TRY(hg__refuse_address(r->name, (const char *)&o->values + r->offset, err));
    }
    return HG_OK;
}

int hg__options_check_paths(const hg_options *o, hg_error *err) {
    HG_TRY(check_addresses(o, err));
    for (int i = 0; i < INPUTS; i++) {
        const char *value = value_of(o, i);
        if (!*value) continue;
        HG_TRY(check_streams(o, i, err));
        HG_TRY(check_input(value, o, i, err));
        HG_TRY(hg__stream_keep(value, o, err));
    }
    return hg__check_out(hg__options_folder_file, "file of options", o->values.out, err);
}
