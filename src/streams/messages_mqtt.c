// SPDX-License-Identifier: Apache-2.0
// messages_mqtt.c - messages of a topic at an MQTT broker, by libmosquitto, on a thread of their own.
//
//   broker ──> receive() on the thread ──> queue ──> next()
//
// qos 0: nobody would send a message again, so that where the queue is full its oldest are dropped. qos 1 and 2: what acknowledges a message
// leaves behind receive(), which therefore waits until the message was dealt with: what we did not get to, the broker keeps.
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/mem.h"
#include "base/system.h"
#include "base/text.h"
#include "streams/message_queue.h"
#include "streams/messages_type.h"
#include "streams/mosquitto_api.h"

enum {
    KEEP_ALIVE = 60, // seconds
    LOOP = 250,      // ms
    PORT = 1883,
    TLS_PORT = 8883,
    DRAIN = 1000,       // ms
    LONGEST_PAUSE = 30, // seconds
    NOT_YET = -1
};

static const char form[] = "mqtt://[user[:password]@]host[:port]/topic[?qos=1&client=name]";
static const char authorities[] =
    "/etc/ssl/certs"; // that a broker of mqtts:// is checked by, unless ca= says otherwise

typedef struct mqtt_messages {
    hg__messages *m; // borrowed
    const hg__mosquitto *api;
    struct mosquitto *mosq; // owned
    hg__address address;
    int qos;
    bool is_encrypted;
    char *text; // owned, (HG_MESSAGE_MOST + HG_CSV_PAD + 1): the message given last
    bool has_lock, has_thread;
    pthread_t thread;
    // All below: under the lock.
    pthread_mutex_t lock;
    pthread_cond_t changed;
    hg__message_queue queue;
    int64_t put, done; // messages; done: of those put, that were dealt with
    int64_t dropped, dropped_old, too_long;
    int connected, granted; // codes of the broker's answers; NOT_YET
    bool is_away, is_stopping;
    bool
        has_left; // a message came while we were stopping: it must not be acknowledged, nor is what was read with it
    char why[128];
    double pause; // seconds before it is tried again
} mqtt_messages;

static bool is_ours(const char *source) {
    return hg__address_is(source, "mqtt") || hg__address_is(source, "mqtts");
}

// ---- on the thread ------------------------------------------------------------------------------

static void have_connected(struct mosquitto *mosq, void *context, int code) {
    mqtt_messages *q = context;
    if (code == 0) (void)q->api->subscribe(mosq, NULL, q->address.topic, q->qos);
    pthread_mutex_lock(&q->lock);
    q->connected = code;
    if (code == 0) q->is_away = false;
    if (code) snprintf(q->why, sizeof q->why, "%s", q->api->connack_string(code));
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

static void have_subscribed(struct mosquitto *mosq, void *context, int mid, int count,
                            const int *granted) {
    mqtt_messages *q = context;
    (void)mosq;
    (void)mid;
    pthread_mutex_lock(&q->lock);
    q->granted = count > 0 ? granted[0] : HG_MOSQ_REFUSED;
    if (q->granted < HG_MOSQ_REFUSED) q->pause = 1;
    pthread_cond_broadcast(&q->changed);
    pthread_mutex_unlock(&q->lock);
}

// Under the lock.
static void put(mqtt_messages *q, const struct mosquitto_message *message, size_t size) {
    const double now = hg__wall_seconds();
    while (!hg__message_queue_put(&q->queue, message->payload, size, now)) {
        hg__message_queue_drop(&q->queue);
        q->dropped++;
    }
    const int64_t number = ++q->put;
    pthread_cond_broadcast(&q->changed);
    // As the broker may send a qos of its own, it is the message's that counts.
    while (message->qos > 0 && !q->is_stopping && q->done < number) {
        pthread_cond_wait(&q->changed, &q->lock);
    }
}

static void receive(struct mosquitto *mosq, void *context,
                    const struct mosquitto_message *message) {
    mqtt_messages *q = context;
    const size_t size = message->payloadlen > 0 ? (size_t)message->payloadlen : 0;
    pthread_mutex_lock(&q->lock);
    if (q->is_stopping) {
        q->has_left = true;
    } else if (message->retain) {
        q->dropped_old++;
    } else if (size > HG_MESSAGE_MOST) {
        q->too_long++;
    } else if (size > 0) {
        put(q, message, size);
    }
    // libmosquitto would acknowledge it now.
    if (q->is_stopping && q->has_left) (void)shutdown(q->api->socket(mosq), SHUT_WR);
    pthread_mutex_unlock(&q->lock);
}

// The connection is lost: waits for longer and longer.
static void wait_a_while(mqtt_messages *q, const char *why) {
    struct timespec until;
    pthread_mutex_lock(&q->lock);
    if (!q->is_away && q->connected <= 0) snprintf(q->why, sizeof q->why, "%s", why);
    q->is_away = true;
    pthread_cond_broadcast(&q->changed);
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)q->pause;
    int code = 0;
    while (!q->is_stopping && code != ETIMEDOUT) {
        code = pthread_cond_timedwait(&q->changed, &q->lock, &until);
    }
    q->pause = q->pause * 2 > LONGEST_PAUSE ? LONGEST_PAUSE : q->pause * 2;
    pthread_mutex_unlock(&q->lock);
}

