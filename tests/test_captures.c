// SPDX-License-Identifier: Apache-2.0
// test_captures.c - captures of every kind as packets: formats, damage, folders, pipes, filters, faults; real ones where they are.
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "capture_case.h"
#include "faults.h"
#include "own_folder.h"
#include "packets/capture.h"
#include "packets/pcap_api.h"

enum { PCAP = 0xa1b2c3d4, PCAP_NANO = 0xa1b23c4d, PCAP_MORE = 0xa1b2cd34, RAW = 101 };

static void save(const char *name, const made *m) {
    FILE *f = fopen(at(name), "we");
    assert_non_null(f);
    assert_int_equal(fwrite(m->bytes, 1, m->size, f), m->size);
    assert_int_equal(fclose(f), 0);
}

static hg__capture *open_or_fail(const char *path, const char *filter) {
    hg_error err = {0};
    const hg__capture_options o = {.filter = filter};
    hg__capture *c = hg__capture_open(path, &o, &err);
    if (!c) print_error("%s: %s\n", path, err.message);
    assert_non_null(c);
    return c;
}

// All packets to the end, their last bytes as text in `marks`; how many.
static int read_all(hg__capture *c, char marks[64]) {
    hg__packet p;
    hg_error err = {0};
    int count = 0, code;
    while ((code = hg__capture_next(c, &p, &err)) == 1) {
        assert_true(p.payload_captured <= p.payload_length);
        const int last = p.payload_captured ? p.payload[p.payload_captured - 1] : '-';
        if (count < 63) marks[count] = (char)last;
        marks[++count < 64 ? count : 63] = '\0';
    }
    if (!count) marks[0] = '\0';
    assert_int_equal(code, 0);
    assert_int_equal(hg__capture_next(c, &p, &err), 0);
    return count;
}

static void expect(const char *path, const char *filter, const char *marks, const char *note) {
    char got[64];
    hg__capture *c = open_or_fail(path, filter);
    read_all(c, got);
    assert_string_equal(got, marks);
    assert_string_equal(hg__capture_note(c), note);
    hg__capture_close(c);
}

static void expect_refusal(const char *path, const char *filter, int code, const char *sentence) {
    hg_error err = {0};
    const hg__capture_options o = {.filter = filter};
    assert_null(hg__capture_open(path, &o, &err));
    assert_int_equal(err.code, code);
    assert_string_equal(err.message, sentence);
}

// Three packets of 24, 30 and 21 bytes: a, b and c, at 1.5, 2.25 and 2 seconds.
static void make_pcap(made *m, bool is_big, bool is_nano) {
    const writing w = {m, is_big};
    const uint32_t second = is_nano ? 1000000000 : 1000000;
    put_pcap_header(w, is_nano ? PCAP_NANO : PCAP, RAW);
    put_pcap_packet(w, 1, second / 2, 24, 'a');
    put_pcap_packet(w, 2, second / 4, 30, 'b');
    put_pcap_packet(w, 2, 0, 21, 'c');
}

static void make_pcapng(made *m, bool is_big, bool is_nano) {
    const writing w = {m, is_big};
    const uint64_t second = is_nano ? 1000000000 : 1000000;
    put_section(w);
    put_interface(w, RAW, is_nano ? 9 : 6);
    put_enhanced(w, 0, second * 3 / 2, 24, 'a');
    put_enhanced(w, 0, second * 9 / 4, 30, 'b');
    put_enhanced(w, 0, second * 2, 21, 'c');
}

static void expect_three(const char *path) {
    static const int64_t times[] = {1500000000, 2250000000, 2000000000};
    static const uint32_t sizes[] = {24, 30, 21};
    hg__capture *c = open_or_fail(path, NULL);
    hg__packet p;
    hg_error err = {0};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(hg__capture_next(c, &p, &err), 1);
        assert_int_equal(p.time, times[i]);
        assert_int_equal(p.captured, sizes[i]);
        assert_int_equal(p.length, sizes[i] + 100);
        assert_int_equal(p.version, 4);
        assert_int_equal(p.payload[p.payload_captured - 1], 'a' + i);
    }
    assert_int_equal(hg__capture_next(c, &p, &err), 0);
    assert_string_equal(hg__capture_note(c), "");
    hg__capture_close(c);
}

