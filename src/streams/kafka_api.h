// SPDX-License-Identifier: Apache-2.0
// kafka_api.h - what we call of librdkafka, opened at the first such address. The declarations are our own: building needs no header, and
// tests/test_messages.c compares them with librdkafka's where its header is there.
#ifndef HG_STREAMS_KAFKA_API_H
#define HG_STREAMS_KAFKA_API_H
#include "base/error.h"

typedef struct rd_kafka_s hg__rd;
typedef struct rd_kafka_conf_s hg__rd_conf;
typedef struct rd_kafka_topic_s hg__rd_topic;

enum { // errors of librdkafka's own are below 0, those of the broker above
    HG_RD_OK = 0,
    HG_RD_TRANSPORT = -195,
    HG_RD_RESOLVE = -193,
    HG_RD_UNKNOWN_PARTITION = -190,
    HG_RD_UNKNOWN_TOPIC = -188,
    HG_RD_ALL_BROKERS_DOWN = -187,
    HG_RD_TIMED_OUT = -185,
    HG_RD_AUTHENTICATION = -169,
    HG_RD_FATAL = -150,
    HG_RD_UNKNOWN_TOPIC_OR_PART = 3
};
enum { HG_RD_CONSUMER = 1, HG_RD_NO_CLOSE = 8 };

typedef struct hg__rd_message {
    int err;
    hg__rd_topic *topic;
    int32_t partition;
    void *payload;
    size_t size;
    void *key;
    size_t key_size;
    int64_t offset; // of a message; of an error where it is known
    void *own;
} hg__rd_message;

typedef struct hg__rd_part {
    char *topic;
    int32_t partition;
    int64_t offset;
    void *metadata;
    size_t metadata_size;
    void *context;
    int err;
    void *own;
} hg__rd_part;

typedef struct hg__rd_parts {
    int count, size;
    hg__rd_part *part; // (count)
} hg__rd_parts;

typedef struct hg__rd_metadata_part {
    int32_t id;
    int err;
    int32_t leader;
    int replicas;
    int32_t *replica;
    int in_sync;
    int32_t *in_sync_replica;
} hg__rd_metadata_part;

typedef struct hg__rd_metadata_topic {
    char *topic;
    int parts;
    hg__rd_metadata_part *part; // (parts)
    int err;
} hg__rd_metadata_topic;

typedef struct hg__rd_metadata {
    int brokers;
    void *broker;
    int topics;
    hg__rd_metadata_topic *topic; // (topics)
    int32_t origin;
    char *origin_name;
} hg__rd_metadata;

typedef void hg__rd_error_callback(hg__rd *rk, int err, const char *reason, void *context);
typedef void hg__rd_log_callback(const hg__rd *rk, int level, const char *facility,
                                 const char *text);

// clang-format off
// F(result, name, arguments)
#define HG_RD_FUNCTIONS(F)                                                                         \
    F(hg__rd_conf *, conf_new, (void))                                                             \
    F(void, conf_destroy, (hg__rd_conf *conf))                                                     \
    F(int, conf_set, (hg__rd_conf *conf, const char *name, const char *value, char *why, size_t size)) \
    F(void, conf_set_opaque, (hg__rd_conf *conf, void *context))                                   \
    F(void, conf_set_error_cb, (hg__rd_conf *conf, hg__rd_error_callback *f))                      \
    F(void, conf_set_log_cb, (hg__rd_conf *conf, hg__rd_log_callback *f))                          \
    F(hg__rd *, new, (int type, hg__rd_conf *conf, char *why, size_t size))                        \
    F(void, destroy_flags, (hg__rd *rk, int flags))                                                \
    F(int, poll_set_consumer, (hg__rd *rk))                                                        \
    F(hg__rd_topic *, topic_new, (hg__rd *rk, const char *topic, void *conf))                      \
    F(void, topic_destroy, (hg__rd_topic *topic))                                                  \
    F(int, metadata, (hg__rd *rk, int all, hg__rd_topic *only, const hg__rd_metadata **to, int timeout_ms)) \
    F(void, metadata_destroy, (const hg__rd_metadata *metadata))                                   \
    F(int, query_watermark_offsets, (hg__rd *rk, const char *topic, int32_t partition, int64_t *low, int64_t *high, int timeout_ms)) \
    F(hg__rd_parts *, topic_partition_list_new, (int size))                                        \
    F(hg__rd_part *, topic_partition_list_add, (hg__rd_parts *list, const char *topic, int32_t partition)) \
    F(void, topic_partition_list_destroy, (hg__rd_parts *list))                                    \
    F(int, committed, (hg__rd *rk, hg__rd_parts *list, int timeout_ms))                            \
    F(int, assign, (hg__rd *rk, const hg__rd_parts *list))                                         \
    F(int, commit, (hg__rd *rk, const hg__rd_parts *list, int is_asynchronous))                    \
    F(hg__rd_message *, consumer_poll, (hg__rd *rk, int timeout_ms))                               \
    F(void, message_destroy, (hg__rd_message *message))                                            \
    F(const char *, err2str, (int err))
// clang-format on

#define HG_RD_MEMBER(result, name, arguments) \
 result(*name) arguments; // NOLINT(bugprone-macro-parentheses)

typedef struct hg__kafka {
    HG_RD_FUNCTIONS(HG_RD_MEMBER)
} hg__kafka;

// NULL with HG_ERR_MISSING and a sentence where librdkafka is not there.
const hg__kafka *hg__kafka_get(hg_error *err);
#endif
