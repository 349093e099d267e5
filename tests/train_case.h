// SPDX-License-Identifier: Apache-2.0
// train_case.h - small training runs in a temporary folder, and a look at what they left.
#ifndef HG_TESTS_TRAIN_CASE_H
#define HG_TESTS_TRAIN_CASE_H
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include "array/sink.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "model/model.h"

#include <cmocka.h>

enum { ROWS = 60, WIDTH = 6, MOST_EVENTS = 4000 };

static char folder[64] = "/tmp/hourglass-test-XXXXXX";

// What a run told.
typedef struct told {
    hg_train_event event[MOST_EVENTS];
    int events, notes;
    int stop_after; // epochs; 0: never
    volatile sig_atomic_t stop;
} told;

static inline void take_event(void *context, const hg_train_event *e) {
    told *t = context;
    if (t->events < MOST_EVENTS) t->event[t->events++] = *e;
    if (e->epoch_end && t->stop_after && e->epoch >= t->stop_after) t->stop = 1;
}

static inline void take_note(void *context, const char *sentence) {
    told *t = context;
    t->notes += *sentence != '\0';
}

// Paths in the temporary folder; good for the next few calls.
__attribute__((format(printf, 1, 2))) static inline const char *at(const char *format, ...) {
    static char path[16][256];
    static int next;
    char *to = path[next = (next + 1) % 16], name[180];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    snprintf(to, sizeof path[0], "%s/%s", folder, name);
    return to;
}

// `more`: "epochs=2 lr=1e-2", later ones win; blanks in values are written "_".
static inline hg_options *new_options(const char *more) {
    hg_error err = {0};
    char text[1024], *rest = text;
    hg_options *o = hg_options_new("train", &err);
    assert_non_null(o);
    assert_int_equal(hg_options_set(o, "data", at("x.npy"), &err), HG_OK);
    assert_int_equal(hg_options_set(o, "project", at("runs"), &err), HG_OK);
    snprintf(text, sizeof text,
             "model=dense_3_tanh_|_dense_input epochs=3 batch=8 threads=2 seed=4 samples=4 %s",
             more);
    for (char *word; (word = strsep(&rest, " "));) {
        char *value = strchr(word, '=');
        if (!value) continue;
        *value++ = '\0';
        for (char *c = value; *c; c++) *c = *c == '_' && strcmp(word, "model") == 0 ? ' ' : *c;
        if (hg_options_set(o, word, value, &err) < 0) fail_msg("%s", err.message);
    }
    return o;
}

// A run that must end with `code`. t, r may be NULL.
static inline const char *run(int code, const char *more, told *t, hg_result *r) {
    static hg_error err;
    hg_result own = {.size = sizeof own};
    err = (hg_error){0};
    hg_options *o = new_options(more);
    const hg_listener l = {.size = sizeof l,
                           .context = t,
                           .train = t ? take_event : NULL,
                           .note = t ? take_note : NULL,
                           .stop = t ? &t->stop : NULL};
    const int got = hg_run(o, &l, r ? r : &own, &err);
    hg_options_free(o);
    if (got != code) fail_msg("%s: ended with %d, not %d: %s", more, got, code, err.message);
    if (code < 0) assert_int_equal(err.code, code);
    return err.message;
}

static inline char *read_text(const char *path) {
    hg__content content;
    hg_error err = {0};
    hg__text text = {0};
    if (hg__content_read(&content, path, &err) < 0) fail_msg("%s", err.message);
    hg__text_add_bytes(&text, (const char *)content.data, content.size);
    hg__content_free(&content);
    return hg__text_take(&text, NULL);
}

static inline bool is_same_file(const char *a, const char *b) {
    hg__content one = {0}, two = {0};
    hg_error err = {0};
    if (hg__content_read(&one, a, &err) < 0 || hg__content_read(&two, b, &err) < 0) {
        fail_msg("%s", err.message);
    }
    bool same = one.size == two.size && one.data && two.data;
    same = same && memcmp(one.data, two.data, one.size) == 0;
    hg__content_free(&one);
    hg__content_free(&two);
    return same;
}