// ---- formats ------------------------------------------------------------------------------------

static void both_byte_orders_and_resolutions_are_read(void **state) {
    (void)state;
    uint64_t prints[16] = {0};
    for (unsigned i = 0; i < 16; i++) {
        made plain = {0}, packed = {0};
        (i & 1 ? make_pcapng : make_pcap)(&plain, i & 2, i & 4);
        if (i & 8) pack(&plain, &packed);
        const made *m = i & 8 ? &packed : &plain;
        save("x.pcap", m);
        assert_true(hg__is_capture(at("x.pcap")));
        assert_int_equal(hg__capture_sniff(m->bytes, m->size), !(i & 8));
        expect_three(at("x.pcap"));
        char marks[64];
        hg__capture *c = open_or_fail(at("x.pcap"), NULL);
        read_all(c, marks);
        prints[i] = hg__capture_fingerprint(c);
        assert_int_equal(hg__capture_rewind(c, NULL), HG_OK);
        assert_true(hg__capture_fingerprint(c) != prints[i]);
        read_all(c, marks);
        assert_string_equal(marks, "abc");
        assert_true(hg__capture_fingerprint(c) == prints[i]);
        hg__capture_close(c);
        assert_true(prints[i] == prints[0]); // the same packets
    }
}

static void what_is_no_capture_is_refused(void **state) {
    (void)state;
    made m = {0};
    char sentence[512];
    put(&m, "612c620a312c320a");
    save("x.csv", &m);
    assert_false(hg__is_capture(at("x.csv")));
    snprintf(sentence, sizeof sentence, "%s: expected a capture (pcap or pcapng), got text",
             at("x.csv"));
    expect_refusal(at("x.csv"), "", HG_ERR_DATA, sentence);
    m.size = 0;
    save("empty.pcap", &m);
    snprintf(sentence, sizeof sentence,
             "%s: expected a capture (pcap or pcapng), got an empty file", at("empty.pcap"));
    expect_refusal(at("empty.pcap"), "", HG_ERR_DATA, sentence);
    assert_false(hg__is_capture(at("missing.pcap")));
    assert_false(hg__is_capture("/dev/null"));
    hg_error err = {0};
    assert_null(hg__capture_open(at("missing.pcap"), NULL, &err));
    assert_true(err.code < 0 && err.message[0]);
}

static void headers_that_libpcap_refuses_are_said(void **state) {
    (void)state;
    made m = {0};
    make_pcap(&m, false, false);
    m.bytes[4] = 9; // a version that is not there
    save("x.pcap", &m);
    hg_error err = {0};
    assert_null(hg__capture_open(at("x.pcap"), NULL, &err));
    assert_int_equal(err.code, HG_ERR_DATA);
    assert_non_null(
        strstr(err.message, "x.pcap: expected a whole header of a capture; libpcap says: "));
}

// ---- damage -------------------------------------------------------------------------------------

// Where each packet of a capture ends.
static const uint32_t pcap_ends[] = {24 + 40, 24 + 40 + 46, 24 + 40 + 46 + 37};
static const uint32_t pcapng_ends[] = {60 + 56, 60 + 56 + 64, 60 + 56 + 64 + 56};

static void expect_cut(const made *m, uint32_t size, const uint32_t ends[3], uint32_t header) {
    made cut = *m;
    char marks[64], note[512] = "";
    cut.size = size;
    save("cut.pcap", &cut);
    hg_error err = {0};
    hg__capture *c = hg__capture_open(at("cut.pcap"), NULL, &err);
    if (size < header) {
        assert_null(c);
        assert_int_equal(err.code, HG_ERR_DATA);
        assert_true(err.message[0]);
        return;
    }
    assert_non_null(c);
    const int count = (size >= ends[0]) + (size >= ends[1]) + (size >= ends[2]);
    assert_int_equal(read_all(c, marks), count);
    if (size != header && size != ends[0] && size != ends[1] && size != ends[2]) {
        snprintf(note, sizeof note, "%s: ends inside packet %d; %d were read", at("cut.pcap"),
                 count + 1, count);
    }
    assert_string_equal(hg__capture_note(c), note);
    hg__capture_close(c);
}

