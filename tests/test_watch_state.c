// SPDX-License-Identifier: Apache-2.0
// test_watch_state.c - open alerts, written and read again: nothing that is said of them is lost.
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/file.h"
#include "jobs/watch.h"
#include "own_folder.h"

#include <cmocka.h>

static int hear(void *context, const hg__alert *a, hg_error *err) {
    (void)context;
    (void)a;
    (void)err;
    return HG_OK;
}

static hg__alerts *make(void) {
    hg__alerts_options o = hg__alerts_usual();
    o.sure = 1;
    o.tell = hear;
    hg__alerts *a = hg__alerts_new(&o, NULL);
    assert_non_null(a);
    return a;
}

static void add_tcp(hg__alerts *a) {
    hg__verdict v = {.to_server = true,
                     .server_port = 502,
                     .score = 17.5F,
                     .protocol = &hg__protocol_modbus,
                     .action = 5,
                     .largest = 1,
                     .amount = 3,
                     .most = 2};
    v.packet = (hg__packet){
        .time = 1000,
        .layers = HG_LAYER_IP | HG_LAYER_TCP,
        .version = 4,
        .protocol = 6,
        .from = {10, 0, 0, 7},
        .port_to = 502
    };
    v.bits[1] = 12.25F;
    v.evidence[0] = 7;
    assert_int_equal(hg__alerts_add(a, &v, 0.25, NULL), HG_OK);
}

static void add_arp(hg__alerts *a) {
    hg__verdict v = {.score = 20, .largest = -1};
    v.packet = (hg__packet){
        .time = 2000,
        .layers = HG_LAYER_ARP,
        .ether_type = 0x0806,
        .mac_from = {2,  1 },
        .arp_operation = 2,
        .arp_mac_from = { 2, 0, 0, 0, 0, 9},
        .arp_mac_to = {  2, 0, 0, 0, 0, 10}
    };
    assert_int_equal(hg__alerts_add(a, &v, 0.125, NULL), HG_OK);
}

static char *text_of(const hg__alerts *a) {
    hg__text t = {0};
    hg__watch_write_state(a, &t);
    char *text = hg__text_take(&t, NULL);
    assert_non_null(text);
    return text;
}

static void open_alerts_are_the_same_when_they_were_read(void **state) {
    (void)state;
    hg__alerts *a = make(), *b = make();
    add_tcp(a);
    add_arp(a);
    char *written = text_of(a);
    assert_non_null(strstr(written, "\"arp_mac_from\":\"020000000009\""));
    assert_int_equal(hg__write_file(at(HG_WATCH_ALERTS), written, strlen(written), NULL), HG_OK);
    hg__watch_read_state(b, folder, NULL);
    char *again = text_of(b);
    assert_string_equal(again, written);
    assert_int_equal(hg__alerts_count(b), 2);
    hg_text_free(written);
    hg_text_free(again);
    hg__alerts_free(a);
    hg__alerts_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_alerts_are_the_same_when_they_were_read),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