static bool is_stopping(mqtt_messages *q) {
    pthread_mutex_lock(&q->lock);
    const bool is = q->is_stopping;
    pthread_mutex_unlock(&q->lock);
    return is;
}

// All that came was dealt with: acknowledgements that libmosquitto still has go out.
static void write_rest(const mqtt_messages *q) {
    for (int i = 0; i < 10 && q->api->want_write(q->mosq); i++) {
        if (q->api->loop_write(q->mosq, 1) != HG_MOSQ_OK) return;
    }
}

// Ends the connection and reads on until the broker has too: closed with something unread in it, as libmosquitto does, a connection is
// reset, and acknowledgements that the broker has not read yet are lost.
static void drain(const mqtt_messages *q) {
    const int fd = q->api->socket(q->mosq);
    const double until = hg__seconds() + DRAIN * 1e-3;
    char nowhere[4096];
    if (fd < 0 || shutdown(fd, SHUT_WR) != 0) return;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    while (hg__seconds() < until && poll(&p, 1, DRAIN) > 0) {
        if (recv(fd, nowhere, sizeof nowhere, MSG_DONTWAIT) <= 0) return;
    }
}

// All that writes is done here: a signal that a broken connection sends (SIGPIPE) does not reach the host.
static void *run(void *context) {
    mqtt_messages *q = context;
    int code = q->api->connect(q->mosq, q->address.host, (int)q->address.port, KEEP_ALIVE);
    while (!is_stopping(q)) {
        if (code != HG_MOSQ_OK) {
            wait_a_while(q, code == HG_MOSQ_ERRNO ? strerror(errno) : q->api->strerror(code));
            if (!is_stopping(q)) (void)q->api->reconnect(q->mosq);
        }
        code = q->api->loop(q->mosq, LOOP, 1);
    }
    if (!q->has_left) write_rest(q);
    drain(q);
    q->api->destroy(q->mosq);
    q->mosq = NULL;
    return NULL;
}

// ---- opening ------------------------------------------------------------------------------------

static int read_address(mqtt_messages *q, const char *source, hg_error *err) {
    static const char *const keys[] = {"qos", "client", "ca", NULL};
    HG_TRY(hg__address_parse(&q->address, source, form, keys, err));
    hg__address *a = &q->address;
    const char *qos = hg__address_option(a, "qos");
    q->is_encrypted = hg__address_is(source, "mqtts");
    if (!a->port) a->port = q->is_encrypted ? TLS_PORT : PORT;
    if (*qos && (qos[1] || *qos < '0' || *qos > '2')) {
        return hg__fail(err, HG_ERR_USAGE, "mqtt: qos=: expected 0, 1 or 2, got \"%s\"", qos);
    }
    q->qos = *qos ? *qos - '0' : 0;
    snprintf(q->m->place, sizeof q->m->place, "mqtt%s://%.120s:%d/%.200s",
             q->is_encrypted ? "s" : "", a->host, (int)a->port, a->topic);
    if (q->api->sub_topic_check(a->topic) == HG_MOSQ_OK) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "%s: expected a topic or a filter of topics, got \"%.200s\"",
                    q->m->place, a->topic);
}

