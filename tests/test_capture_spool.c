// SPDX-License-Identifier: Apache-2.0
// test_capture_spool.c - packets that come but once are kept: read again they are what they were, in no more room than was given.
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "capture_case.h"
#include "faults.h"
#include "own_folder.h"
#include "packets/capture.h"
#include "packets/capture_spool.h"
#include "packets/pcap_api.h"
#include "sanitized.h"
#include "traffic/glimpse.h"

enum { RAW = 101, PACKETS = 3000 };

// ---- the spool alone ----------------------------------------------------------------------------

// Of any length up to a few thousand bytes: IPv4 and UDP, now and then cut.
static uint32_t make_packet(uint32_t i, uint8_t bytes[4096], hg__packet *p) {
    const uint32_t size = 28 + i * 7919 % 4000, captured = i % 11 ? size : size / 2;
    memset(bytes, (int)(i & 255), 4096);
    const uint8_t head[28] = {0x45,
                              0,
                              (uint8_t)(size >> 8),
                              (uint8_t)size,
                              0,
                              0,
                              0,
                              0,
                              64,
                              17,
                              0,
                              0,
                              10,
                              0,
                              0,
                              1,
                              10,
                              0,
                              0,
                              2,
                              0,
                              53,
                              1,
                              2};
    memcpy(bytes, head, sizeof head);
    bytes[24] = (uint8_t)((size - 20) >> 8);
    bytes[25] = (uint8_t)(size - 20);
    *p = (hg__packet){
        .time = INT64_C(1700000000000000000) - i, .length = size, .captured = captured};
    hg__packet_read(p, RAW, bytes);
    return captured;
}

