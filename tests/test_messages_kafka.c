// SPDX-License-Identifier: Apache-2.0
// test_messages_kafka.c - messages of a topic of Kafka: librdkafka's own broker for tests speaks the protocol over TCP, goes away and comes back.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "kafka_case.h"
#include "messages_case.h"
#include "streams/kafka_api.h"

#include <cmocka.h>

#if __has_include(<librdkafka/rdkafka.h>)
# include <librdkafka/rdkafka.h>
# define SAME(one, field, other, theirs) \
  _Static_assert(offsetof(one, field) == offsetof(other, theirs), "")
SAME(hg__rd_message, err, rd_kafka_message_t, err);
SAME(hg__rd_message, partition, rd_kafka_message_t, partition);
SAME(hg__rd_message, payload, rd_kafka_message_t, payload);
SAME(hg__rd_message, size, rd_kafka_message_t, len);
SAME(hg__rd_message, offset, rd_kafka_message_t, offset);
SAME(hg__rd_part, offset, rd_kafka_topic_partition_t, offset);
SAME(hg__rd_part, err, rd_kafka_topic_partition_t, err);
SAME(hg__rd_parts, part, rd_kafka_topic_partition_list_t, elems);
SAME(hg__rd_metadata, topic, rd_kafka_metadata_t, topics);
SAME(hg__rd_metadata_topic, err, rd_kafka_metadata_topic_t, err);
SAME(hg__rd_metadata_topic, parts, rd_kafka_metadata_topic_t, partition_cnt);
_Static_assert(sizeof(hg__rd_part) == sizeof(rd_kafka_topic_partition_t), "");
_Static_assert((int)HG_RD_CONSUMER == (int)RD_KAFKA_CONSUMER, "");
_Static_assert((int)HG_RD_NO_CLOSE == (int)RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE, "");
_Static_assert((int)HG_RD_TRANSPORT == (int)RD_KAFKA_RESP_ERR__TRANSPORT, "");
_Static_assert((int)HG_RD_UNKNOWN_PARTITION == (int)RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "");
_Static_assert((int)HG_RD_UNKNOWN_TOPIC == (int)RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, "");
_Static_assert((int)HG_RD_ALL_BROKERS_DOWN == (int)RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "");
_Static_assert((int)HG_RD_AUTHENTICATION == (int)RD_KAFKA_RESP_ERR__AUTHENTICATION, "");
_Static_assert((int)HG_RD_FATAL == (int)RD_KAFKA_RESP_ERR__FATAL, "");
_Static_assert((int)HG_RD_UNKNOWN_TOPIC_OR_PART == (int)RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
               "");
#endif

static void publish_one(const char *topic, int32_t partition, const char *text) {
    publish(topic, partition, &text, 1);
}

static hg__messages *open_topic(const char *rest) {
    return open_with(address(rest), &(hg__messages_options){.listener = &listener});
}

static const char *const three[] = {"1,2", "3,4", "5,6"};

// ---- tests --------------------------------------------------------------------------------------

static void messages_come_from_the_first_or_from_now(void **state) {
    (void)state;
    NEEDS_BROKER();
    api.mock_topic_create(cluster, "rig", 1, 1);
    publish("rig", 0, three, 3);
    hg__messages *all = open_topic("rig?offset=earliest"), *now = open_topic("rig"),
                 *some = open_topic("rig?offset=1");
    assert_string_equal(all->kind, "kafka");
    for (int i = 0; i < 3; i++) expect(all, three[i]);
    for (int i = 1; i < 3; i++) expect(some, three[i]);
    publish_one("rig", 0, "{\"a\": 1}\n");
    expect(now, "{\"a\": 1}");
    expect(all, "{\"a\": 1}");
    expect_nothing(all, 20);
    hg__messages_close(all);
    hg__messages_close(some);
    hg__messages_close(now);
}

static void reading_goes_on_behind_a_message(void **state) {
    (void)state;
    NEEDS_BROKER();
    hg__message_position at;
    api.mock_topic_create(cluster, "on", 1, 1);
    publish("on", 0, three, 3);
    hg__messages *m = open_topic("on?offset=earliest");
    expect(m, "1,2");
    expect(m, "3,4");
    assert_int_equal(hg__messages_positions(m, &at, 1), 1);
    assert_int_equal(at.at, 2);
    hg__messages_close(m);
    m = open_topic("on");
    assert_int_equal(hg__messages_go_on(m, &at, NULL), HG_OK);
    expect(m, "5,6");
    hg__messages_close(m);
}

static void a_group_is_where_it_was(void **state) {
    (void)state;
    NEEDS_BROKER();
    api.mock_topic_create(cluster, "group", 1, 1);
    publish("group", 0, three, 3);
    hg__messages *m = open_topic("group?group=watchers&offset=earliest");
    expect(m, "1,2");
    expect(m, "3,4");
    hg__messages_close(m);
    m = open_topic("group?group=watchers&offset=earliest");
    expect(m, "5,6");
    hg__messages_close(m);
    m = open_topic("group?group=others&offset=earliest");
    expect(m, "1,2");
    hg__messages_close(m);
}

