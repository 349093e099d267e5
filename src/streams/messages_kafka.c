// SPDX-License-Identifier: Apache-2.0
// messages_kafka.c - messages of a topic of Kafka, by librdkafka: all of its partitions, each from a place that we know.
//
// A signal is watched by one who sees all of it: partitions are not shared out among a group. group= is under which name the broker
// keeps how far we are. Offsets are ours: resolved to numbers when the topic is opened, so that nothing is passed over when the broker
// has been away, and committed once a message is dealt with.
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/show.h"
#include "base/system.h"
#include "base/text.h"
#include "streams/kafka_api.h"
#include "streams/messages_type.h"

enum {
    PORT = 9092,
    PARTITIONS = 4096, // of a topic, at most
    PROBE = 500,       // ms that a broker which was away may take to answer
    LONGEST_PAUSE = 30 // seconds
};

static const char form[] = "kafka://host:9092/topic, maybe with ?group=name&offset=earliest";

typedef struct kafka_messages {
    hg__messages *m; // borrowed
    const hg__kafka *api;
    hg__rd *rk;          // owned
    hg__rd_topic *topic; // owned
    hg__address address;
    const char *group, *offset; // in address; "": not said
    char *text;                 // owned, (HG_MESSAGE_MOST + HG_CSV_PAD + 1): the message given last
    int32_t parts;
    int64_t *next,
        *committed; // owned, (parts): the offset behind what was given; what the broker knows of it
    bool is_assigned;
    double commit_at, probe_at, pause; // seconds
    bool is_away;
    char why[160];
} kafka_messages;

static bool is_ours(const char *source) {
    return hg__address_is(source, "kafka");
}

// ---- what librdkafka calls ----------------------------------------------------------------------

static void keep_quiet(const hg__rd *rk, int level, const char *facility, const char *text) {
    (void)rk;
    (void)level;
    (void)facility;
    (void)text;
}

static void lose(kafka_messages *k, const char *why) {
    if (!k->is_away) snprintf(k->why, sizeof k->why, "%.150s", why);
    k->is_away = true;
}

// Called by consumer_poll(): errors that librdkafka goes on trying to mend.
static void hear_error(hg__rd *rk, int err, const char *reason, void *context) {
    kafka_messages *k = context;
    (void)rk;
    (void)reason;
    if (err == HG_RD_ALL_BROKERS_DOWN) lose(k, k->api->err2str(err));
}

// ---- opening ------------------------------------------------------------------------------------

static int read_address(kafka_messages *k, const char *source, hg_error *err) {
    static const char *const keys[] = {"group", "offset", NULL};
    hg__address *a = &k->address;
    int64_t number = 0;
    HG_TRY(hg__address_parse(a, source, form, keys, err));
    k->group = hg__address_option(a, "group");
    k->offset = hg__address_option(a, "offset");
    if (!a->port) a->port = PORT;
    snprintf(k->m->place, sizeof k->m->place, "kafka://%.120s:%d/%.200s", a->host, (int)a->port,
             a->topic);
    if (a->has_user) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected %s, got a user in front of the host",
                        k->m->place, form);
    }
    const bool is_word =
        !*k->offset || strcmp(k->offset, "earliest") == 0 || strcmp(k->offset, "latest") == 0;
    if (is_word || (hg__parse_int(k->offset, &number) && number >= 0)) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "kafka: offset=: expected earliest, latest or a number, got \"%.60s\"",
                    k->offset);
}

