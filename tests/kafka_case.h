// SPDX-License-Identifier: Apache-2.0
// kafka_case.h - librdkafka's own broker for tests, in this process: it speaks the protocol over TCP, goes away and comes back.
#ifndef HG_TESTS_KAFKA_CASE_H
#define HG_TESTS_KAFKA_CASE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/system.h"

#include <cmocka.h>

enum { COPY = 2, PRODUCER = 0, PATIENCE = 20000 }; // ms: far more than anything takes

// clang-format off
#define MOCK_FUNCTIONS(F)                                                                          \
    F(void *, conf_new, (void))                                                                    \
    F(int, conf_set, (void *conf, const char *name, const char *value, char *why, size_t size))    \
    F(void, conf_set_log_cb, (void *conf, void *f))                                                \
    F(void *, new, (int type, void *conf, char *why, size_t size))                                 \
    F(void, destroy, (void *rk))                                                                   \
    F(void *, topic_new, (void *rk, const char *topic, void *conf))                                \
    F(void, topic_destroy, (void *topic))                                                          \
    F(int, produce, (void *topic, int32_t partition, int flags, void *text, size_t size, const void *key, size_t key_size, void *context)) \
    F(int, flush, (void *rk, int timeout_ms))                                                      \
    F(void *, mock_cluster_new, (void *rk, int brokers))                                           \
    F(void, mock_cluster_destroy, (void *cluster))                                                 \
    F(const char *, mock_cluster_bootstraps, (const void *cluster))                                \
    F(int, mock_topic_create, (void *cluster, const char *topic, int partitions, int replicas))    \
    F(void, mock_topic_set_error, (void *cluster, const char *topic, int err))                     \
    F(int, mock_broker_set_down, (void *cluster, int32_t broker))                                  \
    F(int, mock_broker_set_up, (void *cluster, int32_t broker))
// clang-format on
#define MEMBER(result, name, arguments) \
 result(*name) arguments; // NOLINT(bugprone-macro-parentheses)
#define NAME(result, name, arguments) #name,

static struct { MOCK_FUNCTIONS(MEMBER) } api;
static void *rk, *cluster;

static inline int start_broker(void **state) {
    (void)state;
    static const char *const files[] = {"librdkafka.so.1", NULL};
    static const char *const names[] = {MOCK_FUNCTIONS(NAME)};
    char why[200] = "";
    if (!hg__library_open(files, "rd_kafka_", names, sizeof names / sizeof *names, &api)) return 0;
    void *conf = api.conf_new();
    api.conf_set(conf, "message.max.bytes", "8000000", why, sizeof why);
    api.conf_set(conf, "linger.ms", "0", why, sizeof why);
    api.conf_set_log_cb(conf, NULL);
    rk = api.new(PRODUCER, conf, why, sizeof why);
    if (!rk) return -1;
    cluster = api.mock_cluster_new(rk, 1);
    return cluster ? 0 : -1;
}

static inline int stop_broker(void **state) {
    (void)state;
    if (cluster) api.mock_cluster_destroy(cluster);
    if (rk) api.destroy(rk);
    return 0;
}

// A producer of its own, for the cluster's port.
static inline void publish(const char *topic, int32_t partition, const char *const *text,
                           int count) {
    char why[200] = "";
    void *conf = api.conf_new();
    api.conf_set(conf, "bootstrap.servers", api.mock_cluster_bootstraps(cluster), why, sizeof why);
    api.conf_set(conf, "message.max.bytes", "8000000", why, sizeof why);
    api.conf_set_log_cb(conf, NULL);
    void *producer = api.new(PRODUCER, conf, why, sizeof why);
    assert_non_null(producer);
    void *to = api.topic_new(producer, topic, NULL);
    for (int i = 0; i < count; i++) {
        char *copy = hg__copy_text(text[i], NULL);
        assert_int_equal(api.produce(to, partition, COPY, copy, strlen(copy), NULL, 0, NULL), 0);
        hg__free(copy);
    }
    assert_int_equal(api.flush(producer, PATIENCE), 0);
    api.topic_destroy(to);
    api.destroy(producer);
}

static inline const char *address(const char *rest) {
    static char source[300];
    snprintf(source, sizeof source, "kafka://%s/%s", api.mock_cluster_bootstraps(cluster), rest);
    return source;
}

#define NEEDS_BROKER() \
 if (!cluster) skip()
#endif