static void a_file_cut_anywhere_is_read_to_its_last_whole_packet(void **state) {
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        made m = {0};
        (i & 1 ? make_pcapng : make_pcap)(&m, i & 2, false);
        for (uint32_t size = 0; size <= m.size; size++) {
            expect_cut(&m, size, i & 1 ? pcapng_ends : pcap_ends, i & 1 ? 60 : 24);
        }
    }
}

static void a_gzipped_file_that_is_cut_keeps_what_could_be_unpacked(void **state) {
    (void)state;
    made m = {0}, packed = {0};
    const writing w = {&m, false};
    put_pcap_header(w, PCAP, RAW);
    uint32_t seed = 7;
    for (unsigned i = 0; i < 60; i++) {
        put_pcap_packet(w, 1, i, 50, 'a' + i % 26);
        for (uint32_t k = m.size - 49; k < m.size - 1; k++) { // what does not pack well
            seed = seed * 1664525 + 1013904223;
            m.bytes[k] = (uint8_t)(seed >> 24);
        }
    }
    pack(&m, &packed);
    const uint32_t whole = packed.size;
    int most = 0;
    for (packed.size = 0; packed.size < whole; packed.size += 37) {
        char marks[64];
        hg_error err = {0};
        save("cut.pcap.gz", &packed);
        hg__capture *c = hg__capture_open(at("cut.pcap.gz"), NULL, &err);
        assert_true(c || (err.code == HG_ERR_DATA && err.message[0]));
        if (!c) continue;
        const int count = read_all(c, marks);
        assert_true(count >= most && count <= 60);
        most = count;
        assert_non_null(
            strstr(hg__capture_note(c), "cut.pcap.gz: the gzip stream is cut off after "));
        assert_non_null(strstr(hg__capture_note(c), " packets were read"));
        hg__capture_close(c);
    }
    assert_true(most > 40);
}

static void lengths_that_lie_end_the_file_and_take_no_memory(void **state) {
    (void)state;
    static const uint32_t lies[] = {UINT32_MAX, 0x7fffffff, 1 << 28, 300000, 22};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        made m = {0};
        const writing w = {&m, false};
        put_pcap_header(w, PCAP, RAW);
        put_pcap_packet(w, 1, 0, 24, 'a');
        put_pcap_packet(w, 1, 0, 21, 'b');
        m.size -= 21 + 8;
        put_number(w, lies[i], 4); // captured
        put_number(w, 21, 4);
        put_zeros(&m, 21);
        save("x.pcap", &m);
        char marks[64];
        hg__capture *c = open_or_fail(at("x.pcap"), NULL);
        assert_int_equal(read_all(c, marks), 1);
        assert_non_null(strstr(hg__capture_note(c), "packet 2"));
        hg__capture_close(c);
    }
}

static void packets_longer_than_the_header_allows_and_empty_ones_are_packets(void **state) {
    (void)state;
    made m = {0};
    const writing w = {&m, true};
    put_pcap_header(w, PCAP, RAW);
    m.bytes[18] = m.bytes[19] = 0;
    m.bytes[19] = 4; // none is longer than 4 bytes
    put_pcap_packet(w, 1, 0, 24, 'a');
    put_pcap_packet(w, 0, 0, 0, 0);
    put_pcap_packet(w, UINT32_MAX, UINT32_MAX, 25, 'b');
    save("x.pcap", &m);
    hg__capture *c = open_or_fail(at("x.pcap"), NULL);
    hg__packet p;
    hg_error err = {0};
    assert_int_equal(hg__capture_next(c, &p, &err), 1);
    assert_true(p.captured <= 24);
    assert_int_equal(hg__capture_next(c, &p, &err), 1);
    assert_int_equal(p.captured, 0);
    assert_int_equal(p.flaws, HG_FLAW_CUT);
    assert_int_equal(p.time, 0);
    assert_int_equal(hg__capture_next(c, &p, &err), 1);
    assert_true(p.time > INT64_C(4294967295) * 1000000000);
    assert_int_equal(hg__capture_next(c, &p, &err), 0);
    hg__capture_close(c);
}

