// SPDX-License-Identifier: Apache-2.0
// messages.h - lines of text one after the other, from somewhere that may never end: a file that grows, a pipe, a broker.
//
//   -, /var/log/rig.csv                                          standard input, a pipe, a file
//   mqtt://[user[:password]@]host[:1883]/topic[?qos=1&client=name]    MQTT 3.1.1 (libmosquitto)
//   mqtts://host[:8883]/topic[?ca=file]                               the same, encrypted; ca: a PEM file of who vouches for the broker
//   kafka://host[:9092]/topic[?group=name&offset=earliest]            Kafka (librdkafka)
//
// What cannot be waited for is said once, and tried again with pauses that grow up to 30 s: a broker that has gone. Meanwhile it keeps
// what it is asked to keep: MQTT with qos=1 and a client's name, Kafka always. A message is acknowledged (MQTT, qos 1 or 2), or its offset
// committed (Kafka, group=), once the next is asked for: after a crash the last ones may come twice, and none is lost.
//
// A message of several lines, of CSV or of objects one behind the other, is given line by line, and is dealt with once all of them are.
#ifndef HG_STREAMS_MESSAGES_H
#define HG_STREAMS_MESSAGES_H
#include "base/host.h"

enum {
    HG_MESSAGE_MOST = 1 << 20, // bytes of a message; longer ones are refused and counted
    HG_MESSAGES_END = 2        // of hg__messages_next(): the source has ended
};

typedef struct hg__messages_options {
    bool
        follow; // of a file: waits for more at its end, and goes on in the one that takes its place
    int32_t queue;               // MQTT: messages that wait, at most; 0: 4096
    size_t queue_bytes;          // the same in bytes; 0: 8 MiB
    int32_t patience_ms;         // how long a broker may take to answer at first; 0: 10 s
    const hg_listener *listener; // borrowed; hears what becomes of a broker; may be NULL
} hg__messages_options;

// Behind a message: where to go on. All 0: the source cannot go back.
typedef struct hg__message_position {
    int64_t at;   // byte of a file; offset of Kafka
    int32_t part; // partition of Kafka
    uint64_t of;  // a file's inode: another has taken its place if this one is another's
} hg__message_position;

typedef struct hg__message {
    char *
        text; // (size), then a newline and HG_CSV_PAD readable bytes; may be written to; until the next call
    size_t size; // without line ends behind
    hg__message_position position;
    double received; // seconds since 1970
    bool is_cut;     // the last of a file or pipe without a line end: maybe not all of it
} hg__message;

typedef struct hg__messages_counts {
    int64_t messages, bytes; // given
    int64_t too_long;        // more than HG_MESSAGE_MOST bytes, refused
    int64_t dropped,
        dropped_old;    // came faster than they were taken; MQTT: stored at the broker (retained)
    int64_t reconnects; // of a broker
    int64_t restarts;   // a file was truncated or replaced
} hg__messages_counts;

typedef struct hg__messages {
    const struct hg__messages_type *type;
    const char *kind; // "file", "mqtt", "kafka"
    char place[400];  // for sentences: without user and password
    bool is_away;     // the broker does not answer
    hg__messages_counts counts;
    hg__messages_options o;
    hg__message rest; // of the message at hand: lines that were not given yet
    bool is_json;     // that message
    void *own;        // owned: the kind's
} hg__messages;

// Whether it names a source of messages that is no file.
bool hg__is_broker(const char *source);

// NULL where there is nothing to read: no such file, no broker, a password that is refused, a topic that Kafka does not have.
hg__messages *hg__messages_open(const char *source, const hg__messages_options *o, hg_error *err);

// 1: a message; 0: none within timeout_ms, or a signal came; HG_MESSAGES_END; negative: it cannot go on.
int hg__messages_next(hg__messages *m, int timeout_ms, hg__message *to, hg_error *err);

// What was given so far, position by position (Kafka: a partition each); how many, at most `most`.
int32_t hg__messages_positions(const hg__messages *m, hg__message_position *to, int32_t most);
// Before the first message: begins behind p. Of several partitions once for each. What cannot go back goes on as it is.
int hg__messages_go_on(hg__messages *m, const hg__message_position *p, hg_error *err);

void hg__messages_close(hg__messages *m); // NULL is fine; what was given counts as dealt with
#endif
