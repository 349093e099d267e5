// SPDX-License-Identifier: Apache-2.0
// job_bench.c - how fast this machine does what the library does, beside how fast it could.
//
// Every figure is the best of several rounds, and the machine's peak of multiply-adds is measured between
// the rounds, so that both see the same clock. Work is made from a seed: no data set is needed.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/system.h"
#include "jobs/bench.h"
#include "jobs/job.h"

enum { WIDTH = 784, CODE = 64, SINGLES = 20000, CSV_COLUMNS = 20 };

static const hg__bench_case standard = {
    "training step 784-64-784, batch 128", "ae", {1, {WIDTH}},
      128, 60000
};

// ---- kernels ------------------------------------------------------------------------------------

typedef struct product {
    const hg__kernels *k;
    hg__gemm g;
    int repeat;
} product;

static void run_product(void *context) {
    const product *p = context;
    for (int i = 0; i < p->repeat; i++) p->k->gemm(&p->g);
}

// The three products of a dense layer on one thread, from the cache: forward, and the weights' gradient.
static int bench_kernels(hg__bench *b, hg_error *err) {
    hg__real *space = hg__alloc(3 << 18, sizeof *space, err);
    if (!space) return HG_ERR_MEMORY;
    hg__real *c = space + (1 << 19);
    const int repeat = 100;
    product rows = {
        b->k,
        {.M = 16,
             .N = 64,
             .K = WIDTH,
             .blocks = 1,
             .a = space,
             .a_m = WIDTH,
             .a_k = 1,
             .b = space + (1 << 18),
             .b_k = 64,
             .c = c,
             .c_m = 64},
        repeat
    };
    product columns = {
        b->k,
        {.M = 64,
             .N = 64,
             .K = 128,
             .blocks = 1,
             .a = space,
             .a_m = 1,
             .a_k = WIDTH,
             .b = space + (1 << 18),
             .b_k = 80,
             .c = c,
             .c_m = 64},
        repeat
    };
    const hg__bench_line forward = {.name = "product 16 x 784 x 64, one thread",
                                    .flops = 2.0 * 16 * WIDTH * 64};
    const hg__bench_line weights = {.name = "gradient 64 x 128 x 64, one thread",
                                    .flops = 2.0 * 64 * 128 * 64};
    hg__bench_measure(b, forward, repeat, run_product, &rows);
    hg__bench_measure(b, weights, repeat, run_product, &columns);
    hg__free(space);
    return HG_OK;
}

// ---- scoring ------------------------------------------------------------------------------------

typedef struct scoring {
    hg_scorer *scorer;
    const float *x;
    float *score;
    int64_t rows;
    double *latency; // (SINGLES) or NULL
} scoring;

static void run_bulk(void *context) {
    const scoring *s = context;
    hg_score(s->scorer, s->x, s->rows, s->score);
}

static void run_singles(void *context) {
    const scoring *s = context;
    for (int i = 0; i < SINGLES; i++) {
        const double began = hg__seconds();
        hg_score(s->scorer, s->x + (i & 63) * WIDTH, 1, s->score);
        s->latency[i] = hg__seconds() - began;
    }
}

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void bench_singles(hg__bench *b, scoring *s) {
    static const struct {
        const char *name;
        int32_t percent;
    } parts[] = {
        {"score one row, median",          50},
        {"score one row, 99th percentile", 99},
    };
    if (!hg__bench_wants(b, parts[0].name) && !hg__bench_wants(b, parts[1].name)) return;
    hg__bench_best(b, run_singles, s);
    qsort(s->latency, SINGLES, sizeof *s->latency, compare_doubles);
    for (int i = 0; i < 2; i++) {
        hg__bench_add(b, &(hg__bench_line){.name = parts[i].name,
                                           .seconds = s->latency[SINGLES / 100 * parts[i].percent],
                                           .rows = 1});
    }
}

static int bench_score(hg__bench *b, const hg__bench_setup *s, hg_error *err) {
    enum { BULK = 20000 };
    float *x = hg__alloc((size_t)BULK * WIDTH, sizeof *x, err);
    float *score = x ? hg__alloc(BULK, sizeof *score, err) : NULL;
    double *latency = score ? hg__alloc(SINGLES, sizeof *latency, err) : NULL;
    scoring all = {.scorer =
                       latency ? hg_scorer_new(s->model, hg__pool_threads(b->pool), err) : NULL,
                   .x = x,
                   .score = score,
                   .rows = BULK};
    scoring one = {.scorer = all.scorer ? hg_scorer_new(s->model, 1, err) : NULL,
                   .x = x,
                   .score = score,
                   .latency = latency};
    const int code = one.scorer ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) {
        for (int i = 0; i < BULK * WIDTH; i++) x[i] = s->images[i] / 255.0F;
        const hg__bench_line f = {.name = "score rows 784-64-784, from memory",
                                  .flops = 4.0 * WIDTH * CODE * BULK,
                                  .rows = BULK};
        hg__bench_measure(b, f, 1, run_bulk, &all);
        bench_singles(b, &one);
    }
    hg_scorer_free(all.scorer);
    hg_scorer_free(one.scorer);
    hg__free(latency);
    hg__free(score);
    hg__free(x);
    return code;
}

// ---- reading ------------------------------------------------------------------------------------

typedef struct reading {
    char path[1024];
    hg_error err;
    int code;
} reading;