static void times_are_never_so_far_apart_that_their_difference_overflows(void **state) {
    (void)state;
    static const uint64_t seconds[] = {0,         UINT32_MAX, INT64_MAX / 1000000000,
                                       INT64_MAX, UINT64_MAX, (uint64_t)INT64_MIN};
    enum { TIMES = sizeof seconds / sizeof *seconds };
    made m = {0};
    const writing w = {&m, false};
    put_section(w);
    put_interface(w, RAW, 0); // whole seconds
    for (int i = 0; i < TIMES; i++) put_enhanced(w, 0, seconds[i], 24, 'a');
    save("x.pcapng", &m);
    hg__capture *c = open_or_fail(at("x.pcapng"), NULL);
    hg__packet p;
    hg_error err = {0};
    for (int i = 0; i < TIMES; i++) {
        assert_int_equal(hg__capture_next(c, &p, &err), 1);
        assert_true(p.time < INT64_C(1) << 62 && p.time > -(INT64_C(1) << 62));
        if (i < 2) assert_int_equal(p.time, (int64_t)seconds[i] * 1000000000);
    }
    hg__capture_close(c);
}

static void interfaces_of_another_link_type_end_the_file(void **state) {
    (void)state;
    made m = {0};
    const writing w = {&m, false};
    char note[512];
    make_pcapng(&m, false, false);
    put_interface(w, 1, 6);
    put_enhanced(w, 1, 3000000, 24, 'd');
    save("x.pcapng", &m);
    snprintf(note, sizeof note,
             "%s: libpcap does not read its interfaces together (an interface has a type 1 "
             "different from the type of the first interface); 3 packets were read",
             at("x.pcapng"));
    expect(at("x.pcapng"), "", "abc", note);
    made same = {0};
    make_pcapng(&same, false, false);
    same.bytes[36] = 1; // Ethernet
    put_interface((writing){&same, false}, 1, 3);
    put_enhanced((writing){&same, false}, 1, 4000, 24, 'd');
    save("x.pcapng", &same);
    expect(at("x.pcapng"), "", "abcd", "");
}

// ---- filters ------------------------------------------------------------------------------------

static void a_filter_leaves_packets_out(void **state) {
    (void)state;
    made m = {0};
    make_pcap(&m, false, false);
    save("x.pcap", &m);
    expect(at("x.pcap"), "len > 128", "b", "");
    expect(at("x.pcap"), "ip[0] == 0x45", "abc", "");
    expect(at("x.pcap"), "ip6", "", "");
    m.size -= 5;
    save("x.pcap", &m);
    char note[512];
    snprintf(note, sizeof note, "%s: ends inside packet 3; 2 were read", at("x.pcap"));
    expect(at("x.pcap"), "len > 128", "b", note);
}

static void a_filter_that_does_not_compile_is_a_matter_of_usage(void **state) {
    (void)state;
    made m = {0};
    make_pcap(&m, false, false);
    save("x.pcap", &m);
    hg_error err = {0};
    const hg__capture_options o = {.filter = "port banana split"};
    assert_null(hg__capture_open(at("x.pcap"), &o, &err));
    assert_int_equal(err.code, HG_ERR_USAGE);
    assert_non_null(strstr(
        err.message, "x.pcap: expected a filter as tcpdump has it, got \"port banana split\": "));
}

// ---- folders and pipes --------------------------------------------------------------------------

