// SPDX-License-Identifier: Apache-2.0
// test_data.c - what all formats have in common: which reader, fingerprints, splits, faults.
#include <math.h>
#include <sys/stat.h>

#include "data_samples.h"
#include "faults.h"
#include "rows/dataset.h"
#include "rows/loader.h"

static void content_goes_before_the_extension(void **state) {
    (void)state;
    hg_error err;
    uint8_t bytes[512];
    hg__data *d = open_bytes(bytes, read_seed("npy/good_f4.npy", bytes, sizeof bytes), "rows.csv",
                             &in_memory, &err);
    assert_non_null(d);
    assert_string_equal(d->format, "npy");
    hg__data_close(d);
    static const bad_input bad[] = {
        {BYTES("\x89PNG\r\n\x1a\n"), "x: expected idx, npy, npz, csv or tsv, got a PNG image"               },
        {BYTES("PAR1\x15\4\x15"),
         "x: expected idx, npy, npz, csv or tsv, got a Parquet file; save it as CSV first"                  },
        {BYTES("\x80\4K\1."),        "x: expected idx, npy, npz, csv or tsv, got a Python pickle; save it "
                              "as .npy or CSV first"                           },
        {BYTES("\1\2\3\4\5"),
         "x: expected idx, npy, npz, csv or tsv, got a file that begins with 01 02 03 04"                   },
        {BYTES("\1"),                "x: expected idx, npy, npz, csv or tsv, got a file that begins with 01"},
        {BYTES(""),                  "x: expected rows of numbers, got an empty file"                       },
    };
    expect_refusals(bad, sizeof bad / sizeof *bad, "x");
    expect_refusal(BYTES("\1\2\3\4"), "a.npy.GZ", &in_memory,
                   "a.npy.GZ: expected the 8 bytes a .npy file begins with, got the end of the "
                   "file after 4 bytes");
}

static void paths_that_are_no_files_are_refused(void **state) {
    (void)state;
    hg_error err = {0};
    assert_null(hg__dataset_open("/proc/self/fdinfo", &in_memory, NULL, &err));
    assert_non_null(
        strstr(err.message, "/proc/self/fdinfo: expected images or one table, got a folder"));
    assert_int_equal(err.code, HG_ERR_DATA);
    assert_null(hg__data_open("/dev/null", &in_memory, &err));
    assert_string_equal(err.message, "/dev/null: expected rows of numbers, got an empty file");
    assert_null(hg__data_open("/dev/zero", &in_memory, &err));
    assert_string_equal(err.message, "/dev/zero: expected a file or a pipe, got a device");
    assert_null(hg__data_open("/nowhere/at/all.csv", &in_memory, &err));
    assert_string_equal(err.message, "/nowhere/at/all.csv: cannot open: No such file or directory");
    assert_int_equal(err.code, HG_ERR_IO);
    char path[2000];
    memset(path, 'a', sizeof path);
    path[1999] = '\0';
    assert_null(hg__data_open(path, &in_memory, &err));
    assert_int_equal(err.code, HG_ERR_USAGE);
}

static void fashion_is_built_in(void **state) {
    (void)state;
    hg_error err = {0};
    hg__data *d = hg__data_open("fashion-test", &in_memory, &err);
    if (!d) {
        assert_int_equal(err.code, HG_ERR_MISSING);
        assert_non_null(strstr(err.message, "dataset-fashion-mnist"));
        printf("skipped: dataset-fashion-mnist is not installed\n");
        return;
    }
    assert_int_equal(d->rows, 10000);
    assert_int_equal(d->width, 784);
    assert_int_equal(d->dtype, HG_U8);
    hg__data_close(d);
}

