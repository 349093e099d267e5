// SPDX-License-Identifier: Apache-2.0
// test_read_gz.c - gzipped files: members, cut ends, what follows the end, bombs.
#include <sys/resource.h>
#include <zlib.h>

#include "data_samples.h"

static void expect_good(const char *name, int64_t rows) {
    uint8_t bytes[2048];
    const float values[] = {1, 2, 3, 4, 5, 6};
    expect_rows(bytes, read_seed(name, bytes, sizeof bytes), "x.gz", &in_memory, rows, 2, values);
}

static void every_format_is_unpacked(void **state) {
    (void)state;
    expect_good("gz/good.csv.gz", 2);
    expect_good("gz/good.npy.gz", 3);
    expect_good("gz/good.npz.gz", 3);
    hg_error err;
    uint8_t bytes[256];
    hg__data *d =
        open_bytes(bytes, read_seed("gz/good.idx.gz", bytes, sizeof bytes), "x", &in_memory, &err);
    assert_non_null(d);
    assert_int_equal(d->dtype, HG_U8);
    assert_int_equal(((const uint8_t *)d->base)[17], 17);
    hg__data_close(d);
}

static void members_follow_each_other_and_zeros_may_follow_them(void **state) {
    (void)state;
    expect_good("gz/good_members.csv.gz", 3);
    expect_good("gz/good_zeros.csv.gz", 2);
}

static void bad_files_are_refused_with_a_sentence(void **state) {
    (void)state;
    static const struct {
        const char *seed, *sentence;
    } bad[] = {
        {"gz/cut.csv.gz",     "x.gz: the gzip stream is cut off after 12 unpacked bytes"         },
        {"gz/garbage.csv.gz", "x.gz: expected the end of the gzip file at byte 32, got byte 0x67"},
        {"gz/bad_sum.csv.gz",
         "x.gz: the gzip stream is damaged after 12 unpacked bytes (incorrect data check)"       },
        {"gz/twice.csv.gz",   "x.gz: expected idx, npy, npz, csv or tsv, got a gzip file inside a "
                            "gzip file; unpack it first"              },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t bytes[2048];
        expect_refusal(bytes, read_seed(bad[i].seed, bytes, sizeof bytes), "x.gz", &in_memory,
                       bad[i].sentence);
    }
    expect_refusal(BYTES("\x1f\x8b"), "x.gz", &in_memory,
                   "x.gz: the gzip stream is cut off after 0 unpacked bytes");
    expect_refusal(
        BYTES("\x1f\x8b\7\0\0\0\0\0\0\0"), "x.gz", &in_memory,
        "x.gz: the gzip stream is damaged after 0 unpacked bytes (unknown compression method)");
}

static void the_body_must_end_where_the_header_says(void **state) {
    (void)state;
    uint8_t plain[256], packed[512];
    const size_t size = read_seed("npy/good_f4.npy", plain, sizeof plain);
    static const struct {
        size_t size;
        const char *sentence;
    } bad[] = {
        {-1UL, "x.npy.gz: expected more data (its header says so), got the end of the file after "
               "151 bytes"                                                    },
        {1,    "x.npy.gz: expected the end of the file after the data (152 bytes), got more"},
    };
    for (size_t i = 0; i < 2; i++) {
        z_stream z = {.next_in = plain,
                      .avail_in = (uInt)(size + bad[i].size),
                      .next_out = packed,
                      .avail_out = sizeof packed};
        assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        deflateEnd(&z);
        expect_refusal(packed, z.total_out, "x.npy.gz", &in_memory, bad[i].sentence);
    }
}

// 64 MB of one line that never ends, in 64 kB: refused at the longest line there may be, with no more memory than that takes.
static void a_bomb_costs_no_memory(void **state) {
    (void)state;
    enum { SIZE = 64 << 20, PACKED = 1 << 20 };
    uint8_t *packed = malloc(PACKED), *zeros = malloc(1 << 20);
    assert_non_null(packed);
    assert_non_null(zeros);
    memset(zeros, '1', 1 << 20);
    z_stream z = {.next_out = packed, .avail_out = PACKED};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    for (int i = 0; i < SIZE >> 20; i++) {
        z.next_in = zeros;
        z.avail_in = 1 << 20;
        assert_int_equal(deflate(&z, Z_NO_FLUSH), Z_OK);
    }
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    expect_refusal(packed, z.total_out, "x.csv.gz", &in_memory,
                   "x.csv.gz:1: expected a line of at most 16777216 bytes, got a longer one");
    free(packed);
    free(zeros);
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(use.ru_maxrss < 80 << 10); // kB
#endif
}

static void damaged_files_are_survived(void **state) {
    (void)state;
    damage_seed("gz/good.csv.gz");
    damage_seed("gz/good_members.csv.gz");
    damage_seed("gz/good.npy.gz");
    damage_seed("gz/good.npz.gz");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_format_is_unpacked),
        cmocka_unit_test(members_follow_each_other_and_zeros_may_follow_them),
        cmocka_unit_test(bad_files_are_refused_with_a_sentence),
        cmocka_unit_test(the_body_must_end_where_the_header_says),
        cmocka_unit_test(a_bomb_costs_no_memory),
        cmocka_unit_test(damaged_files_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
