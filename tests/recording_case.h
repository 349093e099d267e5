// SPDX-License-Identifier: Apache-2.0
// recording_case.h - small files opened as recordings, their steps as one line of text each.
#ifndef HG_TESTS_RECORDING_CASE_H
#define HG_TESTS_RECORDING_CASE_H
#include <math.h>

#include "signal/recording.h"
#include "table_case.h"

#include <cmocka.h>

// "*0@10 '10' !: 1|2|?": the first of its kind, row 0, at second 10, written so, an anomaly; "-": a step that the file lacks.
static inline void add_steps(hg__text *out, const hg__recording *r, const hg__steps *s) {
    for (int32_t i = 0; i < s->count; i++) {
        hg__text_add(out, "%s", s->begins[i] ? "*" : "");
        if (s->row[i] < 0) hg__text_add(out, "-");
        if (s->row[i] >= 0) hg__text_add(out, "%lld", (long long)s->row[i]);
        if (s->time) hg__text_add(out, "@%.9g", s->time[i]);
        if (s->when) hg__text_add(out, " '%s'", s->when[i]);
        if (s->label && s->label[i]) hg__text_add(out, " !");
        for (int32_t k = 0; k < r->channels; k++) {
            const double x = (double)s->value[(size_t)i * (size_t)r->channels + (size_t)k];
            hg__text_add(out, k ? "|" : ": ");
            if (isnan(x)) hg__text_add(out, "?");
            if (!isnan(x)) hg__text_add(out, "%.6g", x);
        }
        hg__text_add(out, "\n");
    }
}

static inline void add_pass(hg__text *out, hg__recording *r, const sample_file *f) {
    hg_error err = {0};
    hg__steps s;
    int code;
    while ((code = hg__recording_next(r, &s, &err)) > 0) {
        assert_in_range(s.count, 1, HG_STEPS);
        add_steps(out, r, &s);
    }
    if (code < 0) hg__text_add(out, "! %s\n", plain_message(f, err.message));
}

// Names and steps, the same in both passes; behind them "(note)".
static inline char *tell_recording(hg__recording *r, const sample_file *f) {
    hg__text pass[2] = {{0}, {0}};
    hg_error err = {0};
    for (int k = 0; k < 2; k++) {
        for (int32_t i = 0; i < r->channels; i++) {
            hg__text_add(&pass[k], "%s%s", i ? "|" : "# ", r->name[i]);
        }
        hg__text_add(&pass[k], "\n");
        add_pass(&pass[k], r, f);
        assert_int_equal(hg__recording_rewind(r, &err), HG_OK);
    }
    assert_string_equal(pass[0].data, pass[1].data);
    hg__text_clear(&pass[1]);
    if (*r->note) hg__text_add(&pass[0], "(%s)\n", r->note);
    return hg__text_take(&pass[0], &err);
}

static inline void expect_path(const sample_file *f, const char *path,
                               const hg__recording_options *o, const char *says) {
    hg_error err = {0};
    hg__recording *r = hg__recording_open(path, o, &err);
    if (r) {
        char *said = tell_recording(r, f);
        assert_string_equal(said, says);
        hg__free(said);
    } else {
        if (*says != '!') print_error("%s\n", err.message);
        assert_int_equal(*says, '!');
        assert_string_equal(plain_message(f, err.message), says + 2);
        assert_true(err.code < 0);
    }
    hg__recording_close(r);
}

// The bytes as a recording must say this, or be refused with this: "! x.csv: expected ...".
static inline void expect_recording(const void *bytes, size_t size, const char *name,
                                    const hg__recording_options *o, const char *says) {
    const sample_file f = save_sample(bytes, size, name);
    expect_path(&f, f.path, o, says);
    remove_sample(&f);
}

// Reads all there is; true if nothing was wrong. Whatever the file is, it comes to an end.
static inline bool read_all_steps(const char *path, const hg__recording_options *o) {
    hg_error err = {0};
    hg__recording *r = hg__recording_open(path, o, &err);
    assert_true(r || (err.code < 0 && err.message[0]));
    if (!r) return false;
    hg__steps s;
    int code;
    while ((code = hg__recording_next(r, &s, &err)) > 0) {
        assert_in_range(s.count, 1, HG_STEPS);
        for (int64_t i = 0; i < (int64_t)s.count * r->channels; i++) {
            assert_true(isnan(s.value[i]) || __builtin_isfinite(s.value[i]));
        }
    }
    assert_true(code == 0 || err.message[0]);
    hg__recording_close(r);
    return code == 0;
}

// A sample cut at every byte, and with every bit of its first 160 bytes flipped.
static inline void damage_recording(const void *sample, size_t size, const char *name,
                                    const hg__recording_options *o) {
    uint8_t *bytes = malloc(size + 1);
    assert_non_null(bytes);
    memcpy(bytes, sample, size);
    const sample_file f = save_sample(bytes, size, name);
    assert_true(read_all_steps(f.path, o));
    for (size_t cut = 0; cut < size; cut++) {
        rewrite_sample(&f, bytes, cut);
        (void)read_all_steps(f.path, o);
    }
    for (size_t bit = 0; bit < 8 * (size < 160 ? size : 160); bit++) {
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        rewrite_sample(&f, bytes, size);
        (void)read_all_steps(f.path, o);
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    remove_sample(&f);
    free(bytes);
}
#endif
