// SPDX-License-Identifier: Apache-2.0
// test_bench_traffic.c - the packets that benches draw are packets: whole, of every kind, the same every time.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "jobs/bench_traffic.h"
#include "traffic/glimpse.h"

#include <cmocka.h>

enum { PACKETS = 20000 };

static void drawn_packets_have_no_flaws_and_are_of_every_kind(void **state) {
    hg__bench_traffic t = {0};
    uint16_t layers = 0;
    int64_t six = 0, words = 0, last = 0;
    (void)state;
    assert_int_equal(hg__bench_traffic_draw(&t, PACKETS, NULL), HG_OK);
    for (int64_t i = 0; i < PACKETS; i++) {
        hg__packet p = {0};
        hg__glimpse g = {0};
        hg__bench_traffic_read(&t, i, 0, &p);
        assert_int_equal(p.flaws, 0);
        assert_true(p.length >= p.captured && p.captured <= HG_BENCH_SNAP + 80);
        assert_true(p.time >= last);
        last = p.time;
        layers |= p.layers;
        six += p.version == 6;
        hg__glimpse_take(&g, &p, p.port_from < p.port_to ? p.port_from : p.port_to);
        words += g.protocol != NULL;
    }
    const uint16_t all = HG_LAYER_ETHERNET | HG_LAYER_ARP | HG_LAYER_IP | HG_LAYER_TCP |
                         HG_LAYER_UDP | HG_LAYER_ICMP;
    assert_int_equal(layers & all, all);
    assert_true(six > PACKETS / 20);
    assert_true(words > PACKETS / 10);
    hg__bench_traffic_clear(&t);
}

static void rounds_go_on_in_time(void **state) {
    hg__bench_traffic t = {0};
    hg__packet last = {0}, first = {0};
    (void)state;
    assert_int_equal(hg__bench_traffic_draw(&t, 100, NULL), HG_OK);
    hg__bench_traffic_read(&t, 99, 2, &last);
    hg__bench_traffic_read(&t, 0, 3, &first);
    assert_true(first.time > last.time);
    hg__bench_traffic_clear(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drawn_packets_have_no_flaws_and_are_of_every_kind),
        cmocka_unit_test(rounds_go_on_in_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