// results.csv without its time column.
static inline void expect_same_results(const char *a, const char *b) {
    char *text[2] = {read_text(at("runs/%s/results.csv", a)),
                     read_text(at("runs/%s/results.csv", b))};
    for (int i = 0; i < 2; i++) {
        char *to = text[i];
        int column = 0;
        for (const char *from = text[i]; *from; from++) {
            column = *from == '\n' ? 0 : column + (*from == ',');
            if (column != 1) *to++ = *from;
        }
        *to = '\0';
    }
    assert_string_equal(text[0], text[1]);
    hg_text_free(text[0]);
    hg_text_free(text[1]);
}

static inline void expect_same_best(const char *a, const char *b) {
    if (!is_same_file(at("runs/%s/weights/best.safetensors", a),
                      at("runs/%s/weights/best.safetensors", b))) {
        fail_msg("%s and %s have other weights", a, b);
    }
}

static inline void expect_loads(const char *run_name, const char *file) {
    hg_error err = {0};
    hg_model *m = hg_model_load(at("runs/%s/weights/%s.safetensors", run_name, file), &err);
    if (!m) fail_msg("%s", err.message);
    hg_model_free(m);
}

static inline hg__json *read_json(const char *path) {
    char *text = read_text(path);
    hg__json *root = hg__json_read(text, strlen(text), path, NULL);
    hg_text_free(text);
    assert_non_null(root);
    return root;
}

static inline int count_lines(const char *path) {
    char *text = read_text(path);
    int lines = 0;
    for (const char *c = text; *c; c++) lines += *c == '\n';
    hg_text_free(text);
    return lines;
}

static inline int count_temporary(void) {
    char command[128];
    snprintf(command, sizeof command, "exit $(find %s -name '*.tmp*' | wc -l)", folder);
    const int status = system(command);
    return status == 0 ? 0 : 1;
}

// x (rows, WIDTH) near a line in space, all above 0.
static inline void write_npy(const char *name, int64_t rows, int32_t width, uint32_t salt) {
    hg__writer w;
    const hg__shape shape = {
        2, {rows, width}
    };
    assert_int_equal(hg__writer_open(&w, at("%s", name), NULL), HG_OK);
    assert_int_equal(hg__npy_add_header(&w, HG_F32, &shape, NULL), HG_OK);
    for (uint32_t r = 0; r < (uint32_t)rows; r++) {
        const float u = hg__unit_float(hg__philox_run(salt, r, 0, 0, 0).word[0]);
        for (uint32_t i = 0; i < (uint32_t)width; i++) {
            const float noise = hg__unit_float(hg__philox_run(salt, r, i, 1, 0).word[0]);
            const float x = 0.1F + u * (float)(i + 1) / (float)width + 0.1F * noise;
            assert_int_equal(hg__writer_add(&w, &x, sizeof x, NULL), HG_OK);
        }
    }
    assert_int_equal(hg__writer_commit(&w, NULL), HG_OK);
}

static inline int make_folder(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return -1;
    write_npy("x.npy", ROWS, WIDTH, 1);
    write_npy("val.npy", 25, WIDTH, 2);
    write_npy("wide.npy", 25, WIDTH + 1, 3);
    write_npy("long.npy", 16000, WIDTH, 4);
    hg__text csv = {0};
    hg__text_add(&csv, "a,b,c,label\n");
    for (int i = 0; i < 30; i++) {
        hg__text_add(&csv, "%d.5,%d,%g,%d\n", i % 7, i % 3, i / 9.0, i % 2);
    }
    const int code = hg__write_file(at("x.csv"), csv.data, csv.length, NULL);
    hg__text_clear(&csv);
    return code;
}

static inline int remove_folder(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}
#endif
