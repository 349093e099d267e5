// SPDX-License-Identifier: Apache-2.0
// test_packets.c - what the headers of a packet say: every link type, IP, transport and tunnel, made by hand; cut and lying ones.
#include "packet_case.h"

// ---- link layers --------------------------------------------------------------------------------

// What all of these carry: IPv4 and TCP with three bytes of payload, and where wanted padding behind it.
static void put_segment(made *m) {
    put_ip4(m, 6, 23);
    put_tcp(m);
    put(m, "616263");
}

static void expect_segment(const hg__packet *p, unsigned layers) {
    assert_int_equal(p->layers, layers | HG_LAYER_IP | HG_LAYER_TCP);
    assert_int_equal(p->flaws, 0);
    assert_int_equal(p->version, 4);
    assert_int_equal(p->protocol, 6);
    assert_int_equal(p->ttl, 64);
    assert_int_equal(p->traffic_class, 0x28);
    assert_true(p->dont_fragment && !p->is_fragment && !p->has_ip_options);
    expect_address(p->from, "10.0.0.7");
    expect_address(p->to, "192.168.1.200");
    assert_int_equal(p->port_from, 443);
    assert_int_equal(p->port_to, 51000);
    assert_int_equal(p->tcp_flags, 18);
    assert_int_equal(p->tcp_window, 8192);
    assert_int_equal(p->tcp_sequence, 0x11223344);
    assert_int_equal(p->tcp_acknowledged, 0x55667788);
    assert_int_equal(p->tcp_options, 0);
    assert_int_equal(p->payload_length, 3);
    assert_int_equal(p->payload_captured, 3);
    assert_memory_equal(p->payload, "abc", 3);
}

static void a_segment_is_found_behind_every_link_layer(void **state) {
    (void)state;
    // clang-format off
    static const struct {
        const char *header;
        int link;
        unsigned layers;
        int vlan, type;
    } cases[] = {
        {"020000000002 020000000001 0800", 1, HG_LAYER_ETHERNET, 0, 0x0800},
        {"020000000002 020000000001 8100 6064 0800", 1, HG_LAYER_ETHERNET, 100, 0x0800},
        {"020000000002 020000000001 88a8 0fff 8100 0001 0800", 1, HG_LAYER_ETHERNET, 4095, 0x0800},
        {"020000000002 020000000001 9100 0007 8100 0008 8100 0009 0800",
         1, HG_LAYER_ETHERNET, 7, 0x0800},
        {"020000000002 020000000001 0033 aaaa03 000000 0800", 1, HG_LAYER_ETHERNET, 0, 0x0800},
        {"020000000002 020000000001 002e 060603", 1, HG_LAYER_ETHERNET, 0, 0x002e},
        {"020000000002 020000000001 8847 00010040 000201ff", 1, HG_LAYER_ETHERNET, 0, 0x8847},
        {"020000000002 020000000001 8864 1100 0001 002d 0021", 1, HG_LAYER_ETHERNET, 0, 0x8864},
        {"0000 0001 0006 020000000001 0000 0800", 113, 0, 0, 0x0800},
        {"0004 0001 0006 020000000001 0000 8100 0005 0800", 113, 0, 5, 0x0800},
        {"0800 0000 00000002 0001 04 06 020000000001 0000", 276, 0, 0, 0x0800},
        {"", 101, 0, 0, 0},
        {"", 12, 0, 0, 0},
        {"", 14, 0, 0, 0},
        {"", 228, 0, 0, 0},
        {"02000000", 0, 0, 0, 0},
        {"00000002", 0, 0, 0, 0},
        {"02000000", 108, 0, 0, 0},
        {"00000002", 108, 0, 0, 0},
        {"ff03 0021", 9, 0, 0, 0},
        {"0021", 9, 0, 0, 0},
        {"21", 9, 0, 0, 0},
        {"0f00 0800", 9, 0, 0, 0x0800},
        {"ff03 0021", 50, 0, 0, 0},
        {"8f00 0800", 50, 0, 0, 0x0800},
        {"ff03 0281 000201ff", 50, 0, 0, 0},
        {"0f00 0800", 104, 0, 0, 0x0800},
        {"0801 0000 020000000009 020000000001 020000000002 1000 aaaa03 000000 0800",
         105, HG_LAYER_ETHERNET, 0, 0x0800},
        {"8802 0000 020000000002 020000000009 020000000001 1000 0000 aaaa03 000000 0800",
         105, HG_LAYER_ETHERNET, 0, 0x0800},
        {"0803 0000 020000000008 020000000009 020000000002 1000 020000000001 aaaa03 000000 0800",
         105, HG_LAYER_ETHERNET, 0, 0x0800},
        {"0800 0000 020000000002 020000000001 020000000009 1000 aaaa03 000000 0800",
         105, HG_LAYER_ETHERNET, 0, 0x0800},
        {"0000 0800 00000000 0800 0000 020000000002 020000000001 020000000009 1000 aaaa03 000000 0800",
         127, HG_LAYER_ETHERNET, 0, 0x0800},
        {"0000 0800 01000000 020000000002 020000000001 0800", 192, HG_LAYER_ETHERNET, 0, 0x0800},
        {"0000 0c00 65000000 00000000", 192, 0, 0, 0},
    };
    // clang-format on
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        made m = {0};
        put(&m, cases[i].header);
        put_segment(&m);
        const hg__packet p = read_made(cases[i].link, &m);
        expect_segment(&p, cases[i].layers);
        assert_int_equal(p.vlan, cases[i].vlan);
        assert_int_equal(p.ether_type, cases[i].type);
        if (!(cases[i].layers & HG_LAYER_ETHERNET)) continue;
        assert_memory_equal(p.mac_from, "\2\0\0\0\0\1", 6);
        assert_memory_equal(p.mac_to, "\2\0\0\0\0\2", 6);
    }
}

