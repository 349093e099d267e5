// SPDX-License-Identifier: Apache-2.0
// job.h - what every job is, and what some do for a model of a table.
//
//   hg_run() ──> entry, options checked, a listener and a result of ours ──> hg__job_<name>() ──> as much as the caller has room for
#ifndef HG_JOBS_JOB_H
#define HG_JOBS_JOB_H
#include "base/json.h"
#include "base/text.h"
#include "jobs/feed.h"
#include "model/model.h"
#include "options/options.h"

// No argument is NULL. r: unset but for json, and for the job to fill in what is its own; a text is owned by it, and on failure
// let go of by hg_run().
typedef int hg__job_run(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err);

#define JOB(id, name, ...) hg__job_run hg__job_##name;
#include "options/jobs.def"
#undef JOB

// What no job has said anything of.
hg_result hg__result_unset(bool json);
// Whether the caller's struct (NULL is fine) has a size that holds the text.
int hg__result_check(const hg_result *r, hg_error *err);
// Gives the caller as much as it has room for; its size has been checked. NULL: the text is freed.
void hg__result_hand_over(const hg_result *own, hg_result *result);

// Rows of a table scored.

// The job for a model of a table, which it takes.
int hg__predict_table(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *result,
                      hg_error *err);

// Pictures of parts judged: the job for a model of parts, which it takes.
int hg__predict_parts(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *result,
                      hg_error *err);
// What `info` says of such a model; nothing where m is none. `where` starts the sentence of an error.
enum { HG_PARTS_MEMORY = 512 << 20 }; // max_mem= of parts, unless it is said
typedef struct hg__info_parts {
    const hg_model *model; // borrowed
    const char *where;     // borrowed: the file
    size_t plan;           // bytes of the network's training
    size_t max_mem;        // that is asked about
    int32_t threads;
} hg__info_parts;
int hg__info_parts_text(hg__text *t, const hg__info_parts *p, hg_error *err);
int hg__info_parts_json(hg__json *to, const hg__info_parts *p, hg_error *err);

// info_hourglass.c: its network, drawn in text.
int hg__info_hourglass(hg__text *t, const hg_model *m, hg_error *err);
// What a model makes of all rows of f, into out=: a file of rows, or what the next function writes.
int hg__transform_rows(hg__feed *f, hg__goal goal, const hg_options *o, hg_error *err);
// The same of codes, decoded; also as pictures: out=.png is a sheet of them, `across` in a line, a folder a file each.
int hg__write_decoded(hg__feed *f, int32_t across, const hg_options *o, hg_error *err);

// What a model makes of a table's rows, in the table's own columns and units.

// f's model is one of a table; goal: HG_RECONSTRUCT or HG_DECODE. CSV, or a database. Columns without floats (id, text) are
// left out; a value that the model takes as missing is an empty cell.
int hg__transform_table(hg__feed *f, hg__goal goal, const hg_options *o, hg_error *err);

// Places the rows' codes on a map as embed=2 asks, and writes x and y of each to out=.
int hg__encode_map(hg__feed *f, const hg_options *o, hg_error *err);

// What `info` says of a table's model: its columns, its detector, its thresholds.

// Both add nothing where m is no model of a table. `where` starts the sentence of an error.
int hg__info_table_text(hg__text *t, const hg_model *m, const char *where, hg_error *err);
int hg__info_table_json(hg__json *to, const hg_model *m, const char *where, hg_error *err);
// The threshold of a group; the first is all rows.
struct hg__thresholds; // detect/thresholds.h
hg__json *hg__info_threshold_json(const struct hg__thresholds *all, int32_t group, hg_error *err);
// And of a model of packets: of which kind, its threshold.
int hg__info_packets_text(hg__text *t, const hg_model *m, const char *where, hg_error *err);
int hg__info_packets_json(hg__json *to, const hg_model *m, const char *where, hg_error *err);
// And of a model of a recording: its channels, windows, frames.
int hg__info_signal_text(hg__text *t, const hg_model *m, const char *where, hg_error *err);
int hg__info_signal_json(hg__json *to, const hg_model *m, hg_error *err);
#endif