static void a_message_may_have_several_lines(void **state) {
    (void)state;
    NEEDS_BROKER();
    hg__message_position at;
    api.mock_topic_create(cluster, "batch", 1, 1);
    hg__messages *m = open_topic("batch?group=batch");
    publish_one("batch", 0, "1,2\n3,4");
    publish_one("batch", 0, "5,6\n7,8");
    expect(m, "1,2");
    assert_int_equal(hg__messages_positions(m, &at, 1), 1);
    assert_int_equal(at.at, 0);
    expect(m, "3,4");
    assert_int_equal(hg__messages_positions(m, &at, 1), 1);
    assert_int_equal(at.at, 1);
    expect(m, "5,6");
    hg__messages_close(m);
    m = open_topic("batch?group=batch");
    expect(m, "5,6");
    expect(m, "7,8");
    hg__messages_close(m);
}

static void all_partitions_are_read(void **state) {
    (void)state;
    NEEDS_BROKER();
    hg__message_position at[4];
    api.mock_topic_create(cluster, "parts", 3, 1);
    notes[0] = '\0';
    hg__messages *m = open_topic("parts");
    assert_non_null(strstr(notes, "3 partitions: messages come in their order within each"));
    publish_one("parts", 2, "2");
    expect(m, "2");
    publish_one("parts", 0, "0");
    expect(m, "0");
    assert_int_equal(hg__messages_positions(m, at, 4), 3);
    assert_true(at[0].at == 1 && at[1].at == 0 && at[2].at == 1 && at[2].part == 2);
    hg__messages_close(m);
}

static void long_messages_are_refused(void **state) {
    (void)state;
    NEEDS_BROKER();
    api.mock_topic_create(cluster, "long", 1, 1);
    char *text = hg__alloc(HG_MESSAGE_MOST + 2, 1, NULL);
    memset(text, 'x', HG_MESSAGE_MOST + 1);
    hg__messages *m = open_topic("long");
    publish_one("long", 0, text);
    text[HG_MESSAGE_MOST] = '\0';
    publish_one("long", 0, text);
    expect(m, text);
    assert_int_equal(m->counts.too_long, 1);
    hg__free(text);
    hg__messages_close(m);
}

static void the_slow_lose_nothing(void **state) {
    (void)state;
    NEEDS_BROKER();
    enum { COUNT = 5000 };
    static char text[COUNT][16];
    static const char *lines[COUNT];
    for (int i = 0; i < COUNT; i++) {
        snprintf(text[i], sizeof text[i], "%d", i);
        lines[i] = text[i];
    }
    api.mock_topic_create(cluster, "slow", 1, 1);
    hg__messages *m = open_topic("slow");
    publish("slow", 0, lines, COUNT);
    for (int i = 0; i < COUNT; i++) {
        expect(m, lines[i]);
        if (i % 1000 == 0) usleep(100000);
    }
    assert_int_equal(m->counts.dropped, 0);
    hg__messages_close(m);
}

static void what_is_wrong_is_said(void **state) {
    (void)state;
    NEEDS_BROKER();
    hg_error err = {0};
    char expected[400];
    const hg__messages_options o = {.patience_ms = 3000};
    api.mock_topic_set_error(cluster, "none", HG_RD_UNKNOWN_TOPIC_OR_PART);
    assert_null(hg__messages_open(address("none"), &o, &err));
    snprintf(expected, sizeof expected, "%s: the broker has no such topic", address("none"));
    assert_string_equal(err.message, expected);
    assert_null(hg__messages_open("kafka://127.0.0.1:1/a", &o, &err));
    assert_true(strncmp(err.message, "kafka://127.0.0.1:1/a: cannot reach the broker: ", 48) == 0);
    assert_null(hg__messages_open("kafka://me:secret@127.0.0.1/a", &o, &err));
    assert_string_equal(err.message,
                        "kafka://127.0.0.1:9092/a: expected kafka://host:9092/topic, maybe with "
                        "?group=name&offset=earliest, got a user in front of the host");
    assert_null(hg__messages_open("kafka://127.0.0.1/a?offset=-1", &o, &err));
    assert_string_equal(err.message,
                        "kafka: offset=: expected earliest, latest or a number, got \"-1\"");
}

static void nothing_is_lost_while_the_broker_is_away(void **state) {
    (void)state;
    NEEDS_BROKER();
    api.mock_topic_create(cluster, "away", 1, 1);
    hg__messages *m = open_topic("away?group=away");
    publish_one("away", 0, "before");
    expect(m, "before");
    notes[0] = '\0';
    assert_int_equal(api.mock_broker_set_down(cluster, 1), 0);
    for (int i = 0; !m->is_away && i < SOON / 100; i++) expect_nothing(m, 100);
    assert_true(m->is_away);
    expect_nothing(m, 10);
    assert_int_equal(api.mock_broker_set_up(cluster, 1), 0);
    publish_one("away", 0, "after");
    expect(m, "after");
    for (int i = 0; m->is_away && i < SOON / 100; i++) expect_nothing(m, 100);
    assert_int_equal(m->counts.reconnects, 1);
    assert_non_null(strstr(notes, "the broker has gone ("));
    assert_non_null(strstr(notes, "the broker is back\n"));
    hg__messages_close(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_come_from_the_first_or_from_now),
        cmocka_unit_test(reading_goes_on_behind_a_message),
        cmocka_unit_test(a_group_is_where_it_was),
        cmocka_unit_test(a_message_may_have_several_lines),
        cmocka_unit_test(all_partitions_are_read),
        cmocka_unit_test(long_messages_are_refused),
        cmocka_unit_test(the_slow_lose_nothing),
        cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(nothing_is_lost_while_the_broker_is_away),
    };
    return cmocka_run_group_tests(tests, start_broker, stop_broker);
}
