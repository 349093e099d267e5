// SPDX-License-Identifier: Apache-2.0
// test_kitsune_features.c - what a packet's 115 numbers say, and that no traffic makes them wrong, endless or large.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "drawn_traffic.h"
#include "sanitized.h"
#include "traffic/kitsune_features.h"

#include <cmocka.h>

enum { MAC = 0, HOST = 15, CHANNEL = 30, GAP = 65, SOCKET = 80, MEGABYTE = 1 << 20 };
static const int64_t start = 1700000000000000000, second = 1000000000;

static hg__kitsune_features *features_of(hg__kitsune_mode mode, size_t bytes) {
    hg__kitsune_features *k = hg__kitsune_features_new(mode, bytes, NULL);
    assert_non_null(k);
    return k;
}

static hg__packet tcp(uint32_t from, uint32_t to, uint16_t port_from, uint16_t port_to,
                      uint32_t length, int64_t time) {
    hg__packet p = {.time = time, .length = length, .captured = length, .version = 4};
    p.layers = HG_LAYER_ETHERNET | HG_LAYER_IP | HG_LAYER_TCP;
    p.protocol = 6;
    put_host(p.from, p.mac_from, from, false);
    put_host(p.to, p.mac_to, to, false);
    p.port_from = port_from;
    p.port_to = port_to;
    return p;
}

static void see(hg__kitsune_features *k, hg__packet p, float *out) {
    hg__kitsune_features_run(k, &p, out);
}

static void assert_near(float got, double want) {
    if (fabs((double)got - want) > 1e-6 * fabs(want) + 1e-12) {
        fail_msg("expected %.9g, got %.9g", want, (double)got);
    }
}

static void each_group_counts_its_own_packets(void **state) {
    (void)state;
    hg__kitsune_features *k = features_of(HG_KITSUNE_SOUND, MEGABYTE);
    float out[HG_KITSUNE_FEATURES];
    see(k, tcp(1, 2, 1000, 80, 100, start), out);
    see(k, tcp(1, 3, 1000, 80, 300, start), out);
    see(k, tcp(1, 2, 1001, 80, 500, start), out);
    see(k, tcp(2, 1, 80, 1001, 60, start), out);
    see(k, tcp(1, 2, 1001, 80, 700, start), out);
    for (int i = 0; i < 5; i++) { // no time went by: all windows see the same
        assert_near(out[MAC + 3 * i], 4);
        assert_near(out[HOST + 3 * i + 1], 400);
        assert_near(out[HOST + 3 * i + 2], sqrt(50000));
        assert_near(out[CHANNEL + 7 * i], 3);
        assert_near(out[CHANNEL + 7 * i + 1], 1300.0 / 3);
        assert_near(out[GAP + 3 * i], 2);
        assert_near(out[SOCKET + 7 * i], 2);
        assert_near(out[SOCKET + 7 * i + 1], 600);
        assert_near(out[SOCKET + 7 * i + 4], sqrt(600.0 * 600 + 60 * 60));
    }
    hg__kitsune_features_free(k);
}

static void what_was_a_half_life_ago_counts_half(void **state) {
    (void)state;
    static const double half_life[] = {0.2, 1.0 / 3, 1, 10, 100};
    for (int w = 0; w < 5; w++) {
        hg__kitsune_features *k = features_of(HG_KITSUNE_SOUND, MEGABYTE);
        float out[HG_KITSUNE_FEATURES];
        hg__packet p = tcp(1, 2, 1000, 80, 100, start);
        hg__kitsune_features_run(k, &p, out);
        p.time += (int64_t)(half_life[w] * 1e9);
        p.length = 400;
        hg__kitsune_features_run(k, &p, out);
        assert_near(out[SOCKET + 7 * w], 1.5);
        assert_near(out[SOCKET + 7 * w + 1], 300);
        assert_near(out[GAP + 3 * w], 1);
        assert_near(out[GAP + 3 * w + 1], half_life[w]);
        hg__kitsune_features_free(k);
    }
}

static void a_first_packet_has_no_gap_and_no_way_back(void **state) {
    (void)state;
    hg__kitsune_features *k = features_of(HG_KITSUNE_SOUND, MEGABYTE);
    float out[HG_KITSUNE_FEATURES];
    const hg__packet p = tcp(1, 1, 7, 7, 100, start); // to itself: never a way back
    for (int i = 0; i < 2; i++) hg__kitsune_features_run(k, &p, out);
    assert_near(out[GAP], 1);
    for (int i = 5; i < 7; i++) assert_true(out[CHANNEL + i] == 0 && out[SOCKET + i] == 0);
    const hg__packet other = tcp(3, 4, 7, 7, 100, start);
    hg__kitsune_features_run(k, &other, out);
    for (int i = GAP; i < SOCKET; i++) assert_true(out[i] == 0);
    hg__kitsune_features_free(k);
}

