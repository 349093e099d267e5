// SPDX-License-Identifier: Apache-2.0
// test_glimpse.c - what plain protocols ask for, from payloads made by hand; whatever is cut off or claimed, nothing behind the
// captured bytes is read (each payload lies in a block of exactly its size).
#include "packet_case.h"
#include "traffic/glimpse.h"

static hg__packet packet_of(uint16_t layer, uint16_t from, uint16_t to) {
    return (hg__packet){.layers = (uint16_t)(HG_LAYER_IP | layer),
                        .port_from = from,
                        .port_to = to,
                        .protocol = layer == HG_LAYER_UDP ? 17 : 6};
}

// The first `captured` bytes of m alone.
static hg__glimpse look_at_part(hg__packet p, uint16_t server, const made *m, uint32_t captured) {
    hg__glimpse g;
    memset(&g, 0xa5, sizeof g);
    uint8_t *copy = malloc(captured ? captured : 1);
    assert_non_null(copy);
    memcpy(copy, m->bytes, captured);
    p.payload = copy;
    p.payload_captured = captured;
    p.payload_length = m->size;
    hg__glimpse_take(&g, &p, server);
    free(copy);
    return g;
}

static hg__glimpse look_at(hg__packet p, uint16_t server, const made *m) {
    return look_at_part(p, server, m, m->size);
}

static bool is_of(const hg__glimpse *g, const char *name) {
    return g->protocol && strcmp(g->protocol->name, name) == 0;
}

static void put_text(made *m, const char *text) {
    for (; *text; text++) put_byte(m, (uint8_t)*text);
}

// ---- DNS ----------------------------------------------------------------------------------------

// "www.example.org" as labels, then type and class IN.
static void put_question(made *m, const char *name, unsigned type) {
    while (*name) {
        const size_t size = strcspn(name, ".");
        put_byte(m, (unsigned)size);
        for (size_t i = 0; i < size; i++) put_byte(m, (uint8_t)name[i]);
        name += size + (name[size] == '.');
    }
    put_byte(m, 0);
    put_16(m, type);
    put_16(m, 1);
}

static made query(const char *name, unsigned type) {
    made m = {.size = 0};
    put(&m, "1234 0100 0001 0000 0000 0000");
    put_question(&m, name, type);
    return m;
}

static void a_dns_query_has_type_domain_and_length(void **state) {
    (void)state;
    const hg__packet p = packet_of(HG_LAYER_UDP, 50000, 53);
    const made www = query("www.example.org", 1), mail = query("MAIL.Example.ORG", 1);
    const made text = query("www.example.org", 16), other = query("www.example.com", 1);
    const hg__glimpse g = look_at(p, 53, &www), h = look_at(p, 53, &mail);
    assert_true(is_of(&g, "DNS") && g.action == 1 && g.object != 0);
    assert_int_equal(g.size, strlen("www.example.org") + 2);
    assert_true(h.object == g.object); // the same domain, however it is written
    assert_int_equal(look_at(p, 53, &text).action, 16);
    assert_true(look_at(p, 53, &other).object != g.object);
    const hg__glimpse elsewhere = look_at(p, 54, &www);
    assert_true(!is_of(&elsewhere, "DNS"));
}

static void a_name_of_random_letters_is_more_varied(void **state) {
    (void)state;
    const hg__packet p = packet_of(HG_LAYER_UDP, 50000, 53);
    const made plain = query("aaaaabbbbbaaaaabbbbb.example.org", 1);
    const made garbled = query("q7x0zk4m1vw9yt3hs8dj.example.org", 1);
    assert_true(look_at(p, 53, &garbled).variety > look_at(p, 53, &plain).variety);
}

static void an_answer_is_another_action_than_its_query(void **state) {
    (void)state;
    made m = query("www.example.org", 1);
    const hg__packet ask = packet_of(HG_LAYER_UDP, 50000, 53);
    const hg__packet answer = packet_of(HG_LAYER_UDP, 53, 50000);
    const hg__glimpse g = look_at(ask, 53, &m);
    m.bytes[2] |= 0x80;
    put(&m, "c00c 0001 0001 0000003c 0004 c0a80101"); // a pointer to the name, and an address
    const hg__glimpse h = look_at(answer, 53, &m);
    assert_true(is_of(&h, "DNS") && h.action != g.action && h.object == g.object);
    m.bytes[3] |= 3; // no such name
    assert_true(look_at(answer, 53, &m).action != h.action);
}

