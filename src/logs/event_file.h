// SPDX-License-Identifier: Apache-2.0
// event_file.h - TensorBoard's event file: numbers by steps, texts and a picture, appended record by record, so that
// whoever reads along, or after a killed process, has all that was added.
#ifndef HG_LOGS_EVENT_FILE_H
#define HG_LOGS_EVENT_FILE_H
#include "base/error.h"

// The name of one begins so.
#define HG_EVENT_FILE "events.out.tfevents."

typedef struct hg__event_file {
    int fd;          // -1: not open
    char path[1280]; // FOLDER/events.out.tfevents.SECONDS.HOST.PROCESS
} hg__event_file;

typedef struct hg__scalar {
    const char *tag; // borrowed: "train/loss"
    double value;    // NaN: left out
} hg__scalar;

typedef struct hg__picture {
    const void *bytes; // borrowed: an encoded image, PNG
    size_t size;
    int32_t height, width, channels; // pixels
} hg__picture;

// A new file in `folder`. What older ones there have of step `step` and later counts no more (a session that starts).
int hg__event_file_open(hg__event_file *f, const char *folder, int64_t step, hg_error *err);
int hg__event_file_add_scalars(hg__event_file *f, int64_t step, const hg__scalar *scalar,
                               size_t count, hg_error *err);
// Markdown.
int hg__event_file_add_text(hg__event_file *f, int64_t step, const char *tag, const char *text,
                            hg_error *err);
int hg__event_file_add_picture(hg__event_file *f, int64_t step, const char *tag,
                               const hg__picture *picture, hg_error *err);
void hg__event_file_close(hg__event_file *f);

// The CRC that records carry: CRC-32C (RFC 3720, appendix B.4), turned and moved as TFRecord has it.
uint32_t hg__crc32c(const void *bytes, size_t size);
uint32_t hg__crc32c_masked(const void *bytes, size_t size);
#endif
