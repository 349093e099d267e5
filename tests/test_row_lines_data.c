// SPDX-License-Identifier: Apache-2.0
// test_row_lines_data.c - public recordings, line by line as they would come: the same steps as of the file.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "csv/time_text.h"
#include "streams/messages.h"
#include "streams/row_lines.h"

#include <cmocka.h>

enum { CHANNELS = 8, MOST = 30000 };

typedef struct steps {
    int64_t count;
    float value[MOST][CHANNELS];
    int64_t row[MOST];
    double time[MOST];
    uint8_t begins[MOST];
    char when[MOST][32];
} steps;

static steps of_file, of_lines;

static void add(steps *all, const hg__steps *s, int32_t channels) {
    for (int32_t i = 0; i < s->count; i++) {
        const int64_t at = all->count++;
        assert_true(at < MOST);
        memcpy(all->value[at], s->value + (size_t)i * (size_t)channels,
               (size_t)channels * sizeof *s->value);
        all->row[at] = s->row[i];
        all->time[at] = s->time[i];
        all->begins[at] = s->begins[i];
        snprintf(all->when[at], sizeof all->when[at], "%s", s->when[i]);
    }
}

static void compare(int32_t channels) {
    assert_int_equal(of_file.count, of_lines.count);
    for (int64_t i = 0; i < of_file.count; i++) {
        assert_int_equal(of_lines.row[i], of_file.row[i]);
        assert_int_equal(of_lines.begins[i], of_file.begins[i]);
        assert_true(of_lines.time[i] == of_file.time[i]);
        assert_string_equal(of_lines.when[i], of_file.when[i]);
        assert_memory_equal(of_lines.value[i], of_file.value[i], (size_t)channels * sizeof(float));
    }
}

static void read_lines(const char *path, const hg__row_lines_options *o) {
    hg_error err = {0};
    hg__message got;
    hg__steps s;
    const hg__messages_options plain = {0};
    hg__messages *m = hg__messages_open(path, &plain, &err);
    assert_non_null(m);
    hg__row_lines *r = hg__row_lines_new(o, &err);
    assert_non_null(r);
    int code;
    while ((code = hg__messages_next(m, 1000, &got, &err)) == 1) {
        assert_true(hg__row_lines_add(r, got.text, got.size, &err) >= 0);
        while (hg__row_lines_take(r, &s) == 1) add(&of_lines, &s, o->channels);
    }
    assert_int_equal(code, HG_MESSAGES_END);
    hg__row_lines_free(r);
    hg__messages_close(m);
}

static void check(const char *path, const char *ignore) {
    hg_error err = {0};
    hg__steps s;
    const hg__recording_options plain = {.ignore = ignore};
    hg__recording *r = hg__recording_open(path, &plain, &err);
    assert_non_null(r);
    of_file.count = of_lines.count = 0;
    while (hg__recording_next(r, &s, &err) == 1) add(&of_file, &s, r->channels);
    const hg__row_lines_options o = {.place = path,
                                     .name = (const char *const *)r->name,
                                     .channels = r->channels,
                                     .step = r->step,
                                     .format = HG_ROW_TIME_ANY};
    read_lines(path, &o);
    assert_true(of_lines.count > 700);
    compare(r->channels);
    hg__recording_close(r);
}

static void lines_are_the_steps_of_their_file(void **state) {
    (void)state;
    static const char *const files[][2] = {
        {"skab/data/other/1.csv",                                          "anomaly,changepoint"},
        {"skab/data/valve1/0.csv",                                         "anomaly,changepoint"},
        {"skab/data/anomaly-free/anomaly-free.csv",                        ""                   },
        {"nab/data/realKnownCause/machine_temperature_system_failure.csv", ""                   },
        {"nab/data/realKnownCause/nyc_taxi.csv",                           ""                   },
        {"nab/data/realAWSCloudwatch/ec2_cpu_utilization_24ae8d.csv",      ""                   },
    };
    const char *data = getenv("HG_DATA");
    int32_t found = 0;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[600];
        snprintf(path, sizeof path, "%s/%s", data ? data : "../shared/data", files[i][0]);
        if (access(path, R_OK) != 0) continue;
        check(path, files[i][1]);
        found++;
    }
    if (!found) skip();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_the_steps_of_their_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