static void version_6_is_found_behind_loopback_of_every_system(void **state) {
    (void)state;
    static const char *const families[] = {"0a000000", "18000000", "1c000000",
                                           "1e000000", "0000001e", "17000000"};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        made m = {0};
        put(&m, families[i]);
        put_ip6(&m, 17, 8);
        put_udp(&m, 5353, 0);
        const hg__packet p = read_made(0, &m);
        assert_int_equal(p.layers, HG_LAYER_IP | HG_LAYER_UDP);
        assert_int_equal(p.version, 6);
    }
}

static void the_checksum_behind_a_wireless_frame_is_no_payload(void **state) {
    (void)state;
    static const char *const headers[] = {
        "0000 0900 02000000 10",                                    // flags
        "0000 1100 03000000 0807060504030201 10",                   // a time before them
        "0000 1900 03000080 00000000 00000000 0807060504030201 10", // and a second word
    };
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        made m = {0};
        put(&m, headers[i]);
        put(&m, "0000 0000 020000000002 020000000001 020000000001 1000 7172 c0c1c2c3");
        if (i == 2) m.bytes[2] = 0x19;
        const hg__packet p = read_made(127, &m);
        assert_int_equal(p.payload_length, 2); // a frame of management
        assert_memory_equal(p.payload, "qr", 2);
        assert_memory_equal(p.mac_from, "\2\0\0\0\0\1", 6);
        assert_int_equal(p.flaws, 0);
    }
}

static void frames_that_are_encrypted_or_empty_end_there(void **state) {
    (void)state;
    static const char *const frames[] = {
        "0841 0000 020000000009 020000000001 020000000002 1000 00112233",      // protected
        "4801 0000 020000000009 020000000001 020000000002 1000 00112233",      // no data
        "8801 0000 020000000009 020000000001 020000000002 1000 8000 00112233", // several in one
    };
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        made m = {0};
        put(&m, frames[i]);
        const hg__packet p = read_made(105, &m);
        assert_int_equal(p.layers, HG_LAYER_ETHERNET);
        assert_int_equal(p.payload_length, 4);
    }
    made m = {0};
    put(&m, "d400 0000 020000000009"); // an acknowledgement
    const hg__packet p = read_made(105, &m);
    assert_int_equal(p.layers, 0);
    assert_int_equal(p.flaws, 0);
}