static void what_was_added_comes_out_any_number_of_times(void **state) {
    (void)state;
    hg__spool s;
    hg__packet p, q;
    hg_error err = {0};
    uint8_t bytes[4096];
    assert_int_equal(hg__spool_open(&s, 0, 100, &err), HG_OK);
    for (uint32_t i = 0; i < PACKETS; i++) {
        make_packet(i, bytes, &p);
        assert_int_equal(hg__spool_add(&s, &p, RAW, bytes, &err), 1);
    }
    struct stat file;
    assert_int_equal(fstat(s.fd, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    assert_int_equal(file.st_nlink, 0);
    for (int turn = 0; turn < 3; turn++) {
        assert_int_equal(hg__spool_rewind(&s, &err), HG_OK);
        for (uint32_t i = 0; i < PACKETS && (turn != 1 || i < 1000); i++) {
            make_packet(i, bytes, &p);
            assert_int_equal(hg__spool_next(&s, &q, &err), 1);
            assert_int_equal(q.time, p.time);
            assert_int_equal(q.length, p.length);
            assert_int_equal(q.payload_length, p.payload_length);
            assert_int_equal(q.payload_captured,
                             p.payload_captured < 100 ? p.payload_captured : 100);
            assert_memory_equal(q.payload, p.payload, q.payload_captured);
        }
        if (turn != 1) assert_int_equal(hg__spool_next(&s, &q, &err), 0);
    }
    hg__spool_close(&s);
}

static void no_more_than_its_room_is_taken(void **state) {
    (void)state;
    hg__spool s;
    hg__packet p;
    hg_error err = {0};
    uint8_t bytes[4096];
    uint32_t count = 0;
    assert_int_equal(hg__spool_open(&s, 10000, 1000, &err), HG_OK);
    for (;; count++) {
        make_packet(count, bytes, &p);
        if (hg__spool_add(&s, &p, RAW, bytes, &err) == 0) break;
        assert_true(s.size <= 10000);
    }
    assert_in_range(count, 8, 300);
    assert_int_equal(hg__spool_rewind(&s, &err), HG_OK);
    for (uint32_t i = 0; i < count; i++) assert_int_equal(hg__spool_next(&s, &p, &err), 1);
    assert_int_equal(hg__spool_next(&s, &p, &err), 0);
    hg__spool_close(&s);
}

// A flood of IPv6 extension headers: as long as headers can be.
static void headers_without_end_are_cut(void **state) {
    (void)state;
    static uint8_t bytes[1 << 18];
    hg__spool s;
    hg_error err = {0};
    memset(bytes, 0, sizeof bytes);
    hg__packet p = {.length = sizeof bytes, .captured = sizeof bytes}, q;
    hg__packet_read(&p, RAW, bytes);
    p.payload = bytes + 200000;
    p.payload_captured = 1000;
    assert_int_equal(hg__spool_open(&s, 0, 1000, &err), HG_OK);
    for (int i = 0; i < 20; i++) assert_int_equal(hg__spool_add(&s, &p, RAW, bytes, &err), 1);
    assert_int_equal(hg__spool_rewind(&s, &err), HG_OK);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(hg__spool_next(&s, &q, &err), 1);
        assert_int_equal(q.captured, 65536);
        assert_int_equal(q.length, sizeof bytes);
    }
    assert_int_equal(hg__spool_next(&s, &q, &err), 0);
    hg__spool_close(&s);
}

// ---- a capture ----------------------------------------------------------------------------------

static hg__capture *open_pipe(FILE **f, const char *path, uint64_t most) {
    char command[2048];
    hg_error err = {0};
    const hg__capture_options o = {
        .is_kept = true, .payload_kept = HG_LOOKED_AT, .most_kept = most};
    snprintf(command, sizeof command, "cat '%s' 2>&-", path);
    *f = popen(command, "r"); // NOLINT(cert-env33-c): our own words
    assert_non_null(*f);
    snprintf(command, sizeof command, "/dev/fd/%d", fileno(*f));
    assert_true(hg__is_capture_stream(command, NULL) || hg__is_stream(command));
    hg__capture *c = hg__capture_open(command, &o, &err);
    if (!c) print_error("%s: %s\n", path, err.message);
    assert_non_null(c);
    return c;
}

#define SAME(member) assert_int_equal(a->member, b->member)

static void expect_same(const hg__packet *a, const hg__packet *b) {
    SAME(time);
    SAME(length);
    SAME(layers);
    SAME(flaws);
    SAME(ether_type);
    SAME(vlan);
    SAME(version);
    SAME(protocol);
    SAME(ttl);
    SAME(traffic_class);
    SAME(has_ip_options);
    SAME(dont_fragment);
    SAME(is_fragment);
    SAME(port_from);
    SAME(port_to);
    SAME(tcp_flags);
    SAME(tcp_window);
    SAME(tcp_sequence);
    SAME(tcp_acknowledged);
    SAME(tcp_options);
    SAME(tcp_mss);
    SAME(icmp_type);
    SAME(icmp_code);
    SAME(arp_operation);
    SAME(payload_length);
    assert_memory_equal(a->mac_from, b->mac_from, 6);
    assert_memory_equal(a->mac_to, b->mac_to, 6);
    assert_memory_equal(a->from, b->from, 16);
    assert_memory_equal(a->to, b->to, 16);
    const uint16_t servers[] = {a->port_from, a->port_to};
    for (int i = 0; i < 2; i++) {
        hg__glimpse g, h;
        hg__glimpse_take(&g, a, servers[i]);
        hg__glimpse_take(&h, b, servers[i]);
        assert_int_equal(g.place, h.place);
        assert_int_equal(g.action, h.action);
        assert_int_equal(g.object, h.object);
        assert_int_equal(g.size, h.size);
        assert_int_equal(g.variety, h.variety);
    }
}

// A pipe, read again, is the file; how many packets.
static int expect_file(const char *path) {
    FILE *f;
    hg__packet p, q;
    hg_error err = {0};
    int count = 0;
    hg__capture *whole = hg__capture_open(path, NULL, &err), *kept = open_pipe(&f, path, 0);
    assert_non_null(whole);
    while (hg__capture_next(kept, &p, &err) == 1) count++;
    assert_int_equal(hg__capture_rewind(kept, &err), HG_OK);
    for (int i = 0; i < count; i++) {
        assert_int_equal(hg__capture_next(whole, &p, &err), 1);
        assert_int_equal(hg__capture_next(kept, &q, &err), 1);
        expect_same(&p, &q);
    }
    assert_int_equal(hg__capture_next(whole, &p, &err), 0);
    assert_int_equal(hg__capture_next(kept, &q, &err), 0);
    assert_true(hg__capture_fingerprint(whole) == hg__capture_fingerprint(kept));
    hg__capture_close(whole);
    hg__capture_close(kept);
    (void)pclose(f);
    return count;
}

static void real_captures_read_again_say_what_the_file_says(void **state) {
    (void)state;
    char path[1100], line[4096];
    const char *data = getenv("HG_DATA");
    if (!data) data = "../shared/data";
    snprintf(path, sizeof path, "%s/ndpi-pcap/labels.tsv", data);
    FILE *f = fopen(path, "re");
    if (!f) {
        print_message("skipped: %s is not here\n", path);
        return;
    }
    int files = 0, packets = 0;
    while (fgets(line, sizeof line, f)) {
        char *rest = line, *name = strsep(&rest, "\t");
        struct stat s;
        snprintf(path, sizeof path, "%s/ndpi-pcap/%s", data, name);
        const bool is_it = stat(path, &s) == 0 && s.st_size < (IS_SANITIZED ? 30000 : 300000);
        if (!is_it || !hg__is_capture(path)) continue;
        packets += expect_file(path);
        files++;
    }
    (void)fclose(f);
    assert_true(files > 100 && packets > 1000);
}

static void save(const char *name, const made *m) {
    FILE *f = fopen(at(name), "we");
    assert_non_null(f);
    assert_int_equal(fwrite(m->bytes, 1, m->size, f), m->size);
    assert_int_equal(fclose(f), 0);
}

static void make_pcap(made *m) {
    const writing w = {m, false};
    put_pcap_header(w, 0xa1b2c3d4, RAW);
    for (uint32_t i = 0; i < 20; i++) put_pcap_packet(w, 9 - i % 7, i, 24, 'a' + i);
}

static void a_capture_without_room_ends_with_a_note(void **state) {
    (void)state;
    made m = {0};
    FILE *f;
    hg__packet p;
    hg_error err = {0};
    make_pcap(&m);
    save("x.pcap", &m);
    hg__capture *c = open_pipe(&f, at("x.pcap"), 5 * 48 + 10);
    for (int i = 0; i < 5; i++) assert_int_equal(hg__capture_next(c, &p, &err), 1);
    assert_int_equal(hg__capture_next(c, &p, &err), 0);
    assert_non_null(strstr(hg__capture_note(c), "(TMPDIR) has no room for more than the 0 MB"));
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(hg__capture_rewind(c, &err), HG_OK);
        for (int i = 0; i < 5; i++) assert_int_equal(hg__capture_next(c, &p, &err), 1);
        assert_int_equal(p.time, INT64_C(5000004000));
        assert_int_equal(hg__capture_next(c, &p, &err), 0);
    }
    hg__capture_close(c);
    (void)pclose(f);
}

