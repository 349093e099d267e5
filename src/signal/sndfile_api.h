// SPDX-License-Identifier: Apache-2.0
// sndfile_api.h - what we call of libsndfile 1 (libsndfile.github.io), opened at the first file of sound. The declarations are our
// own: building needs no header, and tests/test_recording_sound.c compares them with libsndfile's where its header is there.
#ifndef HG_SIGNAL_SNDFILE_API_H
#define HG_SIGNAL_SNDFILE_API_H
#include "base/error.h"

struct hg__sndfile;

enum {
    HG_SF_READ = 0x10,
    HG_SF_FROM_START = 0,
    HG_SF_GET_FORMAT_INFO = 0x1028,
    HG_SF_TYPE = 0x0FFF0000, // of a format: the container
};

typedef struct hg__sf_info {
    int64_t frames;
    int rate, channels, format, sections, seekable;
} hg__sf_info;

typedef struct hg__sf_virtual {
    int64_t (*size)(void *context);
    int64_t (*seek)(int64_t offset, int whence, void *context);
    int64_t (*read)(void *to, int64_t count, void *context);
    int64_t (*write)(const void *from, int64_t count, void *context);
    int64_t (*tell)(void *context);
} hg__sf_virtual;

// clang-format off
// F(result, name, arguments)
#define HG_SF_FUNCTIONS(F)                                                                         \
    F(struct hg__sndfile *, open_virtual, (const hg__sf_virtual *io, int mode, hg__sf_info *info, void *context)) \
    F(int64_t, readf_float, (struct hg__sndfile *file, float *to, int64_t frames))                 \
    F(int64_t, seek, (struct hg__sndfile *file, int64_t frames, int whence))                       \
    F(const char *, strerror, (struct hg__sndfile *file))                                          \
    F(int, error, (struct hg__sndfile *file))                                                      \
    F(int, close, (struct hg__sndfile *file))                                                      \
    F(const char *, version_string, (void))
// clang-format on

#define HG_SF_MEMBER(result, name, arguments) \
 result(*name) arguments; // NOLINT(bugprone-macro-parentheses)

typedef struct hg__sf {
    HG_SF_FUNCTIONS(HG_SF_MEMBER)
} hg__sf;

// NULL with HG_ERR_MISSING and a sentence that begins with `what` where libsndfile is not there.
const hg__sf *hg__sf_get(const char *what, hg_error *err);
// Its version as "1.2.0", up to 31 bytes; "": it is not there.
void hg__sf_version(char version[32]);
#endif