static int set_all(kafka_messages *k, hg__rd_conf *conf, hg_error *err) {
    char server[300], why[200] = "";
    const char *host = k->address.host;
    const bool is_six = strchr(host, ':') != NULL;
    snprintf(server, sizeof server, is_six ? "[%s]:%d" : "%s:%d", host, (int)k->address.port);
    const char *const settings[][2] = {
        {"bootstrap.servers",          server                            },
        {"client.id",                  "hourglass"                       },
        {"group.id",                   *k->group ? k->group : "hourglass"},
        {"enable.auto.commit",         "false"                           },
        {"enable.auto.offset.store",   "false"                           },
        {"auto.offset.reset",          "earliest"                        }, // what is left, where what comes next is no longer kept
        {"reconnect.backoff.max.ms",   "30000"                           },
        {"fetch.wait.max.ms",          "100"                             },
        {"fetch.message.max.bytes",    "2097152"                         },
        {"queued.max.messages.kbytes", "16384"                           },
        {"queued.min.messages",        "10000"                           },
        {"max.poll.interval.ms",       "86400000"                        },
        {"log.connection.close",       "false"                           },
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        if (k->api->conf_set(conf, settings[i][0], settings[i][1], why, sizeof why) == 0) continue;
        return hg__fail(err, HG_ERR_USAGE, "%s: %s", k->m->place, why);
    }
    k->api->conf_set_opaque(conf, k);
    k->api->conf_set_error_cb(conf, hear_error);
    k->api->conf_set_log_cb(conf, keep_quiet);
    return HG_OK;
}

static int make_consumer(kafka_messages *k, hg_error *err) {
    char why[200] = "";
    hg__rd_conf *conf = k->api->conf_new();
    const int code = set_all(k, conf, err);
    if (code == HG_OK) k->rk = k->api->new (HG_RD_CONSUMER, conf, why, sizeof why);
    if (!k->rk) k->api->conf_destroy(conf);
    HG_TRY(code);
    if (!k->rk) return hg__fail(err, HG_ERR_MEMORY, "%s: cannot begin: %s", k->m->place, why);
    (void)k->api->poll_set_consumer(k->rk);
    k->topic = k->api->topic_new(k->rk, k->address.topic, NULL);
    if (k->topic) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "%s: expected the name of a topic", k->m->place);
}

static int fail(const kafka_messages *k, const char *what, int code, hg_error *err) {
    return hg__fail(err, HG_ERR_IO, "%s: %s: %s", k->m->place, what, k->api->err2str(code));
}

static bool is_no_topic(int code) {
    return code == HG_RD_UNKNOWN_TOPIC || code == HG_RD_UNKNOWN_TOPIC_OR_PART ||
           code == HG_RD_UNKNOWN_PARTITION;
}

static int count_parts(kafka_messages *k, hg_error *err) {
    const hg__rd_metadata *found = NULL;
    int code = k->api->metadata(k->rk, 0, k->topic, &found, k->m->o.patience_ms);
    if (code) return fail(k, "cannot reach the broker", code, err);
    const hg__rd_metadata_topic *t = found->topics == 1 ? found->topic : NULL;
    code = t ? t->err : HG_RD_UNKNOWN_TOPIC;
    k->parts = t && !code ? t->parts : 0;
    k->api->metadata_destroy(found);
    if (is_no_topic(code) || (!code && k->parts < 1)) {
        return hg__fail(err, HG_ERR_IO, "%s: the broker has no such topic", k->m->place);
    }
    if (code) return fail(k, "cannot read the topic", code, err);
    if (k->parts <= PARTITIONS) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected %d partitions at most, got %d", k->m->place,
                    PARTITIONS, (int)k->parts);
}

// All partitions with these offsets (NULL: none); NULL without memory.
static hg__rd_parts *list_parts(const kafka_messages *k, const int64_t *offset) {
    hg__rd_parts *list = k->api->topic_partition_list_new(k->parts);
    for (int32_t i = 0; list && i < k->parts; i++) {
        hg__rd_part *part = k->api->topic_partition_list_add(list, k->address.topic, i);
        if (offset) part->offset = offset[i];
    }
    return list;
}