static int make_lock(mqtt_messages *q, hg_error *err) {
    pthread_condattr_t monotonic;
    int code = pthread_condattr_init(&monotonic);
    if (code == 0) {
        (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
        code = pthread_cond_init(&q->changed, &monotonic);
        pthread_condattr_destroy(&monotonic);
    }
    if (code == 0) code = pthread_mutex_init(&q->lock, NULL);
    q->has_lock = code == 0;
    return code == 0 ? HG_OK : hg__fail(err, HG_ERR_MEMORY, "mqtt: the system gave no lock");
}

// Waits until `ends` milliseconds are over or something has changed; under the lock. False: they are over.
static bool wait_change(mqtt_messages *q, double until) {
    struct timespec when;
    const double whole = (double)(int64_t)until;
    when.tv_sec = (time_t)whole;
    when.tv_nsec = (long)((until - whole) * 1e9);
    return pthread_cond_timedwait(&q->changed, &q->lock, &when) != ETIMEDOUT;
}

// The broker's first answer.
static int wait_for_answer(mqtt_messages *q, hg_error *err) {
    const double until = hg__seconds() + q->m->o.patience_ms * 1e-3;
    pthread_mutex_lock(&q->lock);
    // What the broker has kept for us may come before its answer, and waits to be taken.
    bool waits = true;
    while (waits && !q->put && !q->is_away && q->connected <= 0 && q->granted == NOT_YET) {
        waits = wait_change(q, until);
    }
    const int connected = q->connected, granted = q->put ? q->qos : q->granted;
    const bool is_away = q->is_away;
    char why[sizeof q->why];
    memcpy(why, q->why, sizeof why);
    pthread_mutex_unlock(&q->lock);
    const char *place = q->m->place;
    if (connected > 0) {
        return hg__fail(err, HG_ERR_IO, "%s: the broker refuses%s: %s", place,
                        q->address.has_user ? " this user and password" : "", why);
    }
    if (is_away) return hg__fail(err, HG_ERR_IO, "%s: cannot reach the broker: %s", place, why);
    if (granted >= HG_MOSQ_REFUSED) {
        return hg__fail(err, HG_ERR_IO, "%s: the broker does not let us subscribe to the topic",
                        place);
    }
    if (granted != NOT_YET) return HG_OK;
    return hg__fail(err, HG_ERR_IO, "%s: expected the broker to answer within %g s", place,
                    q->m->o.patience_ms * 1e-3);
}

static int make_client(mqtt_messages *q, hg_error *err) {
    const hg__address *a = &q->address;
    const char *client = hg__address_option(a, "client");
    const bool keeps = *client && q->qos > 0; // the broker keeps what comes while we are away
    q->mosq = q->api->new (*client ? client : NULL, !keeps, q);
    if (!q->mosq) return hg__fail_errno(err, HG_ERR_MEMORY, "%s: cannot begin", q->m->place);
    q->api->connect_callback_set(q->mosq, have_connected);
    q->api->subscribe_callback_set(q->mosq, have_subscribed);
    q->api->message_callback_set(q->mosq, receive);
    (void)q->api->threaded_set(q->mosq, true);
    int code = HG_MOSQ_OK;
    if (q->is_encrypted) {
        const char *file = hg__address_option(a, "ca");
        code = q->api->tls_set(q->mosq, *file ? file : NULL, *file ? NULL : authorities, NULL, NULL,
                               NULL);
    }
    if (code == HG_MOSQ_OK && a->has_user) {
        code = q->api->username_pw_set(q->mosq, a->user, a->has_password ? a->password : NULL);
    }
    explicit_bzero(q->address.password, sizeof q->address.password);
    if (code == HG_MOSQ_OK) return HG_OK;
    return hg__fail(err, HG_ERR_IO, "%s: cannot begin: %s", q->m->place, q->api->strerror(code));
}

static int open_mqtt(hg__messages *m, const char *source, hg_error *err) {
    const hg__mosquitto *api = hg__mosquitto_get(err);
    if (!api) return HG_ERR_MISSING;
    mqtt_messages *q = m->own = hg__alloc(1, sizeof *q, err);
    if (!q) return HG_ERR_MEMORY;
    *q = (mqtt_messages){.m = m, .api = api, .connected = NOT_YET, .granted = NOT_YET, .pause = 1};
    HG_TRY(read_address(q, source, err));
    HG_TRY(make_lock(q, err));
    q->text = hg__alloc(HG_MESSAGE_MOST + HG_CSV_PAD + 1, 1, err);
    if (!q->text) return HG_ERR_MEMORY;
    const size_t least = HG_MESSAGE_MOST, room = m->o.queue_bytes;
    HG_TRY(hg__message_queue_init(&q->queue, m->o.queue, room < least ? least : room, err));
    HG_TRY(make_client(q, err));
    HG_TRY(hg__thread_start(&q->thread, run, q, err));
    q->has_thread = true;
    return wait_for_answer(q, err);
}

static void close_mqtt(hg__messages *m) {
    mqtt_messages *q = m->own;
    if (!q) return;
    if (q->has_thread) {
        pthread_mutex_lock(&q->lock);
        q->has_left = q->queue.count > 0 || m->rest.size > 0;
        q->is_stopping = true;
        pthread_cond_broadcast(&q->changed);
        pthread_mutex_unlock(&q->lock);
        pthread_join(q->thread, NULL);
    }
    if (q->mosq) q->api->destroy(q->mosq);
    if (q->has_lock) {
        pthread_mutex_destroy(&q->lock);
        pthread_cond_destroy(&q->changed);
    }
    hg__message_queue_clear(&q->queue);
    hg__free(q->text);
    explicit_bzero(&q->address, sizeof q->address);
    hg__free(q);
}

// ---- messages -----------------------------------------------------------------------------------

// Under the lock: false where none is there.
static bool take(mqtt_messages *q, hg__message *to) {
    const hg__queued *first = hg__message_queue_first(&q->queue);
    if (!first) return false;
    const size_t size = hg__message_copy(q->text, q->queue.bytes + first->at, first->size);
    *to = (hg__message){.text = q->text, .size = size, .received = first->received};
    hg__message_queue_drop(&q->queue);
    return true;
}

static int next(hg__messages *m, int timeout_ms, hg__message *to, hg_error *err) {
    mqtt_messages *q = m->own;
    const double until = hg__seconds() + timeout_ms * 1e-3;
    (void)err;
    pthread_mutex_lock(&q->lock);
    q->done = q->put - q->queue.count; // what was given before is dealt with
    pthread_cond_broadcast(&q->changed);
    bool has = take(q, to), was_away = m->is_away;
    while (!has && q->is_away == was_away && wait_change(q, until)) has = take(q, to);
    const bool is_away = q->is_away;
    m->counts.dropped = q->dropped;
    m->counts.dropped_old = q->dropped_old;
    m->counts.too_long = q->too_long;
    char why[sizeof q->why];
    memcpy(why, q->why, sizeof why);
    pthread_mutex_unlock(&q->lock);
    if (is_away) hg__messages_away(m, why);
    if (!is_away) hg__messages_back(m);
    return has;
}

static int32_t positions(const hg__messages *m, hg__message_position *to, int32_t most) {
    (void)m;
    (void)to;
    (void)most;
    return 0;
}

static int go_on(hg__messages *m, const hg__message_position *p, hg_error *err) {
    (void)m;
    (void)p;
    (void)err;
    return HG_OK;
}

const hg__messages_type hg__messages_mqtt = {"mqtt",    is_ours, open_mqtt, next,
                                             positions, go_on,   close_mqtt};