// Large enough for several blocks and for the sink to move to disk in the middle.
static hg__data *open_large(size_t memory, float *out, int64_t rows, int32_t width) {
    const size_t size = (size_t)rows * (size_t)width * sizeof(float), head = 128;
    uint8_t *bytes = malloc(head + size);
    assert_non_null(bytes);
    memset(bytes, ' ', head);
    char header[128];
    const int n = snprintf(header, sizeof header,
                           "{'descr': '<f4', 'fortran_order': True, 'shape': (%lld, %d)}",
                           (long long)rows, width);
    static const uint8_t start[] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0};
    memcpy(bytes, start, sizeof start);
    memcpy(bytes + 10, header, (size_t)n);
    for (int64_t i = 0; i < rows; i++) {
        for (int32_t k = 0; k < width; k++) {
            const float x = (float)(i * width + k);
            if (out) out[i * width + k] = x;
            memcpy(bytes + head + ((size_t)k * (size_t)rows + (size_t)i) * sizeof x, &x, sizeof x);
        }
    }
    hg_error err = {0};
    const hg__data_options o = {.memory = memory};
    hg__data *d = open_bytes(bytes, head + size, "x.npy", &o, &err);
    if (!d) printf("%s\n", err.message);
    free(bytes);
    return d;
}

static void rows_on_disk_are_the_rows_in_memory(void **state) {
    (void)state;
    enum { ROWS = 30000, WIDTH = 23 };
    float *values = malloc(ROWS * WIDTH * sizeof *values), row[WIDTH];
    assert_non_null(values);
    hg_error err;
    hg__data *a = open_large(64 << 20, values, ROWS, WIDTH),
             *b = open_large(1 << 20, NULL, ROWS, WIDTH);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(a->base);
    assert_null(b->base);
    assert_true(a->fingerprint == b->fingerprint);
    for (int64_t i = 0; i < ROWS; i++) {
        assert_memory_equal((const float *)a->base + i * WIDTH, values + i * WIDTH, sizeof row);
        assert_int_equal(hg__data_row(b, i, row, &err), HG_OK);
        assert_memory_equal(row, values + i * WIDTH, sizeof row);
    }
    hg__data w;
    assert_int_equal(hg__data_wrap(&w, values, ROWS, WIDTH, &err), HG_OK);
    assert_true(w.fingerprint == a->fingerprint);
    hg__data_close(a);
    hg__data_close(b);
    free(values);
}

static void a_fingerprint_depends_on_shape_and_every_number(void **state) {
    (void)state;
    float x[40] = {0};
    hg__data a, b;
    hg_error err;
    assert_int_equal(hg__data_wrap(&a, x, 10, 4, &err), HG_OK);
    assert_int_equal(hg__data_wrap(&b, x, 4, 10, &err), HG_OK);
    assert_true(a.fingerprint != b.fingerprint);
    for (int i = 0; i < 40; i++) {
        x[i] = 1;
        assert_int_equal(hg__data_wrap(&b, x, 10, 4, &err), HG_OK);
        assert_true(a.fingerprint != b.fingerprint);
        x[i] = 0;
    }
    x[39] = NAN;
    assert_int_equal(hg__data_wrap(&b, x, 10, 4, &err), HG_ERR_DATA);
    assert_string_equal(
        err.message, "array: expected finite numbers, got nan in row 9, column 3 (counted from 0)");
    assert_int_equal(hg__data_wrap(&b, x, 0, 4, &err), HG_ERR_DATA);
    assert_int_equal(hg__data_wrap(&b, x, 1, -4, &err), HG_ERR_DATA);
}

static void count_rows(const hg__rows *r, int *times, int rows) {
    for (int64_t p = 0; p < r->count; p++) {
        const int64_t i = hg__rows_at(r, p);
        assert_true(i >= 0 && i < rows);
        times[i]++;
    }
}