// How far the group was: below 0 where the broker does not know.
static int find_committed(kafka_messages *k, hg_error *err) {
    for (int32_t i = 0; i < k->parts; i++) k->committed[i] = -1;
    if (!*k->group) return HG_OK;
    hg__rd_parts *list = list_parts(k, NULL);
    if (!list) return hg__fail(err, HG_ERR_MEMORY, "%s: no memory", k->m->place);
    const int code = k->api->committed(k->rk, list, k->m->o.patience_ms);
    for (int32_t i = 0; !code && i < k->parts; i++) k->committed[i] = list->part[i].offset;
    k->api->topic_partition_list_destroy(list);
    return code ? fail(k, "cannot ask how far the group is", code, err) : HG_OK;
}

static int find_start(kafka_messages *k, int32_t part, hg_error *err) {
    int64_t low = 0, high = 0, number;
    k->next[part] = k->committed[part];
    if (k->next[part] >= 0) return HG_OK;
    if (hg__parse_int(k->offset, &number)) {
        k->next[part] = number;
        return HG_OK;
    }
    const int code = k->api->query_watermark_offsets(k->rk, k->address.topic, part, &low, &high,
                                                     k->m->o.patience_ms);
    if (code) return fail(k, "cannot ask which messages there are", code, err);
    k->next[part] = strcmp(k->offset, "earliest") == 0 ? low : high;
    return HG_OK;
}

static int open_kafka(hg__messages *m, const char *source, hg_error *err) {
    const hg__kafka *api = hg__kafka_get(err);
    if (!api) return HG_ERR_MISSING;
    kafka_messages *k = m->own = hg__alloc(1, sizeof *k, err);
    if (!k) return HG_ERR_MEMORY;
    *k = (kafka_messages){.m = m, .api = api, .group = "", .offset = "", .pause = 1};
    HG_TRY(read_address(k, source, err));
    k->text = hg__alloc(HG_MESSAGE_MOST + HG_CSV_PAD + 1, 1, err);
    if (!k->text) return HG_ERR_MEMORY;
    HG_TRY(make_consumer(k, err));
    HG_TRY(count_parts(k, err));
    k->next = hg__alloc((size_t)k->parts, sizeof *k->next, err);
    k->committed = hg__alloc((size_t)k->parts, sizeof *k->committed, err);
    if (!k->next || !k->committed) return HG_ERR_MEMORY;
    HG_TRY(find_committed(k, err));
    for (int32_t i = 0; i < k->parts; i++) HG_TRY(find_start(k, i, err));
    if (k->parts == 1) return HG_OK;
    char line[600];
    snprintf(line, sizeof line,
             "%s: %d partitions: messages come in their order within each of them only", m->place,
             (int)k->parts);
    hg__tell(m->o.listener, line);
    return HG_OK;
}

// ---- offsets ------------------------------------------------------------------------------------

// What was given is dealt with.
static void commit(kafka_messages *k, bool waits) {
    bool is_new = false;
    for (int32_t i = 0; i < k->parts && k->next; i++) is_new |= k->next[i] != k->committed[i];
    if (!*k->group || !is_new || !k->is_assigned || k->is_away) return;
    hg__rd_parts *list = list_parts(k, k->next);
    if (!list) return;
    if (k->api->commit(k->rk, list, !waits) == HG_RD_OK) {
        memcpy(k->committed, k->next, (size_t)k->parts * sizeof *k->next);
    }
    k->api->topic_partition_list_destroy(list);
}

static void commit_now_and_then(kafka_messages *k) {
    const double now = hg__seconds();
    if (now < k->commit_at) return;
    k->commit_at = now + 1;
    commit(k, false);
}

static int32_t positions(const hg__messages *m, hg__message_position *to, int32_t most) {
    const kafka_messages *k = m->own;
    for (int32_t i = 0; i < k->parts && i < most; i++) {
        to[i] = (hg__message_position){.at = k->next[i], .part = i};
    }
    return k->parts < most ? k->parts : most;
}

