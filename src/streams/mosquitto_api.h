// SPDX-License-Identifier: Apache-2.0
// mosquitto_api.h - what we call of libmosquitto (mosquitto.org/api), opened at the first such address. The declarations are our own:
// building needs no header, and tests/test_messages.c compares the numbers with libmosquitto's where its header is there.
#ifndef HG_STREAMS_MOSQUITTO_API_H
#define HG_STREAMS_MOSQUITTO_API_H
#include "base/error.h"

struct mosquitto;

enum {
    HG_MOSQ_OK = 0,
    HG_MOSQ_ERRNO = 14,
    HG_MOSQ_REFUSED = 128 // of a subscription
};

struct mosquitto_message {
    int mid;
    char *topic;
    void *payload;
    int payloadlen, qos;
    bool retain;
};

typedef void hg__mosq_connect_callback(struct mosquitto *mosq, void *context, int code);
typedef void hg__mosq_message_callback(struct mosquitto *mosq, void *context,
                                       const struct mosquitto_message *message);
typedef void hg__mosq_subscribe_callback(struct mosquitto *mosq, void *context, int mid, int count,
                                         const int *granted);

// clang-format off
// F(result, name, arguments)
#define HG_MOSQ_FUNCTIONS(F)                                                                       \
    F(int, lib_init, (void))                                                                       \
    F(int, lib_version, (int *major, int *minor, int *revision))                                   \
    F(struct mosquitto *, new, (const char *id, bool clean_session, void *context))                \
    F(void, destroy, (struct mosquitto *mosq))                                                     \
    F(int, username_pw_set, (struct mosquitto *mosq, const char *user, const char *password))      \
    F(int, tls_set, (struct mosquitto *mosq, const char *file, const char *folder, const char *certificate, const char *key, void *password)) \
    F(int, threaded_set, (struct mosquitto *mosq, bool is_threaded))                               \
    F(int, connect, (struct mosquitto *mosq, const char *host, int port, int keepalive))           \
    F(int, reconnect, (struct mosquitto *mosq))                                                    \
    F(int, loop, (struct mosquitto *mosq, int timeout_ms, int max_packets))                        \
    F(int, loop_write, (struct mosquitto *mosq, int max_packets))                                  \
    F(int, socket, (struct mosquitto *mosq))                                                       \
    F(bool, want_write, (struct mosquitto *mosq))                                                  \
    F(int, subscribe, (struct mosquitto *mosq, int *mid, const char *topic, int qos))              \
    F(int, sub_topic_check, (const char *topic))                                                   \
    F(void, connect_callback_set, (struct mosquitto *mosq, hg__mosq_connect_callback *f))          \
    F(void, message_callback_set, (struct mosquitto *mosq, hg__mosq_message_callback *f))          \
    F(void, subscribe_callback_set, (struct mosquitto *mosq, hg__mosq_subscribe_callback *f))      \
    F(const char *, strerror, (int code))                                                          \
    F(const char *, connack_string, (int code))
// clang-format on

#define HG_MOSQ_MEMBER(result, name, arguments) \
 result(*name) arguments; // NOLINT(bugprone-macro-parentheses)

typedef struct hg__mosquitto {
    HG_MOSQ_FUNCTIONS(HG_MOSQ_MEMBER)
} hg__mosquitto;

// NULL with HG_ERR_MISSING and a sentence where libmosquitto is not there.
const hg__mosquitto *hg__mosquitto_get(hg_error *err);
#endif
