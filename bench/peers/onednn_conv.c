// SPDX-License-Identifier: Apache-2.0
// onednn_conv.c - oneDNN as a rival for one layer on images, in the layout of its own choice or channels last.
//
//   onednn_conv conv|deconv KERNEL STRIDE FROM TO SIDE forward|data|weights own|nhwc IMAGES THREADS
//
// SIDE: of the layer's input, pixels. Padding as Hourglass has it: conv (K-1)/2, deconv (K-S)/2. Bias included. Same
// protocol as worker.py: prints "ready", then for each line read the seconds of one image.
#include <dnnl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct job {
    int is_deconv, kernel, stride, from, to, side, images;
    const char *pass;
    dnnl_format_tag_t layout;
} job;

// Descriptions of what a pass is told; dnnl_primitive_desc_t made from them.
typedef struct shapes {
    dnnl_memory_desc_t x, w, b, y;
    dnnl_dims_t stride, dilation, padding;
} shapes;

static dnnl_engine_t engine;
static dnnl_stream_t stream;

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

static dnnl_memory_desc_t describe(int rank, const dnnl_dims_t size, dnnl_format_tag_t layout) {
    dnnl_memory_desc_t d;
    must(dnnl_memory_desc_create_with_tag(&d, rank, size, dnnl_f32, layout), "description");
    return d;
}

static shapes shapes_of(const job *j) {
    const int padding = j->is_deconv ? (j->kernel - j->stride) / 2 : (j->kernel - 1) / 2;
    const int out = j->is_deconv ? j->side * j->stride : j->side / j->stride;
    const dnnl_dims_t x = {j->images, j->from, j->side, j->side}, y = {j->images, j->to, out, out};
    const dnnl_dims_t w = {j->to, j->from, j->kernel, j->kernel}, b = {j->to};
    return (shapes){
        .x = describe(4, x, j->layout),
        .w = describe(4, w, dnnl_format_tag_any),
        .b = describe(1, b, dnnl_a),
        .y = describe(4, y, j->layout),
        .stride = {j->stride, j->stride},
        .padding = {padding, padding},
    };
}

static dnnl_primitive_desc_t make_forward(const job *j, const shapes *s, dnnl_prop_kind_t kind) {
    dnnl_primitive_desc_t d;
    must((j->is_deconv ? dnnl_deconvolution_forward_primitive_desc_create : dnnl_convolution_forward_primitive_desc_create)(
             &d, engine, kind, j->is_deconv ? dnnl_deconvolution_direct : dnnl_convolution_direct, s->x, s->w, s->b, s->y, s->stride,
             s->dilation, s->padding, s->padding, NULL),
         "forward");
    return d;
}

static dnnl_primitive_desc_t make_data(const job *j, const shapes *s, dnnl_primitive_desc_t hint) {
    dnnl_primitive_desc_t d;
    must((j->is_deconv ? dnnl_deconvolution_backward_data_primitive_desc_create : dnnl_convolution_backward_data_primitive_desc_create)(
             &d, engine, j->is_deconv ? dnnl_deconvolution_direct : dnnl_convolution_direct, s->x, s->w, s->y, s->stride, s->dilation,
             s->padding, s->padding, hint, NULL),
         "backward data");
    return d;
}

static dnnl_primitive_desc_t make_weights(const job *j, const shapes *s, dnnl_primitive_desc_t hint) {
    dnnl_primitive_desc_t d;
    must((j->is_deconv ? dnnl_deconvolution_backward_weights_primitive_desc_create
                       : dnnl_convolution_backward_weights_primitive_desc_create)(
             &d, engine, j->is_deconv ? dnnl_deconvolution_direct : dnnl_convolution_direct, s->x, s->w, s->b, s->y, s->stride,
             s->dilation, s->padding, s->padding, hint, NULL),
         "backward weights");
    return d;
}

// What each pass reads and writes.
static const struct {
    const char *name;
    int arg[4], args;
} passes[] = {
    {"forward", {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_BIAS, DNNL_ARG_DST}, 4},
    {"data", {DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC}, 3},
    {"weights", {DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_BIAS}, 4},
};

static dnnl_exec_arg_t make_argument(dnnl_primitive_desc_t d, int which) {
    const const_dnnl_memory_desc_t md = dnnl_primitive_desc_query_md(d, dnnl_query_exec_arg_md, which);
    const size_t count = dnnl_memory_desc_get_size(md) / sizeof(float);
    dnnl_memory_t m;
    void *at;
    must(dnnl_memory_create(&m, md, engine, DNNL_MEMORY_ALLOCATE), "memory");
    must(dnnl_memory_get_data_handle(m, &at), "memory");
    for (size_t i = 0; i < count; i++) ((float *)at)[i] = (float)(i % 97) / 970 - 0.05F;
    return (dnnl_exec_arg_t){which, m};
}

static void pin_to_one(void) { // its threads follow the affinity mask
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    sched_setaffinity(0, sizeof one, &one);
}

static double measure(dnnl_primitive_t primitive, int args, const dnnl_exec_arg_t *arg) {
    double best = 1e9;
    const double until = seconds() + 0.5;
    for (int round = 0; round < 5 || seconds() < until; round++) {
        const double began = seconds();
        must(dnnl_primitive_execute(primitive, stream, args, arg), "run");
        must(dnnl_stream_wait(stream), "wait");
        const double took = seconds() - began;
        if (took < best) best = took;
    }
    return best;
}

int main(int argc, char **argv) {
    char line[64];
    if (argc != 11) return 2;
    const job j = {strcmp(argv[1], "deconv") == 0, atoi(argv[2]), atoi(argv[3]), atoi(argv[4]), atoi(argv[5]), atoi(argv[6]),
                   atoi(argv[9]), argv[7], strcmp(argv[8], "nhwc") == 0 ? dnnl_nhwc : dnnl_format_tag_any};
    int pass = 0;
    while (pass < 2 && strcmp(passes[pass].name, j.pass) != 0) pass++;
    if (atoi(argv[10]) == 1) pin_to_one();
    must(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine");
    must(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags), "stream");
    const shapes s = shapes_of(&j);
    dnnl_primitive_desc_t d = make_forward(&j, &s, pass ? dnnl_forward_training : dnnl_forward_inference);
    if (pass == 1) d = make_data(&j, &s, d);
    if (pass == 2) d = make_weights(&j, &s, d);
    dnnl_primitive_t primitive;
    must(dnnl_primitive_create(&primitive, d), "primitive");
    dnnl_exec_arg_t arg[4];
    for (int i = 0; i < passes[pass].args; i++) arg[i] = make_argument(d, passes[pass].arg[i]);
    measure(primitive, passes[pass].args, arg);
    printf("ready\n");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        printf("%.9e\n", measure(primitive, passes[pass].args, arg) / j.images);
        fflush(stdout);
    }
    return 0;
}
