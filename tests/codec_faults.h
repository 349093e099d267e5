// SPDX-License-Identifier: Apache-2.0
// codec_faults.h - a codec whose disk fails, or whose memory runs out: the old file stays.
#ifndef HG_TESTS_CODEC_FAULTS_H
#define HG_TESTS_CODEC_FAULTS_H
#include "codec_case.h"
#include "faults.h"

// The scenario of the test below, as a child.
static inline int copy_as_child(void) {
    const char *folder = getenv("CASE_FOLDER");
    char from[128], to[128];
    snprintf(from, sizeof from, "%s/from", folder ? folder : ".");
    snprintf(to, sizeof to, "%s/to", folder ? folder : ".");
    return copy_with_faults(from, to, "old");
}

// `f` copied over a file that is there, with every call for the disk and for memory failing once. Frees f.
static inline void expect_old_or_new(file_bytes f) {
    char from[128], to[128];
    assert_int_equal(hg__write_file(case_path(from, "from"), f.data, f.size, NULL), HG_OK);
    setenv("CASE_FOLDER", case_folder, 1);
    assert_int_equal(hg__write_file(case_path(to, "to"), "old", 3, NULL), HG_OK);
    assert_true(count_faults("copy", "HG_FAIL_IO", "") > 3);
    assert_int_equal(hg__write_file(to, "old", 3, NULL), HG_OK);
    assert_true(count_faults("copy", "HG_FAIL_ALLOC", "+") > 3);
    unlink(from);
    unlink(to);
    free(f.data);
}
#endif
