// SPDX-License-Identifier: Apache-2.0
// watch_alert.c - an alert as a line of JSON: as we have it, and with the names of Suricata's EVE.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "jobs/judge_packets.h"
#include "jobs/watch.h"

enum { TIME_TEXT = 48 };

// "2026-01-31T12:00:00.123456789" and an end: digits 9 or 6 of the second.
static void format_time(int64_t ns, int digits, const char *end, char text[TIME_TEXT]) {
    int64_t seconds = ns / 1000000000, part = ns % 1000000000;
    if (part < 0) {
        part += 1000000000;
        seconds--;
    }
    const time_t when = (time_t)seconds;
    struct tm parts;
    char date[24];
    if (!gmtime_r(&when, &parts) || strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts) == 0) {
        date[0] = '\0';
    }
    if (digits == 6) part /= 1000;
    snprintf(text, TIME_TEXT, "%s.%0*" PRId64 "%s", date, digits, part, end);
}

// Who asked whom, by the packet that says most.
typedef struct sides {
    char source[HG_ADDRESS_TEXT], destination[HG_ADDRESS_TEXT], protocol[16];
    bool has_ports;
    int64_t source_port, port;
} sides;

static sides sides_of(const hg__alert *a) {
    const hg__packet *p = &a->verdict->packet;
    const bool is_from = a->is_from_sender;
    sides s = {.has_ports = p->layers & (HG_LAYER_TCP | HG_LAYER_UDP),
               .source_port = is_from ? p->port_from : p->port_to,
               .port = is_from ? p->port_to : p->port_from};
    hg__verdict_names(a->verdict, is_from ? s.source : s.destination,
                      is_from ? s.destination : s.source, s.protocol);
    return s;
}

static void write_reasons(hg__json_writer *w, const char *why) {
    hg__json_begin(w, "reasons", '[');
    for (const char *at = why; *at;) {
        const char *end = strstr(at, "; ");
        const size_t length = end ? (size_t)(end - at) : strlen(at);
        hg__json_add_string(w, NULL, at, length);
        at += length + (end ? 2 : 0);
    }
    hg__json_end(w, ']');
}

static void write_measures(hg__json_writer *w, const hg__alert *a, int32_t top) {
    char why[HG_WHY] = "", first[TIME_TEXT], last[TIME_TEXT];
    if (top > 0) hg__verdict_explain(a->verdict, top, why);
    format_time(a->first, 9, "Z", first);
    format_time(a->last, 9, "Z", last);
    hg__json_add_real(w, "score", 6, (double)a->verdict->score);
    hg__json_add_real(w, "p_value", 4, a->p);
    hg__json_add_integer(w, "packets", a->packets);
    write_reasons(w, why);
    hg__json_add_text(w, "first", first);
    hg__json_add_text(w, "last", last);
}

void hg__watch_write(const hg__alert *a, int32_t top, hg__text *t) {
    hg__json_writer w = {.to = t};
    char when[TIME_TEXT];
    const sides s = sides_of(a);
    format_time(a->last, 9, "Z", when);
    hg__json_begin(&w, NULL, '{');
    hg__json_add_text(&w, "time", when);
    hg__json_add_text(&w, "event", a->is_end ? "end" : "alert");
    hg__json_add_integer(&w, "alert", (int64_t)a->number);
    hg__json_add_text(&w, "source", s.source);
    hg__json_add_text(&w, "destination", s.destination);
    hg__json_add_text(&w, "protocol", s.protocol);
    if (s.has_ports) hg__json_add_integer(&w, "port", s.port);
    write_measures(&w, a, top);
    hg__json_end(&w, '}');
    hg__text_add(t, "\n");
}

void hg__watch_write_plain(const hg__alert *a, int32_t top, hg__text *t) {
    char why[HG_WHY] = "";
    const sides s = sides_of(a);
    hg__text_add(t, "%s %" PRIu64 ": %s -> %s %s", a->is_end ? "end of alert" : "alert", a->number,
                 s.source, s.destination, s.protocol);
    if (s.has_ports) hg__text_add(t, " port %" PRId64, s.port);
    if (a->is_end) {
        hg__text_add(t, ": %" PRId64 " packets in %.0f s", a->packets,
                     (double)(a->last - a->first) / 1e9);
        return;
    }
    if (top > 0) hg__verdict_explain(a->verdict, top, why);
    hg__text_add(t, ": %s", *why ? why : "unlike what this network usually has");
}

// Of the end there is no event of EVE: it has a type of ours, so that alerts are not counted twice.
void hg__watch_write_eve(const hg__alert *a, int32_t top, hg__text *t) {
    enum { SIGNATURE = 9000001 }; // of a range that Suricata's own rules leave to others
    hg__json_writer w = {.to = t};
    char when[TIME_TEXT];
    const sides s = sides_of(a);
    format_time(a->last, 6, "+0000", when);
    hg__json_begin(&w, NULL, '{');
    hg__json_add_text(&w, "timestamp", when);
    hg__json_add_text(&w, "event_type", a->is_end ? "hourglass_end" : "alert");
    hg__json_add_text(&w, "src_ip", s.source);
    if (s.has_ports) hg__json_add_integer(&w, "src_port", s.source_port);
    hg__json_add_text(&w, "dest_ip", s.destination);
    if (s.has_ports) hg__json_add_integer(&w, "dest_port", s.port);
    hg__json_add_text(&w, "proto", s.protocol);
    if (!a->is_end) {
        hg__json_begin(&w, "alert", '{');
        hg__json_add_text(&w, "action", "allowed");
        hg__json_add_integer(&w, "gid", 1);
        hg__json_add_integer(&w, "signature_id", SIGNATURE);
        hg__json_add_integer(&w, "rev", 1);
        hg__json_add_text(&w, "signature",
                          "Hourglass: traffic unlike what this network usually has");
        hg__json_add_text(&w, "category", "Anomalous traffic");
        hg__json_add_integer(&w, "severity", 2);
        hg__json_end(&w, '}');
    }
    hg__json_begin(&w, "hourglass", '{');
    hg__json_add_integer(&w, "alert", (int64_t)a->number);
    write_measures(&w, a, top);
    hg__json_end(&w, '}');
    hg__json_end(&w, '}');
    hg__text_add(t, "\n");
}
