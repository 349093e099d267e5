// SPDX-License-Identifier: Apache-2.0
// pages.c - what pages of jobs have in common: where they go, and how to do it again.
#include "jobs/pages.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/show.h"
#include "image/image.h"
#include "report/signal_figure.h"

static int descriptor_of(const char *path) {
    return strcmp(path, "-") == 0 ? STDOUT_FILENO : hg__named_descriptor(path);
}

// Neither need be there yet.
static bool is_out(const char *page, const char *out) {
    const int fd = descriptor_of(page);
    return (fd >= 0 && fd == descriptor_of(out)) || hg__is_same_file(page, out) ||
           hg__path_is_same(page, out);
}

// Any of the files that are named to be read.
static bool is_in(const hg_options *o) {
    const struct hg__values *v = &o->values;
    const char *input, *what;
    char path[HG_MAX_VALUE];
    for (const char *at = v->data; hg__path_list_next(&at, path, sizeof path);) {
        if (hg__is_same_file(path, v->page)) return true;
    }
    for (size_t i = 0; (input = hg__options_input(o, i, &what)); i++) {
        if (*input && hg__is_same_file(input, v->page)) return true;
    }
    return *v->anonymise && hg__is_same_file(v->anonymise, v->page);
}

int hg__job_figure_check(const hg_options *o, hg_error *err) {
    const struct hg__values *v = &o->values;
    if (!*v->page) return HG_OK;
    if (is_in(o)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "page: expected another file than those that are read, got %s", v->page);
    }
    if (is_out(v->page, v->out)) {
        return hg__fail(err, HG_ERR_USAGE, "page: expected another file than out=, got %s",
                        v->page);
    }
    if (hg__image_is_image_path(v->page)) {
        return hg__fail(err, HG_ERR_USAGE, "page: expected a name that ends in .html, got %s",
                        v->page);
    }
    return hg__check_creatable(v->page, err);
}

int hg__job_page_check(const hg_options *o, hg_error *err) {
    if (hg__is_figure_path(o->values.page)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "page: expected a name that ends in .html, got %s: only predict and val "
                        "with a model of a signal draw a picture (.svg)",
                        o->values.page);
    }
    return hg__job_figure_check(o, err);
}

int hg__job_page_save(hg__page *p, const hg_options *o, const hg__page_head *head,
                      const hg_model *model, const char *fingerprint, hg_error *err) {
    hg__text command = {0};
    hg__options_format_command(o, &command);
    hg__page_section(p, "again", "How to do it again");
    hg__page_paragraph(p,
                       "The same files, options and version give the same page but for times, with "
                       "any number of threads and on any processor:");
    if (command.data) hg__page_code(p, command.data);
    hg__page_begin_list(p, false);
    hg__page_fact(p, "Version", "hourglass %s", hg_version());
    if (*fingerprint) hg__page_fact(p, "Fingerprint of the data", "%s", fingerprint);
    if (model && model->fingerprint[0]) {
        hg__page_fact(p, "Fingerprint of the training data", "%s", model->fingerprint);
    }
    if (model && model->run[0]) hg__page_fact(p, "Run of the model", "%s", model->run);
    if (model) hg__page_fact(p, "Network", "%s", model->net.spec.text);
    hg__page_end_list(p);
    const bool failed = command.failed;
    hg__text_clear(&command);
    if (failed) return hg__fail(err, HG_ERR_MEMORY, "%s: out of memory", o->values.page);
    return hg__page_save(p, o->values.page, head, err);
}
