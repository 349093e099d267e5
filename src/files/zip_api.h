// SPDX-License-Identifier: Apache-2.0
// zip_api.h - what we call of libzip, opened at the first archive: it brings a cryptographic library along, which takes
// every other start a millisecond.
#ifndef HG_FILES_ZIP_API_H
#define HG_FILES_ZIP_API_H
#include <zip.h>

#include "base/error.h"

// clang-format off
#define HG_ZIP_FUNCTIONS(F)                                                                        \
    F(discard) F(error_fini) F(error_init_with_code) F(error_strerror) F(fclose) F(fdopen)         \
    F(file_strerror) F(fopen_index) F(fread) F(get_name) F(get_num_entries) F(libzip_version)      \
    F(stat_index) F(strerror)
// clang-format on

// NOLINTNEXTLINE(bugprone-macro-parentheses): a declaration
#define HG_ZIP_MEMBER(name) __typeof__(zip_##name) *name;

typedef struct hg__zip {
    HG_ZIP_FUNCTIONS(HG_ZIP_MEMBER)
} hg__zip;

// NULL with HG_ERR_MISSING and a sentence about `path` where libzip is not there.
const hg__zip *hg__zip_get(const char *path, hg_error *err);

// Such as "1.7.3"; "" where it is not there.
const char *hg__zip_version(void);
#endif