static void protocols_and_ports_are_sockets_of_their_own(void **state) {
    (void)state;
    hg__kitsune_features *k = features_of(HG_KITSUNE_SOUND, MEGABYTE);
    float out[HG_KITSUNE_FEATURES];
    for (int i = 0; i < 6; i++) { // TCP, UDP, ICMP, ARP; as text the first's; nothing
        static const uint16_t layers[] = {HG_LAYER_IP | HG_LAYER_TCP,  HG_LAYER_IP | HG_LAYER_UDP,
                                          HG_LAYER_IP | HG_LAYER_ICMP, HG_LAYER_ARP,
                                          HG_LAYER_IP | HG_LAYER_TCP,  0};
        static const uint8_t protocol[] = {6, 17, 1, 0, 6, 0};
        hg__packet p = i == 4 ? tcp(12, 2, 3, 23, 100, start) : tcp(1, 2, 23, 23, 100, start);
        p.layers = (uint16_t)(HG_LAYER_ETHERNET | layers[i]);
        p.protocol = protocol[i];
        see(k, p, out);
        assert_near(out[SOCKET], 1);
        assert_near(out[HOST], i < 4 ? i + 1 : 1); // the last: a host by its MAC
    }
    hg__kitsune_features_free(k);
}

static void assert_finite(const float *out, int count, int packet) {
    for (int i = 0; i < count; i++) {
        if (!isfinite(out[i])) fail_msg("packet %d, number %d", packet, i);
    }
}

static void a_clock_that_jumps_back_breaks_nothing(void **state) {
    (void)state;
    for (int mode = 0; mode < 2; mode++) {
        hg__kitsune_features *k = features_of((hg__kitsune_mode)mode, MEGABYTE);
        float out[HG_KITSUNE_FEATURES];
        static const int64_t times[] = {0, 5, -3600, -3599, INT64_MAX, INT64_MIN, 0};
        for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
            const bool is_far = times[i] == INT64_MAX || times[i] == INT64_MIN;
            const hg__packet p =
                tcp(1, 2, 1000, 80, 100, is_far ? times[i] : start + times[i] * second);
            hg__kitsune_features_run(k, &p, out);
            assert_finite(out, hg__kitsune_features_count((hg__kitsune_mode)mode), (int)i);
            assert_true(out[MAC] >= 1);
            if (i == 2) assert_near(out[MAC], 1 + exp2(-25) + 1); // no time went by
            if (i == 3 && mode == HG_KITSUNE_SOUND) {             // and now it goes on from there
                assert_near(out[MAC], 1 + exp2(-5) * (2 + exp2(-25)));
                assert_near(out[GAP + 9 + 1], (1 + 5 * exp2(-0.1)) / (1 + 2 * exp2(-0.1)));
            }
        }
        hg__kitsune_features_free(k);
    }
}

static void any_traffic_gives_finite_numbers_in_both_modes(void **state) {
    (void)state;
    const int count = IS_SANITIZED ? 4000 : 40000;
    for (int mode = 0; mode < 2; mode++) {
        hg__kitsune_features *k = features_of((hg__kitsune_mode)mode, MEGABYTE);
        drawn_traffic d = {5, start, 40, 300};
        float out[HG_KITSUNE_FEATURES];
        for (int i = 0; i < count; i++) {
            hg__packet p;
            draw_packet(&d, &p);
            if (i % 50 == 0) p.length = UINT32_MAX;
            if (i % 51 == 0) p.layers = (uint16_t)(i * 7);
            hg__kitsune_features_run(k, &p, out);
            assert_finite(out, hg__kitsune_features_count((hg__kitsune_mode)mode), i);
        }
        hg__kitsune_features_free(k);
    }
}

static void ever_new_sockets_take_no_more_memory(void **state) {
    (void)state;
    for (int mode = 0; mode < 2; mode++) {
        const uint64_t before = hg__alloc_bytes();
        hg__kitsune_features *k = features_of((hg__kitsune_mode)mode, 4 * MEGABYTE);
        assert_true(hg__alloc_bytes() - before <= 4 * MEGABYTE + 4096);
        const uint64_t calls = hg__alloc_count();
        const uint32_t flood = IS_SANITIZED ? 50000 : mode == HG_KITSUNE_SOUND ? 2000000 : 200000;
        float out[HG_KITSUNE_FEATURES];
        for (uint32_t i = 0; i < flood; i++) {
            const hg__packet p = tcp(i, i + 1, (uint16_t)(i * 3), 80, 60, start + i * 1000);
            hg__kitsune_features_run(k, &p, out);
        }
        assert_int_equal(hg__alloc_count(), calls);
        assert_true(hg__kitsune_features_forgotten(k) > flood);
        hg__kitsune_features_free(k);
    }
}

