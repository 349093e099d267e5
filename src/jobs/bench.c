// SPDX-License-Identifier: Apache-2.0
// bench.c - the clock, the machine's peak and the table: what every bench does with its work.
#include "jobs/bench.h"

#include <math.h>
#include <string.h>

#include "base/host.h"
#include "base/system.h"

static void spin(void *context, int32_t task, int32_t thread) {
    (void)task, (void)thread;
    const hg__bench *b = context;
    hg__real sink;
    (void)b->k->peak(200000, &sink);
}

void hg__bench_measure_peak(hg__bench *b) {
    hg__real sink;
    const int32_t threads = hg__pool_threads(b->pool);
    const double flops = b->k->peak(200000, &sink) * threads;
    for (int i = 0; i < 5; i++) {
        const double began = hg__seconds();
        hg__pool_run(b->pool, spin, b, threads);
        const double rate = flops / (hg__seconds() - began);
        if (rate > b->peak) b->peak = rate;
    }
}

bool hg__bench_is_stopped(const hg__bench *b) {
    return hg__is_stopped(b->listener);
}

double hg__bench_best(hg__bench *b, void (*work)(void *), void *context) {
    double best = (double)INFINITY;
    const double until = hg__seconds() + b->o->values.seconds;
    for (int round = 0; round < 5 || hg__seconds() < until; round++) {
        const double began = hg__seconds();
        work(context);
        const double took = hg__seconds() - began;
        if (took < best) best = took;
        if (hg__bench_is_stopped(b)) break;
        if (round < 5 || round % 8 == 0) hg__bench_measure_peak(b);
    }
    return best;
}

bool hg__bench_wants(const hg__bench *b, const char *name) {
    return !hg__bench_is_stopped(b) && strstr(name, b->o->values.only) != NULL;
}

void hg__bench_measure(hg__bench *b, hg__bench_line f, double units, void (*work)(void *),
                       void *context) {
    if (!hg__bench_wants(b, f.name)) return;
    f.seconds = hg__bench_best(b, work, context) / units;
    hg__bench_add(b, &f);
}

static void add_json(hg__bench *b, const hg__bench_line *f) {
    hg__json_writer *w = &b->json;
    const double rate = f->flops / f->seconds;
    hg__json_break(w, 4);
    hg__json_begin(w, NULL, '{');
    hg__json_add_text(w, "name", f->name);
    hg__json_add_fixed(w, "us", 3, f->seconds * 1e6);
    hg__json_add_fixed(w, "rows_per_second", 0, f->rows / f->seconds);
    hg__json_add_fixed(w, "gflops", 2, rate / 1e9);
    hg__json_add_fixed(w, "fraction", 4, rate / b->peak);
    hg__json_add_fixed(w, "bytes_per_second", 0, f->bytes / f->seconds);
    hg__json_add_fixed(w, "pixels_per_second", 0, f->pixels / f->seconds);
    hg__json_add_fixed(w, "memory_bytes", 0, f->memory);
    hg__json_add_fixed(w, "share", 4, f->share);
    hg__json_add_text(w, "spec", f->spec ? f->spec : "");
    hg__json_end(w, '}');
}

void hg__bench_add(hg__bench *b, const hg__bench_line *f) {
    if (!hg__bench_wants(b, f->name)) return;
    b->lines++;
    if (b->json.to) {
        add_json(b, f);
        return;
    }
    const double rate = f->flops / f->seconds, rows = f->rows / f->seconds;
    hg__text_add(&b->text, "%-40s %11.2f us", f->name, f->seconds * 1e6);
    if (f->rows > 0) hg__text_add(&b->text, " %12.0f rows/s", rows);
    if (f->flops > 0) {
        hg__text_add(&b->text, " %8.1f GFLOP/s %5.1f %% of peak", rate / 1e9, 100 * rate / b->peak);
    }
    if (f->bytes > 0) hg__text_add(&b->text, " %8.2f GB/s", f->bytes / f->seconds / 1e9);
    if (f->pixels > 0) hg__text_add(&b->text, " %8.2f Mpixel/s", f->pixels / f->seconds / 1e6);
    if (f->memory > 0) {
        hg__text_add(&b->text, " %6.2f s/Mpixel %7.1f MB", f->seconds * 1e6 / f->pixels,
                     f->memory / 1e6);
    }
    if (f->share > 0) hg__text_add(&b->text, " %5.1f %% of %s", 100 * f->share, f->share_of);
    hg__text_add(&b->text, "\n");
}

int hg__bench_alone(hg__bench *b, hg__bench_run *run, hg_error *err) {
    hg__pool *all = b->pool;
    const double kept = b->peak;
    b->pool = hg__pool_new(1, err);
    b->peak = 0;
    const int code = b->pool ? run(b, err) : HG_ERR_MEMORY;
    hg__pool_free(b->pool);
    b->pool = all;
    b->peak = kept;
    return code;
}