static void run_read(void *context) {
    reading *r = context;
    const hg__data_options options = {
        .label = "", .ignore = "", .on_bad = "stop", .memory = 1U << 30};
    hg__data *d = hg__data_open(r->path, &options, &r->err);
    if (!d) r->code = (int)r->err.code;
    hg__data_close(d);
}

static int write_csv(const char *path, size_t *bytes, hg_error *err) {
    hg__text t = {0};
    for (uint32_t i = 0; i < 200000; i++) {
        for (uint32_t j = 0; j < CSV_COLUMNS; j++) {
            const double x =
                ((double)hg__philox_run(0, HG_STREAM_SYNTHETIC, i, j, 1).word[0] - 0x1p31) * 4.6e-9;
            hg__text_add(&t, j + 1 < CSV_COLUMNS ? "%.5f," : "%.5f\n", x);
        }
    }
    const int code = t.failed ? hg__fail(err, HG_ERR_MEMORY, "out of memory")
                              : hg__write_file(path, t.data, t.length, err);
    *bytes = t.length;
    hg__text_clear(&t);
    return code;
}

static int bench_read(hg__bench *b, hg_error *err) {
    static const char title[] = "read CSV, 200000 x 20 decimals";
    reading r = {.code = HG_OK};
    size_t bytes;
    const char *folder = getenv("TMPDIR");
    char name[64];
    if (!hg__bench_wants(b, title)) return HG_OK;
    snprintf(name, sizeof name, "hourglass-bench-%ld.csv", (long)getpid());
    HG_TRY(hg__join_path(r.path, sizeof r.path, folder && *folder ? folder : "/tmp", name, err));
    int code = write_csv(r.path, &bytes, err);
    if (code == HG_OK) {
        const hg__bench_line f = {.name = title, .rows = 200000, .bytes = (double)bytes};
        hg__bench_measure(b, f, 1, run_read, &r);
        code = r.code;
        if (code < 0 && err) *err = r.err;
    }
    unlink(r.path);
    return code;
}

// -------------------------------------------------------------------------------------------------

static bool wants(const hg__bench *b, const char *what) {
    return strcmp(b->o->values.what, "all") == 0 || strcmp(b->o->values.what, what) == 0;
}

// Of the model that both share.
static int bench_model(hg__bench *b, hg_error *err) {
    hg__bench_setup s = {0};
    if (!wants(b, "step") && !wants(b, "score")) return HG_OK;
    int code = hg__bench_setup_make(&s, &standard, b->pool, err);
    if (code == HG_OK && wants(b, "step")) hg__bench_step(b, &s, &standard);
    if (code == HG_OK && wants(b, "score")) code = bench_score(b, &s, err);
    hg__bench_setup_clear(&s);
    return code;
}

static int run_all(hg__bench *b, hg_error *err) {
    static const struct {
        const char *what;
        int (*run)(hg__bench *b, hg_error *err);
    } after[] = {
        {"score",   hg__bench_detect  },
        {"conv",    hg__bench_conv    },
        {"denoise", hg__bench_denoise },
        {"read",    bench_read        },
        {"read",    hg__bench_pictures},
        {"packets", hg__bench_packets },
    };
    int code = HG_OK;
    hg__bench_measure_peak(b);
    if (wants(b, "kernels")) code = hg__bench_alone(b, bench_kernels, err);
    if (code == HG_OK) code = bench_model(b, err);
    for (size_t i = 0; code == HG_OK && i < sizeof after / sizeof *after; i++) {
        if (wants(b, after[i].what)) code = after[i].run(b, err);
    }
    if (code == HG_OK && hg__bench_is_stopped(b)) {
        return hg__fail(err, HG_ERR_STOPPED, "stopped on request");
    }
    if (code == HG_OK && b->lines == 0) {
        code = hg__fail(err, HG_ERR_USAGE, "bench: no figure of what=%s has '%s' in its name",
                        b->o->values.what, b->o->values.only);
    }
    return code;
}

static void begin_json(hg__bench *b) {
    b->json = (hg__json_writer){.to = &b->text, .is_spaced = true};
    hg__json_begin(&b->json, NULL, '{');
    hg__json_begin(&b->json, "results", '[');
}

static void end_json(hg__bench *b) {
    hg__json_break(&b->json, 2);
    hg__json_end(&b->json, ']');
    hg__json_break(&b->json, 2);
    hg__json_add_integer(&b->json, "threads", hg__pool_threads(b->pool));
    hg__json_add_text(&b->json, "isa", b->k->name);
    hg__json_add_fixed(&b->json, "peak_gflops", 1, b->peak / 1e9);
    hg__json_end(&b->json, '}');
    hg__text_add(&b->text, "\n");
}

int hg__job_bench(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    hg__bench b = {.o = o, .listener = l, .k = hg__kernels_pick()};
    b.pool = hg__pool_new((int32_t)o->values.threads, err);
    if (!b.pool) return HG_ERR_MEMORY;
    if (r->json) begin_json(&b);
    int code = run_all(&b, err);
    if (r->json) {
        end_json(&b);
    } else {
        hg__text_add(&b.text, "%d threads, %s: peak of multiply-adds %.1f GFLOP/s\n",
                     hg__pool_threads(b.pool), b.k->name, b.peak / 1e9);
    }
    hg__pool_free(b.pool);
    if (code == HG_OK) {
        r->text = hg__text_take(&b.text, err);
        if (!r->text) code = HG_ERR_MEMORY;
    }
    hg__text_clear(&b.text);
    return code;
}