// ---- faults -------------------------------------------------------------------------------------

static int child(const char *path) {
    const hg__capture_options o = {.is_kept = true, .payload_kept = 10};
    hg_error err = {0};
    hg__packet p;
    char name[64];
    int count = 0;
    snprintf(name, sizeof name, "cat '%.40s'", path);
    FILE *f = popen(name, "r"); // NOLINT(cert-env33-c): our own words
    if (!f) return CHILD_FAILED_BADLY;
    snprintf(name, sizeof name, "/dev/fd/%d", fileno(f));
    hg__capture *c = hg__capture_open(name, &o, &err);
    int code = c ? HG_OK : (int)err.code;
    for (int turn = 0; code == HG_OK && turn < 3; turn++) {
        if (turn) code = hg__capture_rewind(c, &err);
        while (code >= 0 && (code = hg__capture_next(c, &p, &err)) == 1) count++;
    }
    hg__capture_close(c);
    (void)pclose(f);
    if (code == HG_OK) return count == 60 ? CHILD_WORKED : CHILD_FAILED_BADLY;
    return err.code == code && err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void every_allocation_read_and_write_may_fail(void **state) {
    (void)state;
    made m = {0};
    make_pcap(&m);
    save("x.pcap", &m);
    assert_true(count_faults(at("x.pcap"), "HG_FAIL_ALLOC", "") > 2);
    assert_true(count_faults(at("x.pcap"), "HG_FAIL_IO", "") > 2);
    assert_true(count_faults(at("x.pcap"), "HG_FAIL_IO", "+") > 2);
}

int main(int argc, char **argv) {
    if (argc > 2) return child(argv[2]);
    if (!hg__pcap_version()[0]) {
        printf("skipped: libpcap is not here\n1 passed, 0 failed\n");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_added_comes_out_any_number_of_times),
        cmocka_unit_test(no_more_than_its_room_is_taken),
        cmocka_unit_test(headers_without_end_are_cut),
        cmocka_unit_test(real_captures_read_again_say_what_the_file_says),
        cmocka_unit_test(a_capture_without_room_ends_with_a_note),
        cmocka_unit_test(every_allocation_read_and_write_may_fail),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
