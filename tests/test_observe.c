// SPDX-License-Identifier: Apache-2.0
// test_observe.c - packets in what came before them: who is client, which flow, how long ago, how much lately.
#include "packet_case.h"
#include "traffic/observe.h"

#define SECOND INT64_C(1000000000)
#define BEGIN  (INT64_C(1700000000) * SECOND)
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16, MEMORY = 4 << 20 };
static const hg__siphash_key key = {4711, 42};
static const uint8_t words[] = "hello";

static int make_observer(void **state) {
    *state = hg__observer_new(&key, MEMORY, NULL);
    return *state ? 0 : -1;
}

static int free_observer(void **state) {
    hg__observer_free(*state);
    return 0;
}

static void put_address(uint8_t address[16], unsigned host) {
    memset(address, 0, 16);
    address[10] = address[11] = 0xff;
    address[12] = 10;
    address[14] = (uint8_t)(host >> 8);
    address[15] = (uint8_t)(host & 255);
}

static hg__packet between(int64_t time, unsigned from, unsigned to) {
    hg__packet p = {.time = time,
                    .length = 60,
                    .captured = 60,
                    .version = 4,
                    .ttl = 64,
                    .ether_type = 0x800,
                    .layers = HG_LAYER_ETHERNET | HG_LAYER_IP,
                    .payload = words};
    put_address(p.from, from);
    put_address(p.to, to);
    p.mac_from[5] = (uint8_t)from;
    p.mac_to[5] = (uint8_t)to;
    return p;
}

static hg__packet tcp(int64_t time, unsigned from, unsigned port_from, unsigned to,
                      unsigned port_to, int flags) {
    hg__packet p = between(time, from, to);
    p.layers |= HG_LAYER_TCP;
    p.protocol = 6;
    p.port_from = (uint16_t)port_from;
    p.port_to = (uint16_t)port_to;
    p.tcp_flags = (uint8_t)flags;
    if (flags & PSH) p.payload_length = p.payload_captured = sizeof words - 1;
    return p;
}

static hg__packet udp(int64_t time, unsigned from, unsigned port_from, unsigned to,
                      unsigned port_to) {
    hg__packet p = tcp(time, from, port_from, to, port_to, PSH);
    p.layers = HG_LAYER_ETHERNET | HG_LAYER_IP | HG_LAYER_UDP;
    p.protocol = 17;
    p.tcp_flags = 0;
    return p;
}

static hg__observation run(void *observer, hg__packet p) {
    hg__observation seen;
    memset(&seen, 0xa5, sizeof seen);
    hg__observer_run(observer, &p, &seen);
    return seen;
}

// ---- who ----------------------------------------------------------------------------------------

static void who_sends_the_first_syn_is_the_client_whatever_the_ports(void **state) {
    const hg__observation syn = run(*state, tcp(BEGIN, 1, 80, 2, 50000, SYN));
    const hg__observation answer = run(*state, tcp(BEGIN + 1, 2, 50000, 1, 80, SYN | ACK));
    const hg__observation data = run(*state, tcp(BEGIN + 2, 1, 80, 2, 50000, ACK | PSH));
    assert_true(syn.to_server && !answer.to_server && data.to_server);
    assert_true(syn.server_port == 50000 && answer.server_port == 50000);
    assert_true(syn.talk == answer.talk && syn.offer == answer.offer && answer.talk == data.talk);
    assert_true(syn.from == answer.to && syn.to == answer.from);
}

static void a_syn_ack_comes_from_who_serves(void **state) {
    const hg__observation answer = run(*state, tcp(BEGIN, 2, 40000, 1, 80, SYN | ACK));
    assert_true(!answer.to_server && answer.server_port == 40000);
}

static void midstream_the_lower_port_serves(void **state) {
    const hg__observation down = run(*state, tcp(BEGIN, 2, 502, 1, 40000, ACK | PSH));
    const hg__observation up = run(*state, tcp(BEGIN + 1, 1, 40000, 2, 502, ACK));
    assert_true(!down.to_server && up.to_server && down.server_port == 502);
    assert_true(up.server_port == 502 && up.talk == down.talk && up.packets == 2);
    const hg__observation query = run(*state, udp(BEGIN, 1, 40000, 2, 53));
    const hg__observation answer = run(*state, udp(BEGIN, 2, 53, 1, 40000));
    assert_true(query.to_server && !answer.to_server && query.talk == answer.talk);
    assert_true(query.service != up.service);
}

static void other_clients_and_other_services_are_other_talks(void **state) {
    const hg__observation a = run(*state, tcp(BEGIN, 1, 40000, 2, 80, SYN));
    const hg__observation again = run(*state, tcp(BEGIN + 1, 1, 40001, 2, 80, SYN));
    const hg__observation other = run(*state, tcp(BEGIN + 2, 3, 40000, 2, 80, SYN));
    const hg__observation service = run(*state, tcp(BEGIN + 3, 1, 40002, 2, 81, SYN));
    assert_true(a.talk == again.talk && again.packets == 1 && again.gap == -1);
    assert_true(a.talk != other.talk && a.offer == other.offer && a.service == other.service);
    assert_true(a.talk != service.talk && a.offer != service.offer);
}