static void a_folder_is_read_in_the_order_of_its_names(void **state) {
    (void)state;
    made m = {0}, packed = {0}, ethernet = {0}, text = {0}, half = {0};
    hg_error err;
    char marks[64];
    assert_int_equal(hg__make_folder(at("all"), &err), HG_OK);
    assert_false(hg__is_capture(at("all")));
    hg_error why = {0};
    assert_null(hg__capture_open(at("all"), NULL, &why));
    assert_int_equal(why.code, HG_ERR_DATA);
    make_pcapng(&m, true, true);
    pack(&m, &packed);
    save("all/a.pcapng.gz", &packed);
    const writing w = {&ethernet, false};
    put_pcap_header(w, PCAP, 1);
    put_pcap_packet(w, 1, 0, 24, 'd');
    save("all/b.pcap", &ethernet);
    put(&text, "612c620a");
    save("all/b.txt", &text);
    save("all/.hidden", &ethernet);
    put_number((writing){&half, false}, PCAP, 4);
    put_zeros(&half, 3);
    save("all/c.pcap", &half); // no whole header
    ethernet.size -= 3;
    save("all/d", &ethernet);
    assert_true(hg__is_capture(at("all")));
    hg__capture *c = open_or_fail(at("all"), NULL);
    uint64_t from, size;
    hg__capture_place(c, &from, &size);
    assert_int_equal(size, packed.size + ethernet.size + 3 + ethernet.size + half.size);
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(read_all(c, marks), 4);
        assert_string_equal(marks, "abcd");
        assert_non_null(strstr(hg__capture_note(c), "all/c.pcap: expected a whole header"));
        assert_non_null(
            strstr(hg__capture_note(c), " (and 1 more capture could not be read to the end)"));
        hg__capture_place(c, &from, &size);
        assert_true(from <= size && from > size / 2);
        assert_int_equal(hg__capture_rewind(c, &err), HG_OK);
        assert_string_equal(hg__capture_note(c), "");
    }
    hg__capture_close(c);
}

// Runs `command` with its output as our standard input.
static void from_pipe(const char *command, void (*run)(void)) {
    const int kept = dup(STDIN_FILENO);
    FILE *f = popen(command, "r"); // NOLINT(cert-env33-c): our own words
    assert_non_null(f);
    assert_true(dup2(fileno(f), STDIN_FILENO) >= 0);
    run();
    assert_true(dup2(kept, STDIN_FILENO) >= 0);
    close(kept);
    (void)pclose(f);
}

static void read_pipe(void) {
    assert_false(hg__is_capture("-"));
    hg__capture *c = open_or_fail("-", "");
    char marks[64];
    uint64_t from, size;
    hg_error err = {0};
    assert_int_equal(read_all(c, marks), 3);
    assert_string_equal(marks, "abc");
    hg__capture_place(c, &from, &size);
    assert_true(from > 0 && size == 0);
    assert_int_equal(hg__capture_rewind(c, &err), HG_ERR_USAGE);
    assert_string_equal(err.message,
                        "standard input: expected a file, got a pipe, which is read but once");
    hg__capture_close(c);
}

// Somebody has looked at it before, and it was kept.
static void read_kept_pipe(void) {
    static const int here = 0;
    hg_error err;
    assert_int_equal(hg__stream_keep("-", &here, &err), HG_OK);
    const int fd = hg__open_read("-", &err);
    assert_true(fd >= 0);
    close(fd);
    expect("-", "", "abc", "");
    expect("-", "", "abc", "");
    hg__stream_forget(&here);
}

static void refuse_pipe(void) {
    expect_refusal("-", "", HG_ERR_DATA,
                   "standard input: expected a capture (pcap or pcapng), got text");
}

static void read_cut_pipe(void) {
    expect("-", "", "ab", "standard input: ends inside packet 3; 2 were read");
}

