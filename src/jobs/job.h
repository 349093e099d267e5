// SPDX-License-Identifier: Apache-2.0
// job.h - what every job is: a function hg__job_<name> in job_<name>.c, for its row of options/jobs.def.
//
//   hg_run() ──> entry, options checked, a listener and a result of ours ──> hg__job_<name>() ──> as much as the caller has room for
#ifndef HG_JOBS_JOB_H
#define HG_JOBS_JOB_H
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
#endif