static void a_link_type_that_is_not_read_is_a_flaw(void **state) {
    (void)state;
    made m = {0};
    put(&m, "0102030405");
    static const int links[] = {147, 220, -1, 2000000000};
    for (size_t i = 0; i < 4; i++) {
        const hg__packet p = read_made(links[i], &m);
        assert_int_equal(p.layers, 0);
        assert_int_equal(p.flaws, HG_FLAW_UNKNOWN);
        assert_int_equal(p.payload_length, 5);
    }
    made inner = {0};
    put(&inner, "0000 0800 c0000000 0000 0800 c0000000"); // information in information
    assert_int_equal(read_made(192, &inner).flaws, HG_FLAW_UNKNOWN);
}

static void padding_and_trailers_are_no_payload(void **state) {
    (void)state;
    made m = {0};
    put_ethernet(&m, 0x0800);
    put_ip4(&m, 17, 10);
    put_udp(&m, 5353, 2);
    put(&m, "7071");
    put_zeros(&m, 18);
    hg__packet p = read_made(1, &m);
    assert_int_equal(p.payload_length, 2);
    assert_memory_equal(p.payload, "pq", 2);
    made arp = {0};
    put_ethernet(&arp, 0x0806);
    put(&arp, "0001 0800 06 04 0001 020000000001 0a000007 000000000000 0a000001");
    put_zeros(&arp, 18);
    p = read_made(1, &arp);
    assert_int_equal(p.payload_length, 0);
    made llc = {0};
    put_ethernet(&llc, 5);
    put(&llc, "424203 0102"); // spanning tree
    put_zeros(&llc, 41);
    p = read_made(1, &llc);
    assert_int_equal(p.layers, HG_LAYER_ETHERNET);
    assert_int_equal(p.ether_type, 5);
    assert_int_equal(p.payload_length, 2);
}

static void more_tags_than_a_stack_may_have_end_there(void **state) {
    (void)state;
    for (int tags = 8; tags <= 9; tags++) {
        made m = {0};
        put_ethernet(&m, 0x8100);
        for (int i = 1; i < tags; i++) put(&m, "0001 8100");
        put(&m, "0001 0800");
        put_segment(&m);
        const hg__packet p = read_made(1, &m);
        assert_int_equal(p.layers & HG_LAYER_IP, tags == 8 ? HG_LAYER_IP : 0);
        assert_int_equal(p.ether_type, tags == 8 ? 0x0800 : 0x8100);
    }
}

// ---- ARP and IP ---------------------------------------------------------------------------------

static void arp_says_who_asks_for_whom(void **state) {
    (void)state;
    made m = {0};
    put_ethernet(&m, 0x0806);
    put(&m, "0001 0800 06 04 0002 020000000001 0a000007 020000000002 0a000001");
    const hg__packet p = read_made(1, &m);
    assert_int_equal(p.layers, HG_LAYER_ETHERNET | HG_LAYER_ARP);
    assert_int_equal(p.arp_operation, 2);
    assert_int_equal(p.version, 0);
    expect_address(p.from, "10.0.0.7");
    expect_address(p.to, "10.0.0.1");
    assert_memory_equal(p.arp_mac_from, "\2\0\0\0\0\1", 6);
    assert_memory_equal(p.arp_mac_to, "\2\0\0\0\0\2", 6);
    m.bytes[18] = 8; // addresses of another kind
    assert_int_equal(read_made(1, &m).layers, HG_LAYER_ETHERNET);
    assert_int_equal(read_made(1, &m).flaws, HG_FLAW_LENGTH);
}

