// SPDX-License-Identifier: Apache-2.0
// test_verdict.c - reasons: which comes first, whom each names, and how amounts are told. And levels that need a past of their own.
#include "intrusion/packet_detector.h"
#include "packet_case.h"
#include "traffic/levels.h"
#include "traffic/profile.h"

enum { SYN = 2, ACK = 16, PSH = 8, MEMORY = 4 << 20 };

static int32_t level(const char *name) {
    for (int32_t i = 0; i < hg__level_count; i++) {
        if (strcmp(hg__levels[i].name, name) == 0) return i;
    }
    fail_msg("no level %s", name);
    return -1;
}

static void put_ip(uint8_t address[16], unsigned host) {
    memset(address, 0, 16);
    address[10] = address[11] = 0xff;
    address[12] = 10;
    address[15] = (uint8_t)host;
}

static hg__packet packet_between(unsigned from, unsigned to) {
    hg__packet p = {.layers = HG_LAYER_ETHERNET | HG_LAYER_IP | HG_LAYER_TCP,
                    .version = 4,
                    .ttl = 64,
                    .ether_type = 0x800,
                    .protocol = 6,
                    .port_from = 40000,
                    .port_to = 80,
                    .tcp_flags = PSH | ACK,
                    .length = 60};
    put_ip(p.from, from);
    put_ip(p.to, to);
    p.mac_from[5] = (uint8_t)from;
    p.mac_to[5] = (uint8_t)to;
    return p;
}

static hg__verdict verdict_between(unsigned from, unsigned to, bool to_server) {
    return (hg__verdict){.packet = packet_between(from, to), .to_server = to_server, .largest = -1};
}

static void say(hg__verdict *v, const char *name, float bits, float evidence) {
    const int32_t i = level(name);
    v->bits[i] = bits;
    v->evidence[hg__levels[i].kind] = evidence;
}

static void expect(const hg__verdict *v, const char *words) {
    char why[HG_WHY];
    hg__verdict_explain(v, HG_KINDS, why);
    if (strcmp(why, words) != 0) fail_msg("'%s', not '%s'", why, words);
}

// ---- which comes first --------------------------------------------------------------------------

static void an_address_claimed_by_another_comes_before_any_amount(void **state) {
    (void)state;
    hg__verdict v = verdict_between(1, 2, true);
    v.packet.layers = HG_LAYER_ETHERNET | HG_LAYER_ARP;
    v.packet.arp_mac_from[5] = 9;
    say(&v, "packets", 20, 9);
    v.largest = level("packets"), v.amount = 285.2, v.most = 256;
    say(&v, "claim", 8, 4);
    say(&v, "mac", 12, 4);
    say(&v, "peer", 30, 5);
    v.evidence[HG_EVIDENCE_COUNT] = 12;
    expect(&v, "10.0.0.1 is claimed by hardware address 00:00:00:00:00:09, which was not its own; "
               "10.0.0.1 sends more packets: 285 in 10 s, at most 256 before; "
               "10.0.0.1 speaks to a host it did not speak to; "
               "things come together that do not go together");
}

static void a_frame_to_another_hardware_address_names_both(void **state) {
    (void)state;
    hg__verdict v = verdict_between(1, 2, true);
    v.packet.mac_to[5] = 9;
    say(&v, "ttl", 9, 8);
    say(&v, "mac_to", 12, 5);
    expect(&v,
           "10.0.0.2 is written to at hardware address 00:00:00:00:00:09, which was not its own; "
           "10.0.0.1 sends packets with another time to live");
}

static void what_was_never_asked_tells_more_than_how_much_is_asked(void **state) {
    (void)state;
    hg__verdict v = verdict_between(1, 2, true);
    say(&v, "longest", 15, 7);
    v.largest = level("longest"), v.amount = 99, v.most = 10;
    expect(&v, "10.0.0.1 asks for more, or by a longer name: 99, at most 10 before");
    say(&v, "action", 8, 7);
    expect(&v, "10.0.0.1 asks for something it did not ask for");
    say(&v, "action", 2, 7); // hardly
    expect(&v, "10.0.0.1 asks for more, or by a longer name: 99, at most 10 before");
}

// ---- who is named -------------------------------------------------------------------------------