static void a_split_has_every_row_once(void **state) {
    (void)state;
    static float x[1000];
    hg__data d;
    hg_error err;
    hg__rows train, val, again, other;
    for (int rows = 1; rows <= 1000; rows += rows < 20 ? 1 : 97) {
        assert_int_equal(hg__data_wrap(&d, x, rows, 1, &err), HG_OK);
        assert_int_equal(hg__rows_split(hg__array_source(&d), 0.1, 1, 7, &train, &val, &err),
                         HG_OK);
        int times[1000] = {0};
        count_rows(&train, times, rows);
        count_rows(&val, times, rows);
        for (int i = 0; i < rows; i++) assert_int_equal(times[i], 1);
        assert_int_equal(val.count, rows == 1 ? 0 : rows < 15 ? 1 : (rows * 2 + 10) / 20);
        assert_int_equal(hg__rows_split(hg__array_source(&d), 0.1, 0.5, 7, &again, &other, &err),
                         HG_OK);
        for (int64_t p = 0; p < again.count; p++) {
            assert_int_equal(hg__rows_at(&again, p), hg__rows_at(&train, p));
        }
    }
    assert_int_equal(hg__rows_split(hg__array_source(&d), 0, 1, 7, &train, &val, &err), HG_OK);
    assert_false(train.permuted);
    assert_int_equal(val.count, 0);
    assert_int_equal(hg__rows_split(hg__array_source(&d), 0.1, 1, 7, &train, &val, &err), HG_OK);
    assert_int_equal(hg__rows_split(hg__array_source(&d), 0.1, 1, 8, &again, &val, &err), HG_OK);
    int same = 0;
    for (int64_t p = 0; p < train.count; p++) {
        same += hg__rows_at(&train, p) == hg__rows_at(&again, p);
    }
    assert_true(same < 20);
    static const double bad[][2] = {
        {-0.1,        1          },
        {1,           1          },
        {(double)NAN, 1          },
        {0.1,         0          },
        {0.1,         1.1        },
        {0.1,         (double)NAN}
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(
            hg__rows_split(hg__array_source(&d), bad[i][0], bad[i][1], 7, &train, &val, &err),
            HG_ERR_USAGE);
    }
}

// ---- faults -------------------------------------------------------------------------------------

static const char *const scenarios[] = {
    "idx/good_u8.idx",         "idx/good_f32.idx",       "npy/good_f4.npy",
    "npy/good_f8_fortran.npy", "npz/good_matrix.npz",    "csv/good_quotes.csv",
    "gz/good.csv.gz",          "gz/good_fortran.npy.gz", "gz/good.npz.gz",
};

static int read_epoch(const hg__data *d, hg_error *err) {
    const hg__rows rows = hg__rows_all(hg__array_source(d));
    hg__loader *l = hg__loader_new(&rows, 2, NULL, err);
    if (!l) return HG_ERR_MEMORY;
    hg__batch b;
    hg__loader_start(l, true, 1, 1, 0);
    int code = 1;
    while (code > 0) code = hg__loader_next(l, &b, err);
    hg__loader_free(l);
    return code;
}

// A child with a fault somewhere: "m" or "d" (memory or disk), then the file.
static int child(const char *scenario) {
    char path[256];
    snprintf(path, sizeof path, "tests/fuzz/corpus/%s", scenario + 1);
    const hg__data_options o = {.ignore = "", .memory = *scenario == 'm' ? 1 << 20 : 1};
    hg_error err = {0};
    hg__data *d = hg__data_open(path, &o, &err);
    const int code = d ? read_epoch(d, &err) : err.code;
    hg__data_close(d);
    if (code == 0) return CHILD_WORKED;
    return err.code < 0 && err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void every_fault(const char *variable, const char *suffix) {
    for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++) {
        for (int disk = 0; disk < 2; disk++) {
            char scenario[128];
            snprintf(scenario, sizeof scenario, "%c%s", disk ? 'd' : 'm', scenarios[i]);
            const int met = count_faults(scenario, variable, suffix);
            if (met < 1) printf("%s %s: %d\n", variable, scenario, met);
            assert_true(met > 0);
        }
    }
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    every_fault("HG_FAIL_ALLOC", "");
    every_fault("HG_FAIL_ALLOC", "+");
}

static void every_read_and_write_may_fail(void **state) {
    (void)state;
    every_fault("HG_FAIL_IO", "");
}

int main(int argc, char **argv) {
    if (argc > 2) return child(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_goes_before_the_extension),
        cmocka_unit_test(paths_that_are_no_files_are_refused),
        cmocka_unit_test(fashion_is_built_in),
        cmocka_unit_test(rows_on_disk_are_the_rows_in_memory),
        cmocka_unit_test(a_fingerprint_depends_on_shape_and_every_number),
        cmocka_unit_test(a_split_has_every_row_once),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(every_read_and_write_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