// Each has its own secret.
static void what_is_forgotten_is_the_same_in_every_process(void **state) {
    (void)state;
    for (int mode = 0; mode < 2; mode++) {
        hg__kitsune_features *a = features_of((hg__kitsune_mode)mode, 128 << 10);
        hg__kitsune_features *b = features_of((hg__kitsune_mode)mode, 128 << 10);
        drawn_traffic d = {9, start, 500, 3000};
        for (int i = 0; i < 10000; i++) {
            float x[HG_KITSUNE_FEATURES] = {0}, y[HG_KITSUNE_FEATURES] = {0};
            hg__packet p;
            draw_packet(&d, &p);
            hg__kitsune_features_run(a, &p, x);
            hg__kitsune_features_run(b, &p, y);
            assert_memory_equal(x, y, sizeof x);
        }
        assert_true(hg__kitsune_features_forgotten(a) > 1000);
        hg__kitsune_features_free(a);
        hg__kitsune_features_free(b);
    }
}

static uint64_t hash_of(hg__kitsune_mode mode) {
    hg__kitsune_features *k = features_of(mode, MEGABYTE);
    drawn_traffic d = {1, start, 60, 400};
    uint64_t hash = 0xcbf29ce484222325U; // FNV-1a, a float at a time
    for (int i = 0; i < 3000; i++) {
        hg__packet p;
        float out[HG_KITSUNE_FEATURES];
        uint32_t bits;
        draw_packet(&d, &p);
        hg__kitsune_features_run(k, &p, out);
        for (int f = 0; f < hg__kitsune_features_count(mode); f++) {
            memcpy(&bits, out + f, sizeof bits);
            hash = (hash ^ bits) * 0x100000001b3U;
        }
    }
    hg__kitsune_features_free(k);
    return hash;
}

static void every_compiler_and_machine_gives_the_same_bits(void **state) {
    (void)state;
    assert_int_equal(hash_of(HG_KITSUNE_SOUND), 0x47853af099a126cbU);
    assert_int_equal(hash_of(HG_KITSUNE_PUBLISHED), 0xbafa91e009933be9U);
}

static void assert_own_names(hg__kitsune_mode mode, int32_t count) {
    char a[HG_KITSUNE_NAME], b[HG_KITSUNE_NAME];
    assert_int_equal(hg__kitsune_features_count(mode), count);
    for (int32_t i = 0; i < count; i++) {
        hg__kitsune_features_name(mode, i, a);
        assert_true(a[0] != '\0');
        for (int32_t k = 0; k < i; k++) {
            hg__kitsune_features_name(mode, k, b);
            if (strcmp(a, b) == 0) fail_msg("%d and %d: %s", i, k, a);
        }
    }
    hg__kitsune_features_name(mode, count, a);
    assert_string_equal(a, "");
}

static void every_number_has_a_name_of_its_own(void **state) {
    (void)state;
    char name[HG_KITSUNE_NAME];
    assert_own_names(HG_KITSUNE_SOUND, 115);
    assert_own_names(HG_KITSUNE_PUBLISHED, 100);
    hg__kitsune_features_name(HG_KITSUNE_SOUND, HOST + 1, name);
    assert_string_equal(name, "mean size from this IP, over 0.2 s");
    hg__kitsune_features_name(HG_KITSUNE_PUBLISHED, 15 + 7 * 4 + 2, name);
    assert_string_equal(name, "variance of sizes from this IP, over 100 s");
}

static void too_little_memory_is_refused(void **state) {
    (void)state;
    hg_error err = {0};
    assert_null(hg__kitsune_features_new(HG_KITSUNE_SOUND, 1000, &err));
    assert_int_equal(err.code, HG_ERR_USAGE);
    for (int mode = 0; mode < 2; mode++) {
        hg__kitsune_features_free(features_of((hg__kitsune_mode)mode, 64 << 10));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_group_counts_its_own_packets),
        cmocka_unit_test(what_was_a_half_life_ago_counts_half),
        cmocka_unit_test(a_first_packet_has_no_gap_and_no_way_back),
        cmocka_unit_test(protocols_and_ports_are_sockets_of_their_own),
        cmocka_unit_test(a_clock_that_jumps_back_breaks_nothing),
        cmocka_unit_test(any_traffic_gives_finite_numbers_in_both_modes),
        cmocka_unit_test(ever_new_sockets_take_no_more_memory),
        cmocka_unit_test(what_is_forgotten_is_the_same_in_every_process),
        cmocka_unit_test(every_compiler_and_machine_gives_the_same_bits),
        cmocka_unit_test(every_number_has_a_name_of_its_own),
        cmocka_unit_test(too_little_memory_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