static void a_pipe_is_read_once_as_it_comes(void **state) {
    (void)state;
    char command[1024];
    for (unsigned i = 0; i < 4; i++) {
        made m = {0}, packed = {0};
        (i & 1 ? make_pcapng : make_pcap)(&m, false, false);
        if (i & 2) pack(&m, &packed);
        save("x", i & 2 ? &packed : &m);
        snprintf(command, sizeof command, "cat %s", at("x"));
        from_pipe(command, read_pipe);
        snprintf(command, sizeof command, "head -c 50 %s; sleep 0.05; tail -c +51 %s", at("x"),
                 at("x"));
        from_pipe(command, read_pipe);
    }
    made m = {0};
    make_pcap(&m, false, false);
    save("x", &m);
    snprintf(command, sizeof command, "cat %s", at("x"));
    from_pipe(command, read_kept_pipe);
    snprintf(command, sizeof command, "head -c 120 %s", at("x"));
    from_pipe(command, read_cut_pipe);
    from_pipe("echo a,b", refuse_pipe);
}

static void standard_input_that_is_a_file_is_that_file(void **state) {
    (void)state;
    made m = {0};
    char marks[64];
    make_pcap(&m, false, false);
    save("x", &m);
    const int kept = dup(STDIN_FILENO), fd = open(at("x"), O_RDONLY | O_CLOEXEC);
    assert_true(dup2(fd, STDIN_FILENO) >= 0);
    assert_true(hg__is_capture("-"));
    hg__capture *c = open_or_fail("-", "");
    read_all(c, marks);
    assert_int_equal(hg__capture_rewind(c, NULL), HG_OK);
    assert_int_equal(read_all(c, marks), 3);
    hg__capture_close(c);
    assert_true(dup2(kept, STDIN_FILENO) >= 0);
    close(fd);
    close(kept);
}

// ---- faults -------------------------------------------------------------------------------------