static void dns_that_is_malformed_is_an_action_of_its_own(void **state) {
    (void)state;
    const hg__packet p = packet_of(HG_LAYER_UDP, 50000, 53);
    static const char *const wrong[] = {
        "1234 0100 0000 0000 0000 0000",                  // nothing is asked
        "1234 0100 0001 0000 0000 0000",                  // the name is not there
        "1234 0100 0001 0000 0000 0000 c00c 0001 0001",   // a pointer to itself
        "1234 0100 0001 0000 0000 0000 01 61 c00c 0001",  // a loop
        "1234 0100 0001 0000 0000 0000 3f 616161",        // a label longer than the packet
        "1234 0100 0001 0000 0000 0000 ff 616161 000001", // no label at all
        "1234 0100 ffff ffff ffff ffff",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        made m = {.size = 0};
        put(&m, wrong[i]);
        const hg__glimpse g = look_at(p, 53, &m);
        assert_true(is_of(&g, "DNS") && g.object == 0 && g.action >= 1U << 24);
    }
    made many = {.size = 0};
    put(&many, "1234 0100 0001 0000 0000 0000");
    for (int i = 0; i < 600; i++) put(&many, "0161"); // more labels than a name may have
    put(&many, "00 0001 0001");
    const hg__glimpse g = look_at(p, 53, &many);
    assert_true(is_of(&g, "DNS") && g.object == 0);
}

// ---- Modbus -------------------------------------------------------------------------------------

static made modbus(unsigned unit, unsigned function, unsigned address, unsigned count) {
    made m = {.size = 0};
    put(&m, "0001 0000 0006");
    put_byte(&m, unit);
    put_byte(&m, function);
    put_16(&m, address);
    put_16(&m, count);
    return m;
}

static void a_modbus_request_has_function_place_and_count(void **state) {
    (void)state;
    const hg__packet p = packet_of(HG_LAYER_TCP, 50000, 502);
    const made read = modbus(1, 3, 100, 10), write = modbus(1, 6, 100, 10);
    const hg__glimpse g = look_at(p, 502, &read);
    assert_true(is_of(&g, "Modbus") && g.action == 3 && g.size == 10 && g.object != 0);
    assert_int_equal(look_at(p, 502, &write).action, 6);
    const made unit = modbus(2, 3, 100, 10), place = modbus(1, 3, 101, 10);
    assert_true(look_at(p, 502, &unit).object != g.object);
    assert_true(look_at(p, 502, &place).object != g.object);
}

static void modbus_is_known_by_its_header_at_other_ports_too(void **state) {
    (void)state;
    const hg__packet p = packet_of(HG_LAYER_TCP, 50000, 1502);
    const made right = modbus(1, 3, 100, 10);
    made longer = right, other = right;
    put(&longer, "00");
    other.bytes[2] = 1; // another protocol
    const hg__glimpse g = look_at(p, 1502, &right), h = look_at(p, 1502, &longer);
    const hg__glimpse o = look_at(p, 1502, &other);
    assert_true(is_of(&g, "Modbus") && !h.protocol && !o.protocol);
}

// ---- HTTP and TLS -------------------------------------------------------------------------------

static void http_has_method_path_and_status(void **state) {
    (void)state;
    const hg__packet p = packet_of(HG_LAYER_TCP, 50000, 80);
    made get = {.size = 0}, post = {.size = 0}, tail = {.size = 0}, status[2] = {{.size = 0}};
    put_text(&get, "GET /shop/list HTTP/1.1\r\nHost: example.org\r\n");
    put_text(&post, "POST /shop/list HTTP/1.1\r\n");
    put_text(&tail, "GET /shop/list?page=12&order=%27or%271 HTTP/1.1\r\n");
    put_text(&status[0], "HTTP/1.1 200 OK\r\n");
    put_text(&status[1], "HTTP/1.1 404 Not Found\r\n");
    const hg__glimpse g = look_at(p, 80, &get), q = look_at(p, 80, &tail);
    assert_true(is_of(&g, "HTTP") && g.size == strlen("/shop/list"));
    assert_true(look_at(p, 80, &post).action != g.action);
    assert_true(q.object == g.object && q.size > g.size);
    const hg__glimpse ok = look_at(p, 80, &status[0]), missing = look_at(p, 80, &status[1]);
    assert_true(is_of(&ok, "HTTP") && is_of(&missing, "HTTP") && ok.action != missing.action);
}

