// SPDX-License-Identifier: Apache-2.0
// test_messages.c - messages of files that grow, of pipes and of a real MQTT broker (mosquitto), which goes away and comes back.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/system.h"
#include "faults.h"
#include "messages_case.h"
#include "streams/message_queue.h"
#include "streams/mosquitto_api.h"

#include <cmocka.h>

#if __has_include(<mosquitto.h>)
# define mosquitto_message their_message // NOLINT(readability-identifier-naming)
# include <mosquitto.h>
# undef mosquitto_message
_Static_assert((int)HG_MOSQ_OK == (int)MOSQ_ERR_SUCCESS, "");
_Static_assert((int)HG_MOSQ_ERRNO == (int)MOSQ_ERR_ERRNO, "");
_Static_assert(sizeof(struct mosquitto_message) == sizeof(struct their_message), "");
_Static_assert(offsetof(struct mosquitto_message, payload) ==
                   offsetof(struct their_message, payload),
               "");
_Static_assert(offsetof(struct mosquitto_message, payloadlen) ==
                   offsetof(struct their_message, payloadlen),
               "");
_Static_assert(offsetof(struct mosquitto_message, qos) == offsetof(struct their_message, qos), "");
_Static_assert(offsetof(struct mosquitto_message, retain) == offsetof(struct their_message, retain),
               "");
#endif

static char folder[] = "/tmp/hourglass-messages-XXXXXX";
static const char *in_folder(const char *name) {
    static char path[4][300];
    static int at;
    at = (at + 1) % 4;
    snprintf(path[at], sizeof path[at], "%s/%s", folder, name);
    return path[at];
}

