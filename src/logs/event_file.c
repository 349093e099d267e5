// SPDX-License-Identifier: Apache-2.0
// event_file.c - TensorBoard's event file: TFRecords, each an Event message (tensorflow/core/util/event.proto,
// framework/summary.proto, framework/tensor.proto).
//
//   record    u64 length | u32 masked CRC of the length | the message | u32 masked CRC of the message
//   Event     wall_time 1, step 2, file_version 3, summary 5, session_log 7
//   Summary   value 1: tag 1, simple_value 2, image 4, tensor 8, metadata 9
#include "logs/event_file.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "logs/proto.h"

enum { DT_STRING = 7, DATA_CLASS_TENSOR = 2, SESSION_START = 1 };

uint32_t hg__crc32c(const void *bytes, size_t size) {
    static const uint32_t polynomial = 0x82F63B78; // Castagnoli's, bits turned
    const uint8_t *at = bytes;
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        crc ^= at[i];
        for (int k = 0; k < 8; k++) crc = crc >> 1 ^ (crc & 1 ? polynomial : 0);
    }
    return ~crc;
}

uint32_t hg__crc32c_masked(const void *bytes, size_t size) {
    const uint32_t crc = hg__crc32c(bytes, size);
    return (crc >> 15 | crc << 17) + 0xA282EAD8;
}

static void put_little(char *to, uint64_t x, size_t size) {
    for (size_t i = 0; i < size; i++) to[i] = (char)(x >> 8 * i & 255);
}

// Takes the message. One write a record: of a killed process at most the last is cut off.
static int add_record(hg__event_file *f, hg__text *message, hg_error *err) {
    char head[12], tail[4];
    hg__text record = {0};
    put_little(head, message->length, 8);
    put_little(head + 8, hg__crc32c_masked(head, 8), 4);
    put_little(tail, message->data ? hg__crc32c_masked(message->data, message->length) : 0, 4);
    hg__text_add_bytes(&record, head, sizeof head);
    hg__text_add_bytes(&record, message->data, message->length);
    hg__text_add_bytes(&record, tail, sizeof tail);
    const bool failed = message->failed || record.failed;
    hg__text_clear(message);
    const int code = failed ? hg__fail(err, HG_ERR_MEMORY, "%s: out of memory", f->path)
                            : hg__write_all(f->fd, record.data, record.length, f->path, err);
    hg__text_clear(&record);
    return code;
}

static hg__text begin_event(int64_t step) {
    struct timespec now;
    hg__text event = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    hg__proto_add_double(&event, 1, (double)now.tv_sec + (double)now.tv_nsec * 1e-9);
    hg__proto_add_integer(&event, 2, step);
    return event;
}

// Takes the values: a Summary of them.
static int add_summary(hg__event_file *f, int64_t step, hg__text *summary, hg_error *err) {
    hg__text event = begin_event(step);
    hg__proto_add_message(&event, 5, summary);
    return add_record(f, &event, err);
}

static int create(hg__event_file *f, const char *folder, hg_error *err) {
    char host[128] = "", name[256];
    (void)gethostname(host, sizeof host - 1);
    for (int i = 0;; i++) { // readers take files in the order of names
        snprintf(name, sizeof name, HG_EVENT_FILE "%010lld.%s.%ld.%d", (long long)time(NULL),
                 *host ? host : "host", (long)getpid(), i);
        HG_TRY(hg__join_path(f->path, sizeof f->path, folder, name, err));
        f->fd = hg__io_is_refused(EIO)
                    ? -1
                    : hg__off_standard(
                          open(f->path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666));
        if (f->fd >= 0) return HG_OK;
        if (errno != EEXIST) return hg__fail_create(f->path, errno, err);
    }
}

int hg__event_file_open(hg__event_file *f, const char *folder, int64_t step, hg_error *err) {
    hg__text version = begin_event(0), start = begin_event(step), session = {0};
    hg__proto_add_string(&version, 3, "brain.Event:2");
    hg__proto_add_integer(&session, 1, SESSION_START);
    hg__proto_add_message(&start, 7, &session);
    int code = create(f, folder, err);
    if (code == HG_OK) code = add_record(f, &version, err);
    if (code == HG_OK) code = add_record(f, &start, err);
    hg__text_clear(&version);
    hg__text_clear(&start);
    if (code < 0) hg__event_file_close(f);
    return code;
}

void hg__event_file_close(hg__event_file *f) {
    if (f->fd >= 0) close(f->fd);
    f->fd = -1;
}

int hg__event_file_add_scalars(hg__event_file *f, int64_t step, const hg__scalar *scalar,
                               size_t count, hg_error *err) {
    hg__text summary = {0};
    for (size_t i = 0; i < count; i++) {
        hg__text value = {0};
        if (isnan(scalar[i].value)) continue;
        hg__proto_add_string(&value, 1, scalar[i].tag);
        hg__proto_add_float(&value, 2, (float)scalar[i].value);
        hg__proto_add_message(&summary, 1, &value);
    }
    return add_summary(f, step, &summary, err);
}

// SummaryMetadata: plugin_data 1 {plugin_name 1}, data_class 4. TensorProto: dtype 1, tensor_shape 2, string_val 8.
int hg__event_file_add_text(hg__event_file *f, int64_t step, const char *tag, const char *text,
                            hg_error *err) {
    hg__text plugin = {0}, metadata = {0}, tensor = {0}, value = {0}, summary = {0};
    hg__proto_add_string(&plugin, 1, "text");
    hg__proto_add_message(&metadata, 1, &plugin);
    hg__proto_add_integer(&metadata, 4, DATA_CLASS_TENSOR);
    hg__proto_add_integer(&tensor, 1, DT_STRING);
    hg__proto_add_bytes(&tensor, 2, NULL, 0); // of no dimension
    hg__proto_add_string(&tensor, 8, text);
    hg__proto_add_string(&value, 1, tag);
    hg__proto_add_message(&value, 8, &tensor);
    hg__proto_add_message(&value, 9, &metadata);
    hg__proto_add_message(&summary, 1, &value);
    return add_summary(f, step, &summary, err);
}

// Image: height 1, width 2, colorspace 3, encoded_image_string 4.
int hg__event_file_add_picture(hg__event_file *f, int64_t step, const char *tag,
                               const hg__picture *picture, hg_error *err) {
    hg__text image = {0}, value = {0}, summary = {0};
    hg__proto_add_integer(&image, 1, picture->height);
    hg__proto_add_integer(&image, 2, picture->width);
    hg__proto_add_integer(&image, 3, picture->channels);
    hg__proto_add_bytes(&image, 4, picture->bytes, picture->size);
    hg__proto_add_string(&value, 1, tag);
    hg__proto_add_message(&value, 4, &image);
    hg__proto_add_message(&summary, 1, &value);
    return add_summary(f, step, &summary, err);
}