// A child with a fault somewhere reads a file or a folder; of a good one either all or a sentence.
static int child(const char *scenario) {
    const int expected = scenario[0] - '0';
    const hg__capture_options o = {.filter = "len > 0"};
    hg_error err = {0};
    hg__packet p;
    int count = 0, code = 0;
    hg__capture *c = hg__capture_open(scenario + 1, &o, &err);
    while (c && (code = hg__capture_next(c, &p, &err)) == 1) count++;
    if (!c) code = err.code;
    hg__capture_close(c);
    if (code == 0) return count == expected ? CHILD_WORKED : CHILD_FAILED_BADLY;
    return err.code == code && err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void every_allocation_and_read_may_fail(void **state) {
    (void)state;
    made m = {0}, packed = {0};
    hg_error err;
    assert_int_equal(hg__make_folder(at("two"), &err), HG_OK);
    make_pcap(&m, false, false);
    pack(&m, &packed);
    save("two/a.pcap", &m);
    save("two/b.pcap.gz", &packed);
    static const char *const names[] = {"3two/a.pcap", "3two/b.pcap.gz", "6two"};
    for (size_t i = 0; i < 3; i++) {
        char scenario[300];
        snprintf(scenario, sizeof scenario, "%c%s", names[i][0], at(names[i] + 1));
        assert_true(count_faults(scenario, "HG_FAIL_ALLOC", "") > 2);
        assert_true(count_faults(scenario, "HG_FAIL_ALLOC", "+") > 2);
        assert_true(count_faults(scenario, "HG_FAIL_IO", "") > 1);
    }
}

// ---- real captures ------------------------------------------------------------------------------

// A capture of nDPI's tests is read to its end: as many packets as were counted there record by record.
static void expect_count(const char *folder_name, const char *name, int count, bool is_cut) {
    char path[1400], note[1600];
    snprintf(path, sizeof path, "%s/%s", folder_name, name);
    hg__capture *c = open_or_fail(path, NULL);
    hg__packet p;
    hg_error err = {0};
    int read = 0;
    while (hg__capture_next(c, &p, &err) == 1) {
        read++;
        assert_true(p.payload_captured <= p.payload_length && p.payload_captured <= p.captured);
    }
    if (read != count) print_error("%s: %d packets, expected %d\n", name, read, count);
    assert_int_equal(read, count);
    snprintf(note, sizeof note, "%s: ends inside packet %d; %d were read", path, count + 1, count);
    assert_string_equal(hg__capture_note(c), is_cut ? note : "");
    hg__capture_close(c);
}

static const char *data_folder(const char *name) {
    static char path[1024];
    const char *data = getenv("HG_DATA");
    snprintf(path, sizeof path, "%s/%s", data ? data : "../shared/data", name);
    return path;
}

static void real_captures_are_read_to_their_end(void **state) {
    (void)state;
    char path[1100], line[4096], *field[7];
    snprintf(path, sizeof path, "%s/labels.tsv", data_folder("ndpi-pcap"));
    FILE *f = fopen(path, "re");
    if (!f) {
        print_message("skipped: %s is not here\n", path);
        return;
    }
    int files = 0;
    while (fgets(line, sizeof line, f)) {
        // file, bytes, format, link types, packets, what is wrong with it, protocols
        char *rest = line;
        for (int i = 0; i < 7; i++) field[i] = strsep(&rest, "\t");
        int64_t count;
        if (!rest && field[6] && hg__parse_int(field[4], &count)) {
            expect_count(data_folder("ndpi-pcap"), field[0], (int)count,
                         strcmp(field[5], "trunc") == 0);
            files++;
        }
    }
    (void)fclose(f);
    assert_true(files > 400);
}

// Records of a pcap of this machine's byte order, by their lengths alone.
static int count_records(const char *path) {
    uint32_t header[4];
    int count = 0;
    FILE *f = fopen(path, "re");
    if (!f || fseek(f, 24, SEEK_SET) != 0) return -1;
    while (fread(header, sizeof header, 1, f) == 1 && fseek(f, (long)header[2], SEEK_CUR) == 0) {
        count++;
    }
    (void)fclose(f);
    return count;
}

static void captures_of_attacks_have_as_many_packets_as_records(void **state) {
    (void)state;
    static const char *const names[] = {
        "test12-icmp-portscan.pcap",      "test7-malicious.pcap",
        "test8-malicious.pcap",           "test-cc/test-cc-capture-1.pcap",
        "test-cc/test-cc-capture-2.pcap", "test19-malicious-ssh/malicious-ssh-bruteforce.pcap"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[1400];
        snprintf(path, sizeof path, "%s/%s", data_folder("slips-pcap"), names[i]);
        if (hg__is_file(path)) {
            expect_count(data_folder("slips-pcap"), names[i], count_records(path), false);
        } else {
            print_message("skipped: %s is not here\n", path);
        }
    }
}

int main(int argc, char **argv) {
    if (argc > 2) return child(argv[2]);
    if (!hg__pcap_version()[0]) {
        printf("skipped: libpcap is not here\n1 passed, 0 failed\n");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_byte_orders_and_resolutions_are_read),
        cmocka_unit_test(what_is_no_capture_is_refused),
        cmocka_unit_test(headers_that_libpcap_refuses_are_said),
        cmocka_unit_test(a_file_cut_anywhere_is_read_to_its_last_whole_packet),
        cmocka_unit_test(a_gzipped_file_that_is_cut_keeps_what_could_be_unpacked),
        cmocka_unit_test(lengths_that_lie_end_the_file_and_take_no_memory),
        cmocka_unit_test(packets_longer_than_the_header_allows_and_empty_ones_are_packets),
        cmocka_unit_test(times_are_never_so_far_apart_that_their_difference_overflows),
        cmocka_unit_test(interfaces_of_another_link_type_end_the_file),
        cmocka_unit_test(a_filter_leaves_packets_out),
        cmocka_unit_test(a_filter_that_does_not_compile_is_a_matter_of_usage),
        cmocka_unit_test(a_folder_is_read_in_the_order_of_its_names),
        cmocka_unit_test(a_pipe_is_read_once_as_it_comes),
        cmocka_unit_test(standard_input_that_is_a_file_is_that_file),
        cmocka_unit_test(every_allocation_and_read_may_fail),
        cmocka_unit_test(real_captures_are_read_to_their_end),
        cmocka_unit_test(captures_of_attacks_have_as_many_packets_as_records),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