static void options_of_version_4_are_passed(void **state) {
    (void)state;
    static const struct {
        const char *options;
        unsigned flaws;
    } cases[] = {
        {"01010101", 0              },
        {"94040000", 0              }, // router alert
        {"00ff00ff", 0              }, // nothing counts behind the end
        {"94050000", HG_FLAW_OPTIONS},
        {"94000000", HG_FLAW_OPTIONS},
        {"94010000", HG_FLAW_OPTIONS},
        {"01010194", HG_FLAW_OPTIONS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        made m = {0};
        put(&m, "46 00 0020 0000 0000 40 11 0000 0a000007 c0a801c8");
        put(&m, cases[i].options);
        put_udp(&m, 5353, 0);
        const hg__packet p = read_made(101, &m);
        assert_int_equal(p.layers, HG_LAYER_IP | HG_LAYER_UDP);
        assert_true(p.has_ip_options);
        assert_int_equal(p.flaws, cases[i].flaws);
        assert_int_equal(p.port_to, 5353);
    }
}

static void fragments_behind_the_first_have_no_ports(void **state) {
    (void)state;
    made m = {0};
    put_ip4(&m, 17, 12);
    put_udp(&m, 5353, 1000); // of all fragments
    put(&m, "71727374");
    m.bytes[6] = 0x20; // more follow
    hg__packet p = read_made(101, &m);
    assert_true(p.is_fragment && !p.dont_fragment);
    assert_int_equal(p.flaws, 0);
    assert_int_equal(p.port_to, 5353);
    assert_int_equal(p.payload_length, 4);
    m.bytes[7] = 9;
    p = read_made(101, &m);
    assert_true(p.is_fragment);
    assert_int_equal(p.layers, HG_LAYER_IP);
    assert_int_equal(p.flaws, HG_FLAW_FRAGMENT);
    assert_int_equal(p.port_to, 0);
    assert_int_equal(p.payload_length, 12);
}

static void extension_headers_are_passed_in_any_order(void **state) {
    (void)state;
    made m = {0};
    put_ip6(&m, 0, 8 + 16 + 8 + 24 + 8 + 8 + 2);
    put(&m, "2b 00 0502 0000 0100");                 // each hop: router alert; then routing
    put(&m, "2c 01 0000 00000000 0000000000000000"); // routing; then fragment
    put(&m, "33 00 0000 00000007");                  // the only fragment; then authentication
    put(&m, "3c 04 0000 0000000000000000000000000000000000000000"); // 24 bytes; then destination
    put(&m, "11 00 0104 00000000");                                 // then UDP
    put_udp(&m, 5353, 2);
    put(&m, "7172");
    const hg__packet p = read_made(229, &m);
    assert_int_equal(p.layers, HG_LAYER_IP | HG_LAYER_UDP);
    assert_int_equal(p.flaws, 0);
    assert_int_equal(p.protocol, 17);
    assert_int_equal(p.ttl, 63);
    assert_int_equal(p.traffic_class, 0x28);
    assert_true(p.has_ip_options && !p.is_fragment);
    expect_address(p.from, "2001:db8::1");
    expect_address(p.to, "fe80::2");
    assert_int_equal(p.payload_length, 2);
}

static void extension_headers_are_bounded_and_fragments_told(void **state) {
    (void)state;
    made many = {0}, later = {0}, first = {0};
    put_ip6(&many, 60, 17 * 8);
    for (int i = 0; i < 17; i++) put(&many, "3c 00 0104 00000000");
    hg__packet p = read_made(101, &many);
    assert_int_equal(p.layers, HG_LAYER_IP);
    assert_int_equal(p.payload_length, 8); // one is left
    put_ip6(&later, 44, 16);
    put(&later, "11 00 0008 00000007 7172737475767778");
    p = read_made(101, &later);
    assert_int_equal(p.flaws, HG_FLAW_FRAGMENT);
    assert_int_equal(p.protocol, 17);
    assert_true(p.is_fragment);
    assert_int_equal(p.layers, HG_LAYER_IP);
    put_ip6(&first, 44, 16);
    put(&first, "11 00 0001 00000007");
    put_udp(&first, 5353, 900);
    p = read_made(101, &first);
    assert_int_equal(p.flaws, 0);
    assert_true(p.is_fragment);
    assert_int_equal(p.port_to, 5353);
}

static void a_total_length_of_zero_means_to_the_end(void **state) {
    (void)state;
    made m = {0}, six = {0};
    put_segment(&m);
    m.bytes[2] = m.bytes[3] = 0;
    hg__packet p = read_made(101, &m);
    expect_segment(&p, 0);
    put_ip6(&six, 6, 0);
    put_tcp(&six);
    put(&six, "7172");
    p = read_made(101, &six);
    assert_int_equal(p.payload_length, 2);
    assert_int_equal(p.flaws, 0);
}

static void lengths_that_contradict_each_other_are_flaws(void **state) {
    (void)state;
    made m = {0};
    put_segment(&m);
    static const struct {
        uint32_t at;
        uint8_t value;
        uint32_t payload;
    } lies[] = {
        {3,  200,  3 }, // longer than what carries it
        {3,  19,   3 }, // shorter than its header
        {0,  0x44, 23}, // a header of 16 bytes
        {32, 0x40, 3 }, // of TCP too
        {0,  0x00, 43}, // no version
        {0,  0xf5, 43},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        made wrong = m;
        wrong.bytes[lies[i].at] = lies[i].value;
        const hg__packet p = read_made(101, &wrong);
        assert_int_equal(p.flaws, HG_FLAW_LENGTH);
        assert_int_equal(p.payload_length, lies[i].payload);
    }
    m.bytes[32] = 0x60; // one byte of options is not there
    assert_int_equal(read_made(101, &m).flaws, HG_FLAW_CUT | HG_FLAW_LENGTH);
}

static void more_captured_than_there_was_is_a_flaw(void **state) {
    (void)state;
    made m = {0};
    put_segment(&m);
    hg__packet p = {.length = 20, .captured = m.size};
    hg__packet_read(&p, 101, m.bytes);
    assert_int_equal(p.flaws, HG_FLAW_LENGTH);
    assert_int_equal(p.payload_length, 3);
}

// ---- transport ----------------------------------------------------------------------------------

static uint32_t options_of(const char *options, uint16_t *mss, unsigned *flaws) {
    made m = {0}, o = {0};
    put(&o, options);
    put_ip4(&m, 6, 20 + o.size);
    put_tcp(&m);
    m.bytes[32] = (uint8_t)((20 + o.size) / 4 << 4);
    put(&m, options);
    const hg__packet p = read_made(101, &m);
    *mss = p.tcp_mss;
    *flaws = p.flaws;
    assert_int_equal(p.payload_length, 0);
    return p.tcp_options;
}

static void options_of_tcp_are_told_apart_by_kind_and_order(void **state) {
    (void)state;
    uint16_t mss;
    unsigned flaws;
    const uint32_t linux_like =
        options_of("020405b4 0402 080a 0102030405060708 01 030307", &mss, &flaws);
    assert_int_equal(mss, 1460);
    assert_int_equal(flaws, 0);
    assert_true(linux_like != 0);
    // other values, the same kinds
    assert_int_equal(options_of("02040218 0402 080a ffffffff00000000 01 030301", &mss, &flaws),
                     linux_like);
    assert_int_equal(mss, 536);
    assert_int_not_equal(options_of("020405b4 01 030308 01 01 0402 00000000", &mss, &flaws),
                         linux_like);
    assert_int_not_equal(options_of("0402 020405b4 080a 0102030405060708 01 030307", &mss, &flaws),
                         linux_like);
    assert_true(options_of("00000000", &mss, &flaws) != 0); // there are some
    assert_int_equal(mss, 0);
    static const char *const bad[] = {"02ff0000", "02000000", "02010000", "01010102", "03050000"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_true(options_of(bad[i], &mss, &flaws) != 0);
        assert_int_equal(flaws, HG_FLAW_OPTIONS);
        assert_int_equal(mss, 0);
    }
}

static void udp_says_its_own_length(void **state) {
    (void)state;
    static const struct {
        unsigned length;
        uint32_t payload;
        unsigned flaws;
    } cases[] = {
        {12, 4, 0             },
        {10, 2, 0             },
        {8,  0, 0             },
        {0,  4, 0             },
        {7,  4, HG_FLAW_LENGTH},
        {13, 4, HG_FLAW_LENGTH},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        made m = {0};
        put_ip4(&m, 17, 12);
        put_udp(&m, 5353, 4);
        m.bytes[25] = (uint8_t)cases[i].length;
        put(&m, "71727374");
        const hg__packet p = read_made(101, &m);
        assert_int_equal(p.layers, HG_LAYER_IP | HG_LAYER_UDP);
        assert_int_equal(p.port_from, 53);
        assert_int_equal(p.payload_length, cases[i].payload);
        assert_int_equal(p.flaws, cases[i].flaws);
    }
}

static void icmp_of_both_versions_has_type_and_code(void **state) {
    (void)state;
    made four = {0}, six = {0}, more = {0};
    put_ip4(&four, 1, 10);
    put(&four, "0301 0000 00000000 7172");
    hg__packet p = read_made(101, &four);
    assert_int_equal(p.layers, HG_LAYER_IP | HG_LAYER_ICMP);
    assert_int_equal(p.icmp_type, 3);
    assert_int_equal(p.icmp_code, 1);
    assert_int_equal(p.payload_length, 2);
    put_ip6(&six, 58, 4);
    put(&six, "8600 0000");
    p = read_made(101, &six);
    assert_int_equal(p.icmp_type, 134);
    assert_int_equal(p.payload_length, 0);
    put_ip4(&more, 132, 14); // SCTP
    put(&more, "0b80 0b81 00000001 00000000 7172");
    p = read_made(101, &more);
    assert_int_equal(p.layers, HG_LAYER_IP);
    assert_int_equal(p.port_from, 2944);
    assert_int_equal(p.port_to, 2945);
    assert_int_equal(p.payload_length, 2);
}

// ---- tunnels ------------------------------------------------------------------------------------

static void what_is_inside_a_tunnel_counts(void **state) {
    (void)state;
    static const struct {
        int version;
        unsigned protocol;
        const char *header;
    } cases[] = {
        {4, 4,  ""                                                                    },
        {6, 4,  ""                                                                    },
        {4, 47, "0000 0800"                                                           },
        {6, 47, "0000 0800"                                                           },
        {4, 47, "2000 0800 00000007"                                                  },
        {4, 47, "b000 0800 00000000 00000007 00000001"                                },
        {4, 47, "3081 880b 002f 0001 00000005 00000006 ff03 0021"                     },
        {4, 47, "0000 6558 020000000002 020000000001 0800"                            },
        {4, 47, "0000 6558 020000000002 020000000001 8100 0009 0800"                  },
        {4, 47, "1000 88be 00000001 1000000000000000 020000000002 020000000001 0800"  },
        {4, 47, "0000 88be 020000000002 020000000001 0800"                            },
        {4, 17, "c000 12b5 0000 0000 08000000 00000700 020000000002 020000000001 0800"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        made m = {0}, head = {0};
        put(&head, cases[i].header);
        if (cases[i].version == 4) {
            put_ip4(&m, cases[i].protocol, head.size + 43);
            m.bytes[12] = 172; // another sender outside
            m.bytes[8] = 9;
        } else {
            put_ip6(&m, cases[i].protocol, head.size + 43);
        }
        put(&m, cases[i].header);
        put_segment(&m);
        hg__packet p = read_made(101, &m);
        assert_true(p.layers & HG_LAYER_TUNNEL);
        expect_segment(&p, p.layers & (HG_LAYER_TUNNEL | HG_LAYER_ETHERNET));
    }
}

static void the_outside_counts_where_nothing_known_is_inside(void **state) {
    (void)state;
    static const struct {
        unsigned protocol;
        const char *header;
        unsigned layers;
        uint32_t payload;
    } cases[] = {
        {4,  "00112233",                                                                HG_LAYER_IP,                4 },
        {41, "",                                                                        HG_LAYER_IP,                0 },
        {47, "0000 88cc 01020304",                                                      HG_LAYER_IP,                8 },
        {47, "0002 0800 01020304",                                                      HG_LAYER_IP,                8 },
        {17, "c000 12b5 0000 0000 00000000 00000700",                                   HG_LAYER_IP | HG_LAYER_UDP, 8 },
        {17, "c000 12b5 0000 0000 08000000 000007",                                     HG_LAYER_IP | HG_LAYER_UDP, 7 },
        {17, "c000 12b5 0000 0000 08000000 00000700 020000000002 020000000001 88cc 00",
         HG_LAYER_IP | HG_LAYER_UDP,                                                                                23},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        made m = {0}, head = {0};
        put(&head, cases[i].header);
        put_ip4(&m, cases[i].protocol, head.size);
        put(&m, cases[i].header);
        const hg__packet p = read_made(101, &m);
        assert_int_equal(p.layers, cases[i].layers);
        assert_int_equal(p.flaws, 0);
        assert_int_equal(p.protocol, cases[i].protocol);
        assert_int_equal(p.payload_length, cases[i].payload);
        expect_address(p.from, "10.0.0.7");
    }
}

static void a_tunnel_in_a_tunnel_is_not_entered(void **state) {
    (void)state;
    made m = {0};
    put_ip4(&m, 4, 20 + 43);
    put_ip4(&m, 4, 43);
    put_segment(&m);
    const hg__packet p = read_made(101, &m);
    assert_int_equal(p.layers, HG_LAYER_IP | HG_LAYER_TUNNEL);
    assert_int_equal(p.protocol, 4);
    assert_int_equal(p.payload_length, 43);
}

// ---- anything -----------------------------------------------------------------------------------

static void a_packet_cut_anywhere_says_so_or_keeps_its_payload(void **state) {
    (void)state;
    made m = {0};
    put_ethernet(&m, 0x8100);
    put(&m, "0064 86dd");
    put_ip6(&m, 0, 8 + 20 + 12 + 4);
    put(&m, "06 00 0502 0000 0100");
    put_tcp(&m);
    m.bytes[m.size - 8] = 0x80;
    put(&m, "0101 080a 0102030405060708 71727374");
    const uint32_t headers = m.size - 4;
    for (uint32_t captured = 0; captured <= m.size; captured++) {
        const hg__packet p = read_part(1, &m, captured);
        assert_int_equal(p.flaws, captured < headers ? HG_FLAW_CUT : 0);
        if (captured >= headers) {
            assert_int_equal(p.payload_captured, captured - headers);
            assert_int_equal(p.payload_length, 4);
        }
        assert_int_equal(!!(p.layers & HG_LAYER_ETHERNET), captured >= 14);
        assert_int_equal(!!(p.layers & HG_LAYER_IP), captured >= 58);
        assert_int_equal(!!(p.layers & HG_LAYER_TCP), captured >= 86);
    }
}

static void garbage_of_every_link_type_gives_a_packet(void **state) {
    (void)state;
    static const int links[] = {0,   1,   9,   12,  14,  50,  101, 104, 105,
                                108, 113, 127, 192, 228, 229, 276, 999};
    uint64_t seed = 88172645463325252ULL;
    for (int turn = 0; turn < 40000; turn++) {
        made m = {0};
        seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17; // xorshift (Marsaglia 2003)
        const uint32_t size = (uint32_t)(seed >> 20) % 160;
        for (uint32_t i = 0; i < size; i++) {
            seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
            // small numbers and types that lead somewhere are met more often
            static const uint8_t likely[] = {0,    4,    6,    8,  17, 0x45, 0x60, 0x81,
                                             0x88, 0xaa, 0xff, 47, 41, 1,    3,    2};
            put_byte(&m, seed & 1 ? likely[seed >> 8 & 15] : (uint8_t)(seed >> 16));
        }
        const uint32_t captured = turn & 1 ? size : size / 2;
        (void)read_part(links[turn % 17], &m, captured);
    }
}

static void addresses_are_written_as_rfc_5952_says(void **state) {
    (void)state;
    static const struct {
        const char *digits, *text;
    } cases[] = {
        {"00000000000000000000000000000000", "::"                                     },
        {"00000000000000000000000000000001", "::1"                                    },
        {"20010000000000000000000000000000", "2001::"                                 },
        {"20010db8000000000001000000000001", "2001:db8::1:0:0:1"                      },
        {"20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"                   },
        {"20010000000000010000000000000001", "2001:0:0:1::1"                          },
        {"000100020003000400050006abcd0000", "1:2:3:4:5:6:abcd:0"                     },
        {"0000000000000000000000000a000007", "::a00:7"                                },
        {"00000000000000000000ffff0a000007", "10.0.0.7"                               },
        {"00000000000000000000ffffffffffff", "255.255.255.255"                        },
        {"ffffffffffffffffffffffffffffffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
        {"fe800000000000000a00270000120001", "fe80::a00:2700:12:1"                    },
        {"00000001000000000000000000000000", "0:1::"                                  },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        made m = {0};
        put(&m, cases[i].digits);
        expect_address(m.bytes, cases[i].text);
    }
    char text[HG_ADDRESS_TEXT];
    hg__mac_format((const uint8_t *)"\2\0\xab\0\0\x1f", text);
    assert_string_equal(text, "02:00:ab:00:00:1f");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_is_found_behind_every_link_layer),
        cmocka_unit_test(version_6_is_found_behind_loopback_of_every_system),
        cmocka_unit_test(the_checksum_behind_a_wireless_frame_is_no_payload),
        cmocka_unit_test(frames_that_are_encrypted_or_empty_end_there),
        cmocka_unit_test(a_link_type_that_is_not_read_is_a_flaw),
        cmocka_unit_test(padding_and_trailers_are_no_payload),
        cmocka_unit_test(more_tags_than_a_stack_may_have_end_there),
        cmocka_unit_test(arp_says_who_asks_for_whom),
        cmocka_unit_test(options_of_version_4_are_passed),
        cmocka_unit_test(fragments_behind_the_first_have_no_ports),
        cmocka_unit_test(extension_headers_are_passed_in_any_order),
        cmocka_unit_test(extension_headers_are_bounded_and_fragments_told),
        cmocka_unit_test(a_total_length_of_zero_means_to_the_end),
        cmocka_unit_test(lengths_that_contradict_each_other_are_flaws),
        cmocka_unit_test(more_captured_than_there_was_is_a_flaw),
        cmocka_unit_test(options_of_tcp_are_told_apart_by_kind_and_order),
        cmocka_unit_test(udp_says_its_own_length),
        cmocka_unit_test(icmp_of_both_versions_has_type_and_code),
        cmocka_unit_test(what_is_inside_a_tunnel_counts),
        cmocka_unit_test(the_outside_counts_where_nothing_known_is_inside),
        cmocka_unit_test(a_tunnel_in_a_tunnel_is_not_entered),
        cmocka_unit_test(a_packet_cut_anywhere_says_so_or_keeps_its_payload),
        cmocka_unit_test(garbage_of_every_link_type_gives_a_packet),
        cmocka_unit_test(addresses_are_written_as_rfc_5952_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