static made hello(unsigned session, unsigned ciphers) {
    made m = {.size = 0};
    put(&m, "16 0301 0200 01 0001fc 0303");
    for (unsigned i = 0; i < 32; i++) put_byte(&m, i);
    put_byte(&m, session);
    put_zeros(&m, session);
    put_16(&m, 2 * ciphers);
    put_zeros(&m, 2 * ciphers);
    put(&m, "01 00 0000");
    return m;
}

static void tls_has_kind_of_record_and_how_many_ciphers_are_offered(void **state) {
    (void)state;
    const hg__packet p = packet_of(HG_LAYER_TCP, 50000, 443);
    const made a = hello(32, 17), b = hello(0, 17);
    made data = {.size = 0};
    put(&data, "17 0303 0020 00112233");
    const hg__glimpse g = look_at(p, 443, &a);
    assert_true(is_of(&g, "TLS") && g.size == 17);
    assert_int_equal(look_at(p, 443, &b).size, 17);
    const hg__glimpse d = look_at(p, 443, &data);
    assert_true(is_of(&d, "TLS") && d.action != g.action);
}

static hg__glimpse look_at_text(bool is_answer, uint16_t server, const char *text) {
    made m = {.size = 0};
    put_text(&m, text);
    return look_at(is_answer ? packet_of(HG_LAYER_TCP, server, 50000)
                             : packet_of(HG_LAYER_TCP, 50000, server),
                   server, &m);
}

static void quotes_and_brackets_are_counted_however_they_are_written(void **state) {
    (void)state;
    const hg__glimpse plain = look_at_text(false, 80, "GET /a-b/c_d.php?id=1&x=2%20 HTTP/1.1\r\n");
    const hg__glimpse odd = look_at_text(false, 80, "GET /a?id=1%27<script>%28%3b HTTP/1.1\r\n");
    assert_true(is_of(&plain, "HTTP") && plain.special == 0);
    assert_int_equal(odd.special, 5);
    const uint8_t cut[] = {'%', '2', '%', '4', '1', '%', 'z', 'z', 1, 200};
    assert_int_equal(hg__special(cut, sizeof cut), 2);
    assert_int_equal(hg__special(cut, 0), 0);
    const hg__packet p = packet_of(HG_LAYER_UDP, 50000, 53);
    const made name = query("a(b).example.org", 1);
    assert_int_equal(look_at(p, 53, &name).special, 2);
}

// ---- lines --------------------------------------------------------------------------------------

static void protocols_of_lines_have_commands_and_replies(void **state) {
    (void)state;
    const hg__glimpse user = look_at_text(false, 21, "USER anna\r\n");
    const hg__glimpse lower = look_at_text(false, 21, "user x\r\n");
    const hg__glimpse list = look_at_text(false, 21, "LIST\r\n");
    const hg__glimpse reply = look_at_text(true, 21, "331 Password, please\r\n");
    char words[60];
    assert_true(is_of(&user, "text") && is_of(&list, "text") && is_of(&reply, "text"));
    assert_true(user.action == lower.action && user.action != list.action);
    assert_true(user.size == 9 && user.object == 0 && !reply.refuses);
    user.protocol->describe(user.action, words, sizeof words);
    assert_string_equal(words, "USER");
    reply.protocol->describe(reply.action, words, sizeof words);
    assert_string_equal(words, "331");
    const hg__glimpse secret = look_at_text(false, 23, "hunter2\r\n");
    assert_true(is_of(&secret, "text"));
    secret.protocol->describe(secret.action, words, sizeof words);
    assert_string_equal(words, "line"); // what anybody may have typed is not told
    static const char *const others[] = {"ab\r\n", "a part of a letter, which goes on",
                                         "\x16\x03\n\n", "lettersonandon more\r\n", "x: y\r\n"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_null(look_at_text(false, 21, others[i]).protocol);
    }
}