static int go_on(hg__messages *m, const hg__message_position *p, hg_error *err) {
    kafka_messages *k = m->own;
    (void)err;
    if (p->part >= 0 && p->part < k->parts && p->at >= 0) k->next[p->part] = p->at;
    return HG_OK;
}

static int assign(kafka_messages *k, hg_error *err) {
    hg__rd_parts *list = list_parts(k, k->next);
    if (!list) return hg__fail(err, HG_ERR_MEMORY, "%s: no memory", k->m->place);
    const int code = k->api->assign(k->rk, list);
    k->api->topic_partition_list_destroy(list);
    k->is_assigned = !code;
    return code ? fail(k, "cannot read the topic", code, err) : HG_OK;
}

static void close_kafka(hg__messages *m) {
    kafka_messages *k = m->own;
    if (!k) return;
    if (m->rest.size && k->next) { // not all of its lines were given
        k->next[m->rest.position.part]--;
    }
    commit(k, true);
    if (k->topic) k->api->topic_destroy(k->topic);
    if (k->rk) k->api->destroy_flags(k->rk, HG_RD_NO_CLOSE);
    hg__free(k->next);
    hg__free(k->committed);
    hg__free(k->text);
    hg__free(k);
}

// ---- messages -----------------------------------------------------------------------------------

// While it is away: asks now and then whether it answers again.
static void probe(kafka_messages *k) {
    const double now = hg__seconds();
    const hg__rd_metadata *found = NULL;
    if (!k->is_away || now < k->probe_at) return;
    if (k->api->metadata(k->rk, 0, k->topic, &found, PROBE) == HG_RD_OK) {
        k->api->metadata_destroy(found);
        k->is_away = false;
        k->pause = 1;
        return;
    }
    k->probe_at = now + k->pause;
    k->pause = k->pause * 2 > LONGEST_PAUSE ? LONGEST_PAUSE : k->pause * 2;
}

// 1: a message in *to; 0: none that counts; negative.
static int take(kafka_messages *k, const hg__rd_message *from, hg__message *to, hg_error *err) {
    if (from->err == HG_RD_FATAL || from->err == HG_RD_AUTHENTICATION || is_no_topic(from->err)) {
        return fail(k, "cannot go on", from->err, err);
    }
    if (from->err) {
        if (from->err == HG_RD_TRANSPORT || from->err == HG_RD_ALL_BROKERS_DOWN) {
            lose(k, k->api->err2str(from->err));
        }
        return 0;
    }
    k->is_away = false;
    if (from->partition < 0 || from->partition >= k->parts) return 0;
    k->next[from->partition] = from->offset + 1;
    if (from->size > HG_MESSAGE_MOST) k->m->counts.too_long++;
    if (from->size > HG_MESSAGE_MOST || !from->payload || !from->size) return 0;
    const size_t size = hg__message_copy(k->text, from->payload, from->size);
    *to = (hg__message){
        .text = k->text,
        .size = size,
        .position = {.at = from->offset + 1, .part = from->partition},
        .received = hg__wall_seconds()
    };
    return 1;
}

static int next(hg__messages *m, int timeout_ms, hg__message *to, hg_error *err) {
    kafka_messages *k = m->own;
    const double until = hg__seconds() + timeout_ms * 1e-3;
    int code = 0;
    if (!k->is_assigned) HG_TRY(assign(k, err));
    commit_now_and_then(k);
    do {
        const double left = (until - hg__seconds()) * 1000;
        hg__rd_message *message = k->api->consumer_poll(k->rk, left > 0 ? (int)left + 1 : 0);
        if (!message) break;
        code = take(k, message, to, err);
        k->api->message_destroy(message);
    } while (code == 0 && hg__seconds() < until);
    if (k->is_away) hg__messages_away(m, k->why);
    probe(k);
    if (!k->is_away) hg__messages_back(m);
    return code;
}

const hg__messages_type hg__messages_kafka = {"kafka",   is_ours, open_kafka, next,
                                              positions, go_on,   close_kafka};
