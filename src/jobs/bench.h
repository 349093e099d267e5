// SPDX-License-Identifier: Apache-2.0
// bench.h - what the benches share: the clock, the machine's peak, the table.
//
//   job_bench.c ──> bench_conv.c, bench_denoise.c, bench_detect.c, bench_packets.c, bench_pictures.c ──> bench_step.c ──> bench.c
#ifndef HG_JOBS_BENCH_H
#define HG_JOBS_BENCH_H
#include "backend/kernels.h"
#include "backend/pool.h"
#include "base/json.h"
#include "exec/plan.h"
#include "options/options.h"
#include "rows/loader.h"

// One line of the table. What makes no sense for it is 0.
typedef struct hg__bench_line {
    const char *name;
    double seconds; // of one unit of work, best round
    double flops;   // of one unit, and so are the next
    double rows;
    double bytes;
    double pixels;
    double memory; // bytes that the work takes, beside its model and its picture
    double share;  // of what share_of says
    const char *share_of;
    const char *spec; // of the network that ran
} hg__bench_line;

typedef struct hg__bench {
    const hg_options *o;
    const hg_listener *listener;
    hg__pool *pool;
    const hg__kernels *k;
    double peak; // multiply-adds x 2 a second, all threads, best seen
    hg__text text;
    hg__json_writer json; // to text; to is NULL: a table to read
    int lines;
} hg__bench;

bool hg__bench_is_stopped(const hg__bench *b);
// Raises b->peak if this moment shows more.
void hg__bench_measure_peak(hg__bench *b);

bool hg__bench_wants(const hg__bench *b, const char *name); // option only=; nothing once stopped
void hg__bench_add(hg__bench *b, const hg__bench_line *f);  // if it is wanted

// Repeats work(context) until the option's seconds are over, at least 5 times; the best time. The peak is
// measured between the rounds.
double hg__bench_best(hg__bench *b, void (*work)(void *), void *context);

// Measures and adds a figure, if it is wanted; work() does `units` units.
void hg__bench_measure(hg__bench *b, hg__bench_line f, double units, void (*work)(void *),
                       void *context);

typedef int hg__bench_run(hg__bench *b, hg_error *err);

// run() on one thread, beside one thread's peak.
int hg__bench_alone(hg__bench *b, hg__bench_run *run, hg_error *err);

// ---- a model in training on bytes made from a seed ------------------------------------------------

typedef struct hg__bench_case {
    const char *name;  // of the figure
    const char *model; // a preset or spec
    hg__shape shape;   // of a row
    int32_t batch, rows;
} hg__bench_case;

typedef struct hg__bench_setup {
    hg_model *model;
    uint8_t *images; // (rows, width), about a fifth of them not zero
    hg__data data;
    hg__rows rows;
    hg__loader *loader;
    hg__train_plan *plan;
    int32_t epoch;
    int64_t step;
} hg__bench_setup;

int hg__bench_setup_make(hg__bench_setup *s, const hg__bench_case *c, hg__pool *pool,
                         hg_error *err);
void hg__bench_setup_clear(hg__bench_setup *s); // {0} is fine

// Adam's plan for a model: batch rows a step, mean squared error.
hg__train_plan *hg__bench_plan(hg_model *m, int32_t batch, hg__pool *pool, hg_error *err);

// The line of a training step of this setup.
void hg__bench_step(hg__bench *b, hg__bench_setup *s, const hg__bench_case *c);

// Floating-point operations of a layer's products for one row, 2 * M * N * K; 0 where it has none.
double hg__layer_flops(const hg__layer *l);

hg__bench_run hg__bench_conv, hg__bench_denoise, hg__bench_detect, hg__bench_packets,
    hg__bench_pictures;
#endif