static void who_answers_is_not_said_to_ask(void **state) {
    (void)state;
    hg__verdict v = verdict_between(2, 1, false);
    say(&v, "action", 9, 7);
    say(&v, "offer", 9, 5);
    expect(&v, "10.0.0.2 answers as it did not answer; 10.0.0.1 uses a service it did not use");
    v.to_server = true;
    expect(&v, "10.0.0.2 asks for something it did not ask for; 10.0.0.2 uses a service it did not "
               "use");
}

static void without_ip_hardware_addresses_are_named(void **state) {
    (void)state;
    hg__verdict v = verdict_between(1, 2, true);
    v.packet.layers = HG_LAYER_ETHERNET;
    say(&v, "protocol", 9, 7);
    expect(&v, "00:00:00:00:00:01 speaks a protocol it did not speak");
}

// ---- levels -------------------------------------------------------------------------------------

typedef struct seen_so_far {
    hg__observer *observer;
    hg__profile profile;
    int64_t now;
} seen_so_far;

static void see(seen_so_far *s, hg__packet p) {
    hg__observation o;
    p.time = s->now += 1000000;
    hg__observer_run(s->observer, &p, &o);
    assert_int_equal(hg__profile_add(&s->profile, &o, 0, NULL), HG_OK);
}

static float bits_of(seen_so_far *s, hg__packet p, const char *name) {
    hg__observation o;
    float bits[HG_MOST_LEVELS];
    p.time = s->now += 1000000;
    hg__observer_run(s->observer, &p, &o);
    hg__profile_measure(&s->profile, &o, HG_NO_FOLD, bits);
    return bits[level(name)];
}

static seen_so_far begin(void) {
    static const hg__siphash_key key = {4711, 42};
    seen_so_far s = {.observer = hg__observer_new(&key, MEMORY, NULL)};
    assert_non_null(s.observer);
    assert_int_equal(hg__profile_init(&s.profile, 100000, NULL), HG_OK);
    return s;
}

static void end(seen_so_far *s) {
    hg__profile_clear(&s->profile);
    hg__observer_free(s->observer);
}

static void another_hardware_address_is_odd_for_who_was_there_only(void **state) {
    (void)state;
    seen_so_far s = begin();
    for (int i = 0; i < 200; i++) {
        see(&s, packet_between(1, 2));
        see(&s, packet_between(3, 2));
    }
    hg__profile_freeze(&s.profile);
    hg__packet odd = packet_between(1, 2), strange = packet_between(7, 8);
    assert_true(bits_of(&s, odd, "mac_to") < 0.1F && bits_of(&s, odd, "mac") < 0.1F);
    odd.mac_to[5] = 9;
    assert_true(bits_of(&s, odd, "mac_to") > 6 && bits_of(&s, odd, "mac") < 0.1F);
    odd.mac_to[5] = 2, odd.mac_from[5] = 9;
    assert_true(bits_of(&s, odd, "mac_to") < 0.1F && bits_of(&s, odd, "mac") > 6);
    assert_true(bits_of(&s, strange, "mac_to") < 0.1F && bits_of(&s, strange, "mac") < 0.1F);
    end(&s);
}

static hg__packet get(const char *text) {
    hg__packet p = packet_between(1, 2);
    p.payload = (const uint8_t *)text;
    p.payload_length = p.payload_captured = (uint32_t)strlen(text);
    return p;
}

static void quotes_in_a_query_are_odd_where_there_were_none(void **state) {
    (void)state;
    seen_so_far s = begin();
    for (int i = 0; i < 200; i++) see(&s, get("GET /shop?page=17&sort=name HTTP/1.1\r\n"));
    hg__profile_freeze(&s.profile);
    assert_true(bits_of(&s, get("GET /shop?page=27&sort=date HTTP/1.1\r\n"), "special") < 0.1F);
    assert_true(bits_of(&s, get("GET /shop?page=1%27%29or%281 HTTP/1.1\r\n"), "special") > 3);
    end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_claimed_by_another_comes_before_any_amount),
        cmocka_unit_test(a_frame_to_another_hardware_address_names_both),
        cmocka_unit_test(what_was_never_asked_tells_more_than_how_much_is_asked),
        cmocka_unit_test(who_answers_is_not_said_to_ask),
        cmocka_unit_test(without_ip_hardware_addresses_are_named),
        cmocka_unit_test(another_hardware_address_is_odd_for_who_was_there_only),
        cmocka_unit_test(quotes_in_a_query_are_odd_where_there_were_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
