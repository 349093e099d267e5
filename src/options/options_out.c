// SPDX-License-Identifier: Apache-2.0
// options_out.c - whether out= is something that the job can write, asked before any work is done for it.
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/show.h"
#include "options/options_internal.h"

static const struct output {
    const char *job, *ends;
    bool is_folder;
    const char *words;
} outputs[] = {
#define OUTPUT(job, ends, folder, words) {job, ends, folder, words},
#define FOREIGN(...)
#include "options/outputs.def"
#undef OUTPUT
#undef FOREIGN
};

static const struct foreign {
    const char *ends, *what;
} foreign[] = {
#define OUTPUT(...)
#define FOREIGN(ends, what) {ends, what},
#include "options/outputs.def"
#undef OUTPUT
#undef FOREIGN
};

// ".csv" of "runs/scores.csv", ".nii" also of "v.nii.gz"; "" where the name has no end.
static const char *end_of(const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *dot = strrchr(name, '.');
    if (!dot || dot == name || !dot[1]) return "";
    const bool is_packed = dot - name > 4 && strcasecmp(dot, ".gz") == 0;
    return is_packed && strncasecmp(dot - 4, ".nii", 4) == 0 ? ".nii" : dot;
}

// Whether `end` is one of ".csv.tsv.".
static bool is_among(const char *end, const char *ends) {
    const size_t length = strlen(end);
    for (const char *at = ends; length && (at = strchr(at, '.')) && at[1]; at++) {
        if (strncasecmp(at, end, length) == 0 && at[length] == '.') return true;
    }
    return false;
}

static const struct output *find_output(const char *job) {
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        if (strcmp(outputs[i].job, job) == 0) return &outputs[i];
    }
    return NULL;
}

static const char *find_foreign(const char *end) {
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        if (is_among(end, foreign[i].ends)) return foreign[i].what;
    }
    return NULL;
}

bool hg__output_takes(const char *job, const char *end) {
    const struct output *o = find_output(job);
    return o && is_among(end, o->ends);
}

static int refuse(const hg_options *o, const struct output *output, const char *what,
                  hg_error *err) {
    return hg__fail(err, HG_ERR_USAGE, "out: expected %s, got %.150s, %s", output->words,
                    o->values.out, what);
}

// denoise: what goes out is a film, and what comes in too: as Y4M, which goes through ffmpeg on its way out, or as one that the
// job says more of.
static int check_film(const hg_options *o, const struct output *output, hg_error *err) {
    const struct hg__values *v = &o->values;
    const char *end = end_of(v->data), *in = find_foreign(end);
    char source[160], out[160];
    if (strcmp(v->data, "-") != 0 && !is_among(end, ".y4m.")) {
        return in && strcmp(in, "a video") == 0 ? HG_OK : refuse(o, output, "a video", err);
    }
    hg__shell_word(v->data, source, sizeof source);
    hg__shell_word(v->out, out, sizeof out);
    return hg__fail(err, HG_ERR_USAGE,
                    "out: expected a name that ends in .y4m, or -, got %.100s; \"hourglass denoise "
                    "source=%s out=- | ffmpeg -v error -i - %s\" makes it",
                    v->out, source, out);
}

// What is written besides out=.
static int check_written(const hg_options *o, hg_error *err) {
    const struct hg__values *v = &o->values;
    if (strcmp(o->job->name, "train") == 0 && !*v->resume) {
        return hg__check_folder_creatable(v->project, err);
    }
    if (strcmp(o->job->name, "calibrate") == 0) return hg__check_creatable(v->model, err);
    return HG_OK;
}

int hg__options_check_out(const hg_options *o, hg_error *err) {
    HG_TRY(check_written(o, err));
    const struct hg__values *v = &o->values;
    const struct output *output = find_output(o->job->name);
    if (!output || !*v->out) return HG_OK;
    const bool takes_database = is_among(".db", output->ends);
    const bool is_database =
        hg__is_database(v->out) || is_among(end_of(v->out), ".db.sqlite.sqlite3.");
    if (takes_database && is_database && !*v->table) {
        return hg__fail(err, HG_ERR_USAGE,
                        "out=: a database needs table=, the name of the table to fill");
    }
    if (hg__is_database(v->out)) return HG_OK;
    const bool is_folder = output->is_folder && hg__is_folder(v->out);
    const char *end = end_of(v->out), *what = is_folder ? NULL : find_foreign(end);
    if (!what || is_among(end, output->ends)) {
        return output->is_folder ? HG_OK : hg__check_creatable(v->out, err);
    }
    if (output->is_folder && strcmp(what, "a video") == 0) return check_film(o, output, err);
    // A file of the source's own kind may be one that is rewritten as it was.
    const bool is_own = output->is_folder && strcasecmp(end, end_of(v->data)) == 0;
    return is_own ? HG_OK : refuse(o, output, what, err);
}