static void refusals_are_told_in_what_protocol_ever(void **state) {
    (void)state;
    static const struct {
        uint16_t server;
        const char *text;
    } refused[] = {
        {80,  "HTTP/1.1 401 Unauthorized\r\n"      },
        {80,  "HTTP/1.1 403 Forbidden\r\n"         },
        {80,  "HTTP/1.1 407 Proxy\r\n"             },
        {80,  "HTTP/1.1 429 Too Many Requests\r\n" },
        {21,  "530 Login or password wrong\r\n"    },
        {25,  "535 5.7.8 No\r\n"                   },
        {110, "-ERR no such user\r\n"              },
        {23,  "\r\nLogin incorrect\r\nhost login: "},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        const hg__glimpse g = look_at_text(true, refused[i].server, refused[i].text);
        if (!g.refuses) fail_msg("%s", refused[i].text);
    }
    assert_false(look_at_text(true, 80, "HTTP/1.1 404 Not Found\r\n").refuses);
    assert_false(look_at_text(true, 21, "230 Welcome\r\n").refuses);
    assert_false(look_at_text(false, 23, "Login incorrect\r\n").refuses); // a client says so
}

// ---- cut off ------------------------------------------------------------------------------------

static void cut_at_every_byte_and_with_any_byte_changed_nothing_behind_is_read(void **state) {
    (void)state;
    made all[9] = {query("www.example.org", 1), modbus(1, 3, 100, 10), hello(32, 17),
                   hello(255, 2)};
    put_text(&all[4], "GET /shop/list?page=12 HTTP/1.1\r\n");
    put_text(&all[5], "PROPFIND /a HTTP/1.1\r\n");
    put_text(&all[6], "HTTP/1.1 200 OK\r\n");
    put_text(&all[7], "\r\nGET /a?b=%27%2 HTTP/1.1\r\n");
    put_text(&all[8], "RCPT TO:<a@example.org>\r\n");
    static const uint16_t port[] = {53, 502, 443, 443, 80, 80, 80, 21, 25};
    for (int k = 0; k < 9; k++) {
        const hg__packet p = packet_of(k ? HG_LAYER_TCP : HG_LAYER_UDP, 50000, port[k]);
        for (uint32_t cut = 0; cut <= all[k].size; cut++) {
            (void)look_at_part(p, port[k], &all[k], cut);
            for (int other = 0; other < 9; other++) {
                (void)look_at_part(p, port[other], &all[k], cut);
            }
        }
        for (uint32_t i = 0; i < all[k].size && i < 64; i++) {
            made wrong = all[k];
            for (unsigned value = 0; value < 256; value += 17) {
                wrong.bytes[i] = (uint8_t)value;
                const hg__glimpse g = look_at(p, port[k], &wrong);
                assert_true(g.variety <= 64);
            }
        }
    }
}

static void nothing_is_nobodys(void **state) {
    (void)state;
    const made none = {.size = 0};
    const hg__glimpse g = look_at(packet_of(HG_LAYER_TCP, 1, 502), 502, &none);
    assert_true(!g.protocol && g.action == 0 && g.object == 0 && g.size == 0);
}

static void variety_is_the_entropy_of_bytes_in_eighths(void **state) {
    (void)state;
    uint8_t same[256] = {0}, all[256], halves[256];
    for (int i = 0; i < 256; i++) all[i] = (uint8_t)i, halves[i] = i & 1;
    assert_int_equal(hg__variety(same, 256), 0);
    assert_int_equal(hg__variety(all, 256), 64);
    assert_int_equal(hg__variety(halves, 256), 8);
    assert_int_equal(hg__variety(all, 16), 32);
    assert_int_equal(hg__variety(all, 1), 0);
    assert_int_equal(hg__variety(all, 0), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dns_query_has_type_domain_and_length),
        cmocka_unit_test(a_name_of_random_letters_is_more_varied),
        cmocka_unit_test(an_answer_is_another_action_than_its_query),
        cmocka_unit_test(dns_that_is_malformed_is_an_action_of_its_own),
        cmocka_unit_test(a_modbus_request_has_function_place_and_count),
        cmocka_unit_test(modbus_is_known_by_its_header_at_other_ports_too),
        cmocka_unit_test(http_has_method_path_and_status),
        cmocka_unit_test(tls_has_kind_of_record_and_how_many_ciphers_are_offered),
        cmocka_unit_test(quotes_and_brackets_are_counted_however_they_are_written),
        cmocka_unit_test(protocols_of_lines_have_commands_and_replies),
        cmocka_unit_test(refusals_are_told_in_what_protocol_ever),
        cmocka_unit_test(cut_at_every_byte_and_with_any_byte_changed_nothing_behind_is_read),
        cmocka_unit_test(nothing_is_nobodys),
        cmocka_unit_test(variety_is_the_entropy_of_bytes_in_eighths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