static void what_has_no_ports_has_talks_too(void **state) {
    hg__packet echo = between(BEGIN, 1, 2), arp = between(BEGIN + 2, 1, 2), frame = arp;
    echo.layers |= HG_LAYER_ICMP;
    echo.protocol = 1;
    echo.icmp_type = 8;
    hg__packet reply = between(BEGIN + 1, 2, 1);
    reply.layers = echo.layers;
    reply.protocol = 1;
    arp.layers = HG_LAYER_ETHERNET | HG_LAYER_ARP;
    arp.ether_type = 0x806;
    arp.arp_operation = 1;
    frame.layers = HG_LAYER_ETHERNET;
    frame.ether_type = 0x88cc;
    memset(frame.from, 0, 16);
    memset(frame.to, 0, 16);
    const hg__observation asks = run(*state, echo), answers = run(*state, reply);
    assert_true(asks.to_server && !answers.to_server && asks.talk == answers.talk);
    const hg__observation who = run(*state, arp), bare = run(*state, frame);
    assert_true(who.service != asks.service && bare.service != who.service);
    assert_true(bare.from != bare.to && bare.from != who.from); // by their MACs
}

// ---- what came before ---------------------------------------------------------------------------

static void gaps_are_of_the_flow_and_its_bytes_add_up(void **state) {
    const hg__observation first = run(*state, tcp(BEGIN, 1, 40000, 2, 80, SYN));
    run(*state, tcp(BEGIN + SECOND, 3, 40000, 2, 80, SYN)); // another flow
    const hg__observation second = run(*state, tcp(BEGIN + 3 * SECOND, 2, 80, 1, 40000, SYN | ACK));
    const hg__observation third = run(*state, tcp(BEGIN + 5 * SECOND, 1, 40000, 2, 80, ACK | PSH));
    const hg__observation fourth = run(*state, tcp(BEGIN + 5 * SECOND, 2, 80, 1, 40000, ACK | PSH));
    assert_true(first.gap == -1 && second.gap == 3 * SECOND && third.gap == 2 * SECOND);
    assert_true(fourth.gap == 0 && fourth.packets == 4);
    assert_true(fourth.bytes_up == 5 && fourth.bytes_down == 5);
    assert_true(first.previous == 0 && second.previous == first.symbol &&
                third.previous == second.symbol);
}

static void symbols_are_of_direction_flags_and_size(void **state) {
    const hg__observation up = run(*state, tcp(BEGIN, 1, 40000, 2, 80, ACK | PSH));
    const hg__observation again = run(*state, tcp(BEGIN + SECOND, 1, 40000, 2, 80, ACK | PSH));
    const hg__observation down = run(*state, tcp(BEGIN, 2, 80, 1, 40000, ACK | PSH));
    const hg__observation flags = run(*state, tcp(BEGIN, 1, 40000, 2, 80, ACK | FIN | PSH));
    hg__packet large = tcp(BEGIN, 1, 40000, 2, 80, ACK | PSH);
    large.payload_length = 1400;
    const hg__observation size = run(*state, large);
    assert_true(up.symbol == again.symbol && up.symbol_gap == -1 && again.symbol_gap == SECOND);
    assert_true(up.symbol != down.symbol && up.symbol != flags.symbol && up.symbol != size.symbol);
    const hg__observation other = run(*state, tcp(BEGIN + SECOND, 3, 40000, 2, 80, ACK | PSH));
    assert_true(other.symbol == up.symbol && other.symbol_gap == -1); // of another talk
}

static void a_syn_begins_anew_but_not_one_that_is_sent_again(void **state) {
    run(*state, tcp(BEGIN, 1, 40000, 2, 80, SYN));
    const hg__observation again = run(*state, tcp(BEGIN + SECOND, 1, 40000, 2, 80, SYN));
    assert_true(again.packets == 2 && again.gap == SECOND);
    run(*state, tcp(BEGIN + SECOND, 2, 80, 1, 40000, SYN | ACK));
    run(*state, tcp(BEGIN + SECOND, 1, 40000, 2, 80, ACK | PSH));
    const hg__observation anew = run(*state, tcp(BEGIN + 2 * SECOND, 1, 40000, 2, 80, SYN));
    assert_true(anew.packets == 1 && anew.gap == -1 && anew.bytes_up == 0 && anew.previous == 0);
}

static void time_that_jumps_back_stands_still(void **state) {
    run(*state, tcp(BEGIN + 10 * SECOND, 1, 40000, 2, 80, SYN));
    const hg__observation back = run(*state, tcp(BEGIN, 2, 80, 1, 40000, SYN | ACK));
    assert_true(back.gap == 0);
    const hg__observation on = run(*state, tcp(BEGIN + 12 * SECOND, 1, 40000, 2, 80, ACK));
    assert_true(on.gap == 2 * SECOND);
    run(*state, tcp(INT64_MIN, 1, 40000, 2, 80, ACK));
    const hg__observation end = run(*state, tcp(INT64_MAX, 1, 40000, 2, 80, ACK));
    assert_true(end.gap > 0 && end.pace[HG_PACE_PACKETS] >= 1);
}