static void add(const char *path, const char *text, const char *mode) {
    FILE *f = fopen(path, mode);
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static hg__messages *open_source(const char *source, bool follow) {
    return open_with(source, &(hg__messages_options){.follow = follow, .listener = &listener});
}

static void expect_end(hg__messages *m) {
    hg__message got;
    assert_int_equal(hg__messages_next(m, 100, &got, NULL), HG_MESSAGES_END);
    assert_int_equal(hg__messages_next(m, 0, &got, NULL), HG_MESSAGES_END);
}

static void expect_refused(const char *source, hg_code code, const char *sentence) {
    hg_error err = {0};
    const hg__messages_options o = {.patience_ms = 5000};
    assert_null(hg__messages_open(source, &o, &err));
    assert_string_equal(err.message, sentence);
    assert_int_equal(err.code, code);
}

// ---- files --------------------------------------------------------------------------------------

static void a_file_is_its_lines(void **state) {
    (void)state;
    const char *path = in_folder("lines.csv");
    add(path, "a,b\r\n1,2\n\n  \n3,4", "w");
    hg__messages *m = open_source(path, false);
    assert_string_equal(m->kind, "file");
    expect(m, "a,b");
    expect(m, "1,2");
    hg__message last;
    assert_int_equal(hg__messages_next(m, 0, &last, NULL), 1);
    assert_true(last.is_cut && last.size == 3);
    expect_end(m);
    assert_int_equal(m->counts.messages, 3);
    assert_int_equal(m->counts.bytes, 9);
    hg__messages_close(m);
}

static void reading_goes_on_behind_a_message(void **state) {
    (void)state;
    const char *path = in_folder("positions.csv");
    hg__message got;
    hg__message_position at;
    add(path, "one\ntwo\nthree\n", "w");
    hg__messages *m = open_source(path, false);
    expect(m, "one");
    assert_int_equal(hg__messages_next(m, 0, &got, NULL), 1);
    assert_int_equal(got.position.at, 8);
    assert_int_equal(hg__messages_positions(m, &at, 1), 1);
    assert_int_equal(at.at, 8);
    hg__messages_close(m);
    m = open_source(path, false);
    assert_int_equal(hg__messages_go_on(m, &at, NULL), HG_OK);
    expect(m, "three");
    hg__messages_close(m);
    // Another file of that name, or one that no line ends in there: from its beginning.
    add(path, "another\nfile\n", "w");
    m = open_source(path, false);
    at.at = 9;
    assert_int_equal(hg__messages_go_on(m, &at, NULL), HG_OK);
    expect(m, "another");
    assert_int_equal(m->counts.restarts, 1);
    hg__messages_close(m);
}

static void a_file_that_grows_is_followed_at_every_cut(void **state) {
    (void)state;
    const char *path = in_folder("grows.csv"), *const text = "1,2\r\n3,4\n";
    for (size_t cut = 0; cut <= strlen(text); cut++) {
        char first[16];
        snprintf(first, sizeof first, "%.*s", (int)cut, text);
        add(path, first, "w");
        hg__messages *m = open_source(path, true);
        if (cut >= 5) expect(m, "1,2");
        if (cut < 9) expect_nothing(m, 0);
        add(path, text + cut, "a");
        if (cut < 5) expect(m, "1,2");
        expect(m, "3,4");
        expect_nothing(m, 0);
        hg__messages_close(m);
    }
}

static void a_file_truncated_begins_anew(void **state) {
    (void)state;
    const char *path = in_folder("truncated.csv");
    add(path, "1\n2\nhalf", "w");
    hg__messages *m = open_source(path, true);
    expect(m, "1");
    expect(m, "2");
    expect_nothing(m, 0);
    add(path, "3\n", "w");
    expect(m, "3");
    assert_int_equal(m->counts.restarts, 1);
    hg__messages_close(m);
}

static void a_file_rotated_is_read_to_its_end(void **state) {
    (void)state;
    const char *path = in_folder("rotated.csv"), *moved = in_folder("rotated.csv.1");
    add(path, "1\n", "w");
    hg__messages *m = open_source(path, true);
    expect(m, "1");
    assert_int_equal(rename(path, moved), 0);
    expect_nothing(m, 0);
    add(moved, "2\n", "a");
    add(path, "3\n", "w");
    expect(m, "2");
    expect(m, "3");
    add(path, "4\n", "a");
    expect(m, "4");
    assert_int_equal(m->counts.restarts, 1);
    hg__messages_close(m);
}

static void long_lines_are_refused_and_passed_over(void **state) {
    (void)state;
    const char *path = in_folder("long.csv");
    static char line[3 * HG_MESSAGE_MOST];
    const size_t sizes[] = {HG_MESSAGE_MOST, HG_MESSAGE_MOST + 1, sizeof line - 1};
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    memset(line, 'x', sizeof line);
    for (size_t i = 0; i < 3; i++) fprintf(f, "%.*s\r\n%zu\n", (int)sizes[i], line, i);
    fclose(f);
    hg__messages *m = open_source(path, false);
    hg__message got;
    assert_int_equal(hg__messages_next(m, 0, &got, NULL), 1);
    assert_int_equal(got.size, HG_MESSAGE_MOST);
    expect(m, "0");
    expect(m, "1");
    expect(m, "2");
    expect_end(m);
    assert_int_equal(m->counts.too_long, 2);
    hg__messages_close(m);
}

static void a_pipe_ends_with_who_writes(void **state) {
    (void)state;
    const char *path = in_folder("pipe");
    assert_int_equal(mkfifo(path, 0600), 0);
    hg__messages *m = open_source(path, false);
    expect_nothing(m, 0); // nobody writes yet
    const int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    expect_nothing(m, 0);
    assert_int_equal(write(fd, "1,2\n3,", 6), 6);
    expect(m, "1,2");
    expect_nothing(m, 20);
    close(fd); // in the middle of a line
    hg__message got;
    assert_int_equal(hg__messages_next(m, 100, &got, NULL), 1);
    assert_true(got.is_cut);
    expect_end(m);
    assert_int_equal(hg__messages_positions(m, &got.position, 1), 0);
    hg__messages_close(m);
    m = open_source(path, true); // one who writes after the other
    for (int i = 0; i < 3; i++) {
        const int other = open(path, O_WRONLY);
        assert_int_equal(write(other, "5\n", 2), 2);
        close(other);
        expect(m, "5");
        expect_nothing(m, 0);
    }
    hg__messages_close(m);
}

static void standard_input_is_read_as_it_comes(void **state) {
    (void)state;
    int ends[2];
    const int kept = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    hg__messages *m = open_source("-", false);
    expect_nothing(m, 0);
    assert_int_equal(write(ends[1], "1\n", 2), 2);
    expect(m, "1");
    close(ends[1]);
    expect_end(m);
    hg__messages_close(m);
    dup2(kept, STDIN_FILENO);
    close(ends[0]);
    close(kept);
}

static void what_is_no_file_is_refused(void **state) {
    (void)state;
    hg_error err = {0};
    const hg__messages_options o = {0};
    char sentence[400];
    snprintf(sentence, sizeof sentence, "%s: expected a file or a pipe, got a folder", folder);
    expect_refused(folder, HG_ERR_DATA, sentence);
    assert_null(hg__messages_open(in_folder("none.csv"), &o, &err));
    assert_int_equal(err.code, HG_ERR_IO);
}

static int run_child_scenario(void) {
    hg_error err = {0};
    hg__message got;
    int code = HG_ERR_IO;
    hg__messages *m = hg__messages_open("/proc/self/status", &(hg__messages_options){0}, &err);
    if (m) code = hg__messages_next(m, SOON, &got, &err);
    if (code == 1) code = hg__messages_next(m, SOON, &got, &err);
    hg__messages_close(m);
    if (code == 1) return CHILD_WORKED;
    return code < 0 && err.code && *err.message ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void what_fails_says_so(void **state) {
    (void)state;
    assert_true(count_faults("file", "HG_FAIL_ALLOC", "") >= 4);
    assert_true(count_faults("file", "HG_FAIL_IO", "") >= 2);
}

// ---- the queue ----------------------------------------------------------------------------------

static void a_queue_keeps_every_byte(void **state) {
    (void)state;
    hg__message_queue q;
    char text[64];
    memset(text, 0, sizeof text);
    uint32_t seed = 1;
    int64_t put = 0, taken = 0;
    size_t sizes[8] = {0};
    assert_int_equal(hg__message_queue_init(&q, 8, 100, NULL), HG_OK);
    for (int i = 0; i < 20000; i++) {
        seed = seed * 1664525 + 1013904223;
        const size_t size = seed >> 16 & 63;
        memset(text, (int)(put & 127), sizeof text);
        if (hg__message_queue_put(&q, text, size, (double)put)) {
            sizes[put++ % 8] = size;
            continue;
        }
        const hg__queued *first = hg__message_queue_first(&q);
        assert_non_null(first);
        assert_int_equal(first->size, sizes[taken % 8]);
        assert_true(first->received == (double)taken);
        for (size_t j = 0; j < first->size; j++) {
            assert_int_equal(q.bytes[first->at + j], (char)(taken & 127));
        }
        hg__message_queue_drop(&q);
        taken++;
    }
    assert_true(taken > 1000);
    while (q.count) hg__message_queue_drop(&q);
    memset(text, 1, sizeof text);
    static const char whole[100];
    assert_true(hg__message_queue_put(&q, whole, 100, 0));
    assert_false(hg__message_queue_put(&q, whole, 1, 0));
    hg__message_queue_clear(&q);
}

// ---- addresses ----------------------------------------------------------------------------------

#define FORM "mqtt://[user[:password]@]host[:port]/topic[?qos=1&client=name]"

static bool has_mqtt(void) {
    return hg__mosquitto_get(NULL) != NULL;
}

static void addresses_are_checked_and_keep_their_passwords(void **state) {
    (void)state;
    if (!has_mqtt()) skip();
    static const char *const rows[][2] = {
        {"mqtt://localhost",                    "expected " FORM ", got no topic"                           },
        {"mqtt://localhost/",                   "expected " FORM ", got no topic"                           },
        {"mqtt://:1883/a",                      "expected " FORM ", got another host or port"               },
        {"mqtt://localhost:0/a",                "expected " FORM ", got another host or port"               },
        {"mqtt://localhost:99999/a",            "expected " FORM ", got another host or port"               },
        {"mqtt://[::1/a",                       "expected " FORM ", got another host or port"               },
        {"mqtt://me:secret@localhost/a?qos",    "expected " FORM ", got something else behind the ?"        },
        {"mqtt://me:secret@localhost/a?qos=3",  "mqtt: qos=: expected 0, 1 or 2, got \"3\""                 },
        {"mqtt://me:secret@localhost/a?qoss=1",
         "expected " FORM ", got 'qoss=' behind the ?; did you mean 'qos'?"                                 },
        {"mqtt://me:%zz@localhost/a",           "expected " FORM ", got a user or password that is too long"},
        {"mqtt://me:secret@localhost:1/a#/b",
         "mqtt://localhost:1/a#/b: expected a topic or a filter of topics, got \"a#/b\""                    },
        {"mqtt://me:secret@127.0.0.1:1/a",
         "mqtt://127.0.0.1:1/a: cannot reach the broker: Connection refused"                                },
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hg_error err = {0};
        assert_null(hg__messages_open(rows[i][0], &(hg__messages_options){0}, &err));
        assert_string_equal(err.message, rows[i][1]);
    }
    assert_true(hg__is_broker("mqtt://a/b") && hg__is_broker("KAFKA://a/b"));
    assert_false(hg__is_broker("-") || hg__is_broker("mqtt.csv") || hg__is_broker("mqtt:/x"));
}

// ---- a broker -----------------------------------------------------------------------------------

static pid_t broker;
static int port, tls_port;

static const char *find_broker(void) {
    static const char *const places[] = {"/usr/sbin/mosquitto", "/usr/bin/mosquitto",
                                         "/usr/local/sbin/mosquitto"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (access(places[i], X_OK) == 0) return places[i];
    }
    return NULL;
}

static bool is_listening(void) {
    hg_error err;
    char source[64];
    snprintf(source, sizeof source, "mqtt://me:secret@127.0.0.1:%d/none", port);
    hg__messages *m = hg__messages_open(source, &(hg__messages_options){.patience_ms = 1000}, &err);
    hg__messages_close(m);
    return m != NULL;
}

static void stop_broker(void) {
    if (broker <= 0) return;
    kill(broker, SIGTERM);
    waitpid(broker, NULL, 0);
    broker = 0;
}

static void start_broker(void) {
    fflush(NULL);
    broker = fork();
    assert_true(broker >= 0);
    if (broker == 0) {
        const int nowhere = open("/dev/null", O_RDWR);
        dup2(nowhere, STDOUT_FILENO);
        dup2(nowhere, STDERR_FILENO);
        execl(find_broker(), "mosquitto", "-c", in_folder("mosquitto.conf"), (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < SOON / 50; i++) {
        if (is_listening()) return;
        usleep(50000);
    }
    fail_msg("mosquitto does not begin");
}

static void make_certificate(void) {
    char command[900];
    snprintf(command, sizeof command,
             "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext "
             "subjectAltName=IP:127.0.0.1 -keyout %s -out %s >/dev/null 2>&1",
             in_folder("broker.key"), in_folder("broker.pem"));
    tls_port = system(command) == 0 ? port + 1 : 0;
}

static int set_up_broker(void **state) {
    (void)state;
    char text[1000], command[700];
    if (!has_mqtt() || !find_broker() || system("command -v mosquitto_pub >/dev/null") != 0 ||
        system("command -v mosquitto_passwd >/dev/null") != 0) {
        return 0;
    }
    port = 20000 + (int)getpid() % 20000;
    snprintf(command, sizeof command, "mosquitto_passwd -c -b %s me secret",
             in_folder("passwords"));
    if (system(command) != 0) return -1;
    add(in_folder("rights"), "user me\ntopic readwrite #\ntopic deny forbidden\n", "w");
    // As root it changes to a user of its own, who must be able to read these.
    snprintf(text, sizeof text,
             "listener %d 127.0.0.1\nallow_anonymous false\npassword_file %s\nacl_file %s\n"
             "user root\npersistence true\npersistence_location %s/\nmax_queued_messages 100000\n",
             port, in_folder("passwords"), in_folder("rights"), folder);
    add(in_folder("mosquitto.conf"), text, "w");
    make_certificate();
    if (tls_port) {
        snprintf(text, sizeof text, "listener %d 127.0.0.1\ncertfile %s\nkeyfile %s\n", tls_port,
                 in_folder("broker.pem"), in_folder("broker.key"));
        add(in_folder("mosquitto.conf"), text, "a");
    }
    start_broker();
    return 0;
}

static int tear_down_broker(void **state) {
    (void)state;
    stop_broker();
    return 0;
}

// Lines of `text` as messages of a topic.
static void publish(const char *topic, int qos, const char *options, const char *text) {
    char command[400];
    snprintf(command, sizeof command,
             "mosquitto_pub -h 127.0.0.1 -p %d -u me -P secret -t %s -q %d %s", port, topic, qos,
             options);
    FILE *f = popen(command, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(pclose(f), 0);
}

static hg__messages *open_topic(const char *topic, int32_t queue) {
    char source[200];
    snprintf(source, sizeof source, "mqtt://me:secret@127.0.0.1:%d/%s", port, topic);
    return open_with(source, &(hg__messages_options){.queue = queue, .listener = &listener});
}

#define NEEDS_BROKER() \
 if (!broker) skip()

static void messages_of_a_topic_come_in_order(void **state) {
    (void)state;
    NEEDS_BROKER();
    for (int qos = 0; qos < 3; qos++) {
        char topic[32];
        snprintf(topic, sizeof topic, "rig/+?qos=%d", qos);
        hg__messages *m = open_topic(topic, 0);
        assert_string_equal(m->kind, "mqtt");
        expect_nothing(m, 20);
        publish("rig/1", qos, "-l", "1,2\n3,4\n5,6\n");
        expect(m, "1,2");
        expect(m, "3,4");
        expect(m, "5,6");
        publish("rig/2", qos, "-s", "{\"a\": 1}\r\n");
        expect(m, "{\"a\": 1}");
        expect_nothing(m, 20);
        hg__messages_close(m);
    }
}

static void a_message_may_have_several_lines(void **state) {
    (void)state;
    NEEDS_BROKER();
    hg__messages *m = open_topic("batch?qos=1&client=batch", 0);
    publish("batch", 1, "-s", "a,b\n1,2\r\n\n3,4\n");
    expect(m, "a,b");
    expect(m, "1,2");
    expect(m, "3,4");
    publish("batch", 1, "-s", "\n{\"a\": 1,\n \"b\": 2}\n{\"a\": 3}\n\n");
    expect(m, "\n{\"a\": 1,\n \"b\": 2}");
    expect(m, "{\"a\": 3}");
    publish("batch", 1, "-s", "5,6\n7,8");
    expect(m, "5,6");
    hg__messages_close(m); // in the middle of it: it was not dealt with
    m = open_topic("batch?qos=1&client=batch", 0);
    expect(m, "5,6");
    expect(m, "7,8");
    expect_nothing(m, 20);
    hg__messages_close(m);
}

static void who_may_not_is_told_so(void **state) {
    (void)state;
    NEEDS_BROKER();
    char source[100], sentence[200];
    snprintf(source, sizeof source, "mqtt://me:wrong@127.0.0.1:%d/a", port);
    snprintf(
        sentence, sizeof sentence,
        "mqtt://127.0.0.1:%d/a: the broker refuses this user and password: Connection Refused: "
        "not authorised.",
        port);
    expect_refused(source, HG_ERR_IO, sentence);
    snprintf(source, sizeof source, "mqtt://127.0.0.1:%d/a", port);
    snprintf(sentence, sizeof sentence,
             "mqtt://127.0.0.1:%d/a: the broker refuses: Connection Refused: not authorised.",
             port);
    expect_refused(source, HG_ERR_IO, sentence);
}

static void an_encrypted_broker_is_checked(void **state) {
    (void)state;
    NEEDS_BROKER();
    if (!tls_port) skip();
    char source[400], sentence[200];
    snprintf(source, sizeof source, "mqtts://me:secret@127.0.0.1:%d/tls?ca=%s", tls_port,
             in_folder("broker.pem"));
    hg__messages *m = open_with(source, &(hg__messages_options){.listener = &listener});
    publish("tls", 0, "-s", "1,2");
    expect(m, "1,2");
    hg__messages_close(m);
    snprintf(source, sizeof source, "mqtts://me:secret@127.0.0.1:%d/tls", tls_port);
    snprintf(sentence, sizeof sentence,
             "mqtts://127.0.0.1:%d/tls: cannot reach the broker: A TLS error occurred.", tls_port);
    expect_refused(source, HG_ERR_IO, sentence);
}

static void a_topic_that_nobody_writes_to_is_silent(void **state) {
    (void)state;
    NEEDS_BROKER();
    hg__messages *m = open_topic("never/heard/of", 0);
    expect_nothing(m, 50);
    hg__messages_close(m);
}

static void what_the_broker_stored_is_no_step(void **state) {
    (void)state;
    NEEDS_BROKER();
    publish("stored", 1, "-r -s", "old");
    hg__messages *m = open_topic("stored", 0);
    publish("stored", 1, "-s", "new");
    expect(m, "new");
    assert_int_equal(m->counts.dropped_old, 1);
    hg__messages_close(m);
}

static void long_messages_are_refused(void **state) {
    (void)state;
    NEEDS_BROKER();
    hg__messages *m = open_topic("long", 0);
    char *text = hg__alloc(HG_MESSAGE_MOST + 2, 1, NULL);
    memset(text, 'x', HG_MESSAGE_MOST + 1);
    publish("long", 0, "-s", text);
    text[HG_MESSAGE_MOST] = '\0';
    publish("long", 0, "-s", text);
    publish("long", 0, "-s", "short");
    hg__message got;
    int code = 0;
    for (int i = 0; code == 0 && i < 100; i++) code = hg__messages_next(m, 100, &got, NULL);
    assert_int_equal(code, 1);
    assert_int_equal(got.size, HG_MESSAGE_MOST);
    expect(m, "short");
    assert_int_equal(m->counts.too_long, 1);
    hg__free(text);
    hg__messages_close(m);
}

static char *count_to(int n) {
    char *text = hg__alloc((size_t)n, 8, NULL), *to = text;
    for (int i = 0; i < n; i++) to += snprintf(to, 8, "%d\n", i);
    return text;
}

static void expect_numbers(hg__messages *m, int from, int to) {
    for (int i = from; i < to; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        expect(m, text);
    }
}

static void the_slow_lose_the_oldest_without_acknowledgement(void **state) {
    (void)state;
    NEEDS_BROKER();
    hg__messages *m = open_topic("slow", 10);
    char *text = count_to(100);
    publish("slow", 0, "-l", text);
    publish("slow", 0, "-s", "last");
    for (int i = 0; i < SOON && m->counts.dropped + 10 < 101; i++) {
        // Looking is taking: only the first of these gives something.
        hg__message got;
        usleep(1000);
        if (i == 200) assert_int_equal(hg__messages_next(m, 0, &got, NULL), 1);
        if (i > 200) break;
    }
    assert_int_equal(m->counts.dropped, 91);
    expect_numbers(m, 92, 100);
    expect(m, "last");
    hg__free(text);
    hg__messages_close(m);
}

static void the_slow_lose_nothing_with_acknowledgement(void **state) {
    (void)state;
    NEEDS_BROKER();
    hg__messages *m = open_topic("patient?qos=1&client=patient", 10);
    char *text = count_to(1000);
    publish("patient", 1, "-l", text);
    expect_numbers(m, 0, 500);
    hg__messages_close(m); // the broker keeps the rest
    m = open_topic("patient?qos=1&client=patient", 10);
    hg__message got;
    int64_t next = -1, seen = 0;
    while (next != 999) { // what was read with the last message may come twice
        assert_true(hg__messages_next(m, SOON, &got, NULL) == 1);
        const int64_t number = strtol(got.text, NULL, 10);
        assert_true(next < 0 ? number <= 500 && number >= 450 : number == next + 1);
        next = number;
        seen++;
    }
    assert_true(seen >= 500);
    assert_int_equal(m->counts.dropped, 0);
    hg__free(text);
    hg__messages_close(m);
}

static void nothing_is_lost_while_the_broker_is_away(void **state) {
    (void)state;
    NEEDS_BROKER();
    hg__messages *m = open_topic("away?qos=1&client=away", 0);
    publish("away", 1, "-s", "before");
    expect(m, "before");
    expect_nothing(m, 300); // acknowledged
    notes[0] = '\0';
    stop_broker();
    for (int i = 0; !m->is_away && i < SOON / 10; i++) expect_nothing(m, 10);
    assert_true(m->is_away);
    expect_nothing(m, 10);
    start_broker();
    publish("away", 1, "-s", "while");
    expect(m, "while");
    for (int i = 0; m->is_away && i < SOON / 10; i++) expect_nothing(m, 10);
    assert_int_equal(m->counts.reconnects, 1);
    char expected[400];
    snprintf(
        expected, sizeof expected,
        "mqtt://127.0.0.1:%d/away: the broker has gone (The connection was lost.); it is tried "
        "again until it is back\nmqtt://127.0.0.1:%d/away: the broker is back\n",
        port, port);
    assert_string_equal(notes, expected);
    hg__messages_close(m);
}

// What was given and not dealt with when a process died comes again.
static void a_message_not_dealt_with_comes_again(void **state) {
    (void)state;
    NEEDS_BROKER();
    hg__messages_close(
        open_topic("crash?qos=1&client=crash", 0)); // the broker knows it from now on
    publish("crash", 1, "-l", "1\n2\n3\n");
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        hg__messages *m = open_topic("crash?qos=1&client=crash", 0);
        hg__message got;
        _exit(hg__messages_next(m, SOON, &got, NULL) == 1 && got.text[0] == '1' ? 0 : 1);
    }
    int status = 1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    hg__messages *m = open_topic("crash?qos=1&client=crash", 0);
    expect(m, "1");
    expect(m, "2");
    expect(m, "3");
    hg__messages_close(m);
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[100];
    stop_broker();
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

int main(int argc, char **argv) {
    if (argc == 3 && strcmp(argv[1], "child") == 0) return run_child_scenario();
    const struct CMUnitTest files[] = {
        cmocka_unit_test(a_file_is_its_lines),
        cmocka_unit_test(reading_goes_on_behind_a_message),
        cmocka_unit_test(a_file_that_grows_is_followed_at_every_cut),
        cmocka_unit_test(a_file_truncated_begins_anew),
        cmocka_unit_test(a_file_rotated_is_read_to_its_end),
        cmocka_unit_test(long_lines_are_refused_and_passed_over),
        cmocka_unit_test(a_pipe_ends_with_who_writes),
        cmocka_unit_test(standard_input_is_read_as_it_comes),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(what_fails_says_so),
        cmocka_unit_test(a_queue_keeps_every_byte),
        cmocka_unit_test(addresses_are_checked_and_keep_their_passwords),
        cmocka_unit_test_setup(messages_of_a_topic_come_in_order, set_up_broker),
        cmocka_unit_test(a_message_may_have_several_lines),
        cmocka_unit_test(who_may_not_is_told_so),
        cmocka_unit_test(an_encrypted_broker_is_checked),
        cmocka_unit_test(a_topic_that_nobody_writes_to_is_silent),
        cmocka_unit_test(what_the_broker_stored_is_no_step),
        cmocka_unit_test(long_messages_are_refused),
        cmocka_unit_test(the_slow_lose_the_oldest_without_acknowledgement),
        cmocka_unit_test(the_slow_lose_nothing_with_acknowledgement),
        cmocka_unit_test(nothing_is_lost_while_the_broker_is_away),
        cmocka_unit_test_teardown(a_message_not_dealt_with_comes_again, tear_down_broker),
    };
    return cmocka_run_group_tests(files, make_folder, remove_folder);
}
