// SPDX-License-Identifier: Apache-2.0
// onednn_step.c - oneDNN as a rival: the five matrix products of a 784-64-784 training step with bias, ReLU and
// sigmoid fused; no loss, no optimiser, no data. So it shows what is left to win over a vendor's products alone.
//
// Same protocol as worker.py: prints "ready", then for each line read the seconds of one step.
#include <dnnl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { WIDTH = 784, CODE = 64, BATCH = 128, STEPS = 400 };

static dnnl_engine_t engine;
static dnnl_stream_t stream;

typedef struct product {
    dnnl_primitive_t primitive;
    dnnl_exec_arg_t arg[4];
    int args;
} product;

static void must(dnnl_status_t status, const char *what) {
    if (status == dnnl_success) return;
    fprintf(stderr, "%s: oneDNN says %d\n", what, (int)status);
    exit(1);
}

static double seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

// A matrix (rows, columns) over the caller's floats; transposed: memory holds (columns, rows).
static dnnl_memory_t matrix(float *at, int rows, int columns, int transposed) {
    dnnl_memory_desc_t d;
    dnnl_memory_t m;
    const dnnl_dims_t size = {rows, columns};
    const dnnl_dims_t stride = {transposed ? 1 : columns, transposed ? rows : 1};
    must(dnnl_memory_desc_create_with_strides(&d, 2, size, dnnl_f32, stride), "matrix");
    must(dnnl_memory_create(&m, d, engine, at), "memory");
    return m;
}

static const_dnnl_memory_desc_t desc_of(dnnl_memory_t m) {
    const_dnnl_memory_desc_t d;
    must(dnnl_memory_get_memory_desc(m, &d), "description");
    return d;
}

// c = activation(a b + bias); bias may be NULL, activation dnnl_alg_kind_undef for none.
static product make(dnnl_memory_t a, dnnl_memory_t b, dnnl_memory_t bias, dnnl_memory_t c, dnnl_alg_kind_t activation) {
    product p = {0};
    dnnl_primitive_desc_t d;
    dnnl_primitive_attr_t attributes;
    dnnl_post_ops_t after;
    must(dnnl_primitive_attr_create(&attributes), "attributes");
    must(dnnl_post_ops_create(&after), "post-ops");
    if (activation != dnnl_alg_kind_undef) {
        must(dnnl_post_ops_append_eltwise(after, activation, 0, 0), "activation");
        must(dnnl_primitive_attr_set_post_ops(attributes, after), "post-ops");
    }
    must(dnnl_matmul_primitive_desc_create(&d, engine, desc_of(a), desc_of(b), bias ? desc_of(bias) : NULL, desc_of(c), attributes), "product");
    must(dnnl_primitive_create(&p.primitive, d), "product");
    p.arg[p.args++] = (dnnl_exec_arg_t){DNNL_ARG_SRC, a};
    p.arg[p.args++] = (dnnl_exec_arg_t){DNNL_ARG_WEIGHTS, b};
    p.arg[p.args++] = (dnnl_exec_arg_t){DNNL_ARG_DST, c};
    if (bias) p.arg[p.args++] = (dnnl_exec_arg_t){DNNL_ARG_BIAS, bias};
    return p;
}

static float *floats(int count) {
    float *p = aligned_alloc(64, (size_t)(count + 15) / 16 * 64);
    if (!p) exit(1);
    for (int i = 0; i < count; i++) p[i] = (float)(i % 97) / 970 - 0.05F;
    return p;
}

int main(int argc, char **argv) {
    char line[64];
    product step[5];
    if (argc > 1 && atoi(argv[1]) == 1) { // its threads follow the affinity mask
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET((size_t)sched_getcpu(), &one);
        sched_setaffinity(0, sizeof one, &one);
    }
    must(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine");
    must(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags), "stream");
    float *x = floats(BATCH * WIDTH), *w1 = floats(WIDTH * CODE), *b1 = floats(CODE), *h = floats(BATCH * CODE);
    float *w2 = floats(CODE * WIDTH), *b2 = floats(WIDTH), *y = floats(BATCH * WIDTH), *dh = floats(BATCH * CODE);
    float *dw1 = floats(WIDTH * CODE), *dw2 = floats(CODE * WIDTH);
    step[0] = make(matrix(x, BATCH, WIDTH, 0), matrix(w1, WIDTH, CODE, 0), matrix(b1, 1, CODE, 0), matrix(h, BATCH, CODE, 0), dnnl_eltwise_relu);
    step[1] = make(matrix(h, BATCH, CODE, 0), matrix(w2, CODE, WIDTH, 0), matrix(b2, 1, WIDTH, 0), matrix(y, BATCH, WIDTH, 0), dnnl_eltwise_logistic);
    step[2] = make(matrix(h, CODE, BATCH, 1), matrix(y, BATCH, WIDTH, 0), NULL, matrix(dw2, CODE, WIDTH, 0), dnnl_alg_kind_undef);
    step[3] = make(matrix(y, BATCH, WIDTH, 0), matrix(w2, WIDTH, CODE, 1), NULL, matrix(dh, BATCH, CODE, 0), dnnl_alg_kind_undef);
    step[4] = make(matrix(x, WIDTH, BATCH, 1), matrix(dh, BATCH, CODE, 0), NULL, matrix(dw1, WIDTH, CODE, 0), dnnl_alg_kind_undef);
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        double best = 1e9;
        for (int round = 0; round < 5; round++) {
            const double began = seconds();
            for (int i = 0; i < STEPS; i++)
                for (int p = 0; p < 5; p++) must(dnnl_primitive_execute(step[p].primitive, stream, step[p].args, step[p].arg), "step");
            must(dnnl_stream_wait(stream), "wait");
            const double took = (seconds() - began) / STEPS;
            if (took < best) best = took;
        }
        printf("%.9e\n", best);
        fflush(stdout);
    }
    return 0;
}