// ---- how much -----------------------------------------------------------------------------------

static void pace_counts_what_a_host_did_lately_and_forgets_it(void **state) {
    hg__observation seen = {0};
    for (unsigned i = 0; i < 50; i++) {
        seen = run(*state, tcp(BEGIN + i * 1000, 1, 40000 + i, 100 + i, 80, SYN));
    }
    assert_true(seen.pace[HG_PACE_PACKETS] > 49 && seen.pace[HG_PACE_FLOWS] > 49);
    assert_true(seen.pace[HG_PACE_BYTES] > 50 * 59 && seen.pace[HG_PACE_REFUSED] == 0);
    assert_true(seen.pace[HG_PACE_HOSTS] > 30 && seen.pace[HG_PACE_HOSTS] < 70);
    assert_true(seen.pace[HG_PACE_SERVICES] < 3);
    seen = run(*state, tcp(BEGIN + 5 * SECOND, 1, 40000, 100, 80, ACK)); // half of it
    assert_true(seen.pace[HG_PACE_PACKETS] > 25 && seen.pace[HG_PACE_PACKETS] < 27);
    seen = run(*state, tcp(BEGIN + 500 * SECOND, 1, 40000, 100, 80, ACK));
    assert_true(seen.pace[HG_PACE_PACKETS] < 1.01F && seen.pace[HG_PACE_HOSTS] < 3);
    seen = run(*state, tcp(BEGIN + 500 * SECOND, 2, 40000, 100, 80, SYN)); // another host
    assert_true(seen.pace[HG_PACE_PACKETS] == 1 && seen.pace[HG_PACE_FLOWS] == 1);
}

static void refusals_count_for_who_gets_them(void **state) {
    for (unsigned port = 1; port <= 20; port++) {
        run(*state, tcp(BEGIN, 1, 40000, 2, port, SYN));
        const hg__observation refuser = run(*state, tcp(BEGIN, 2, port, 1, 40000, RST | ACK));
        assert_true(refuser.pace[HG_PACE_REFUSED] == 0);
    }
    const hg__observation seen = run(*state, tcp(BEGIN, 1, 40000, 2, 21, SYN));
    assert_true(seen.pace[HG_PACE_REFUSED] == 20);
    assert_true(seen.pace[HG_PACE_SERVICES] > 14 && seen.pace[HG_PACE_SERVICES] < 28);
    assert_true(seen.pace[HG_PACE_HOSTS] < 3);
}

static void a_wrong_password_is_a_refusal(void **state) {
    static const uint8_t wrong[] = "HTTP/1.1 401 Unauthorized\r\n", right[] = "HTTP/1.1 200 OK\r\n";
    hg__packet answer = tcp(BEGIN, 2, 80, 1, 40000, ACK | PSH);
    run(*state, tcp(BEGIN, 1, 40000, 2, 80, SYN));
    for (int i = 0; i < 20; i++) {
        answer.payload = i % 2 ? wrong : right;
        answer.payload_length = answer.payload_captured = i % 2 ? sizeof wrong : sizeof right;
        run(*state, answer);
    }
    const hg__observation seen = run(*state, tcp(BEGIN, 1, 40000, 2, 80, ACK));
    assert_true(seen.pace[HG_PACE_REFUSED] == 10);
}

// A table of one entry each: everything is forgotten at once, nothing breaks.
static void the_least_memory_still_works(void **state) {
    (void)state;
    hg__observer *o = hg__observer_new(&key, 1, NULL);
    assert_non_null(o);
    for (unsigned i = 0; i < 1000; i++) {
        const hg__observation seen = run(o, tcp(BEGIN + i, i % 7, 40000, i % 5, 80, RST));
        assert_true(seen.pace[HG_PACE_PACKETS] >= 1 && seen.talk && seen.packets >= 1);
    }
    hg__observer_free(o);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_observer, free_observer)
int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(who_sends_the_first_syn_is_the_client_whatever_the_ports),
        TEST(a_syn_ack_comes_from_who_serves),
        TEST(midstream_the_lower_port_serves),
        TEST(other_clients_and_other_services_are_other_talks),
        TEST(what_has_no_ports_has_talks_too),
        TEST(gaps_are_of_the_flow_and_its_bytes_add_up),
        TEST(symbols_are_of_direction_flags_and_size),
        TEST(a_syn_begins_anew_but_not_one_that_is_sent_again),
        TEST(time_that_jumps_back_stands_still),
        TEST(pace_counts_what_a_host_did_lately_and_forgets_it),
        TEST(refusals_count_for_who_gets_them),
        TEST(a_wrong_password_is_a_refusal),
        cmocka_unit_test(the_least_memory_still_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
