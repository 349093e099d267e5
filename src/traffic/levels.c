// SPDX-License-Identifier: Apache-2.0
// levels.c - the levels, each a small function and a row.
#include "traffic/levels.h"

#include <stddef.h>

#include "traffic/mix.h"

enum {
    SYN = 2,
    ACK = 16,
    EXACT = 512,   // payloads up to so many bytes have a length each
    FRAMING = 6,   // bytes before what may be encrypted
    ENCRYPTED = 44 // eighths of a bit per byte of the first 128
};

// An answer and its contexts, the most specific first; 0 is "anywhere".
static bool answer(hg__seen *s, uint64_t value, int32_t contexts, uint64_t first, uint64_t second,
                   uint64_t third) {
    *s = (hg__seen){
        contexts, {first, second, third},
         value
    };
    return true;
}

static bool amount(hg__measured *m, double value, uint64_t first, uint64_t second) {
    *m = (hg__measured){
        2, {first, second},
         value
    };
    return true;
}

static uint64_t with(uint64_t a, uint64_t b) {
    return hg__mix(a, b);
}

static uint64_t client(const hg__observation *o) {
    return o->to_server ? o->from : o->to;
}

static uint64_t bytes(const uint8_t *b, int32_t count) {
    uint64_t sum = 0;
    for (int32_t i = 0; i < count; i++) sum = sum << 8 | b[i];
    return sum;
}

// ---- who ----------------------------------------------------------------------------------------

static bool see_peer(const hg__observation *o, int32_t i, hg__seen *s) {
    (void)i;
    return answer(s, o->to, 2, with(o->from, o->to_server), 1U + o->to_server, 0);
}

static bool see_host(const hg__observation *o, int32_t i, hg__seen *s) {
    (void)i;
    return answer(s, client(o), 2, o->service, 0, 0);
}

static bool see_offer(const hg__observation *o, int32_t i, hg__seen *s) {
    (void)i;
    return answer(s, o->offer, 2, client(o), 0, 0);
}

static bool see_service(const hg__observation *o, int32_t i, hg__seen *s) {
    (void)i;
    const uint64_t server = o->to_server ? o->to : o->from;
    return answer(s, o->service, 3, with(client(o), server), server, 0);
}

static bool see_mac(const hg__observation *o, int32_t i, hg__seen *s) {
    const hg__packet *p = o->packet;
    (void)i;
    const bool has_both = p->layers & HG_LAYER_ETHERNET && p->layers & (HG_LAYER_IP | HG_LAYER_ARP);
    if (!has_both) return false;
    return answer(s, bytes(p->mac_from, 6), 1, o->from, 0, 0);
}

// Who the frame goes to: where an address's packets always went to one, another says that somebody is in between.
static bool see_mac_to(const hg__observation *o, int32_t i, hg__seen *s) {
    const hg__packet *p = o->packet;
    (void)i;
    if (!(p->layers & HG_LAYER_ETHERNET) || !(p->layers & HG_LAYER_IP)) return false;
    return answer(s, bytes(p->mac_to, 6), 1, o->to, 0, 0);
}

static bool see_claim(const hg__observation *o, int32_t i, hg__seen *s) {
    const hg__packet *p = o->packet;
    (void)i;
    if (!(p->layers & HG_LAYER_ARP)) return false;
    return answer(s, bytes(p->arp_mac_from, 6), 1, o->from, 0, 0);
}

static bool see_protocol(const hg__observation *o, int32_t i, hg__seen *s) {
    const hg__packet *p = o->packet;
    (void)i;
    const uint64_t kind = (uint64_t)p->ether_type << 32 | (uint64_t)p->vlan << 16 | p->protocol;
    return answer(s, with(kind, p->layers), 2, o->from, 0, 0);
}

// ---- how the sender's system writes packets -----------------------------------------------------

static bool see_ttl(const hg__observation *o, int32_t i, hg__seen *s) {
    (void)i;
    if (!(o->packet->layers & HG_LAYER_IP)) return false;
    return answer(s, o->packet->ttl, 3, o->from, with(o->service, o->to_server), 0);
}

static bool see_ip(const hg__observation *o, int32_t i, hg__seen *s) {
    const hg__packet *p = o->packet;
    (void)i;
    const uint64_t flags = (uint64_t)p->version << 40 | (uint64_t)p->traffic_class << 32 |
                           (uint64_t)p->flaws << 16 | (uint64_t)p->dont_fragment << 2 |
                           (uint64_t)p->has_ip_options << 1 | p->is_fragment;
    return answer(s, flags, 3, with(o->from, p->protocol), with(o->service, o->to_server), 0);
}

static uint64_t kind_of_segment(const hg__observation *o) {
    return (uint64_t)(o->packet->tcp_flags & (SYN | ACK)) << 1 | o->to_server;
}

static bool see_options(const hg__observation *o, int32_t i, hg__seen *s) {
    const hg__packet *p = o->packet;
    (void)i;
    if (!(p->layers & HG_LAYER_TCP)) return false;
    const uint64_t kind = kind_of_segment(o);
    return answer(s, p->tcp_options, 3, with(o->from, kind), with(o->service, kind), kind);
}

static bool see_opening_segment(const hg__observation *o, int32_t i, hg__seen *s) {
    const hg__packet *p = o->packet;
    (void)i;
    if (!(p->layers & HG_LAYER_TCP) || !(p->tcp_flags & SYN)) return false;
    const uint64_t kind = kind_of_segment(o);
    const uint64_t look = (uint64_t)p->tcp_window << 32 | (uint64_t)p->tcp_mss << 8 | p->ttl;
    return answer(s, with(look, p->tcp_options), 3, with(o->from, kind), with(o->service, kind),
                  kind);
}

static bool see_port(const hg__observation *o, int32_t i, hg__seen *s) {
    (void)i;
    if (!(o->packet->layers & (HG_LAYER_TCP | HG_LAYER_UDP)) || !o->to_server) return false;
    const uint16_t port = o->packet->port_from; // systems draw theirs from one of these ranges
    const uint64_t range =
        (port >= 1024 ? 1U : 0U) + (port >= 32768 ? 1U : 0U) + (port >= 49152 ? 1U : 0U);
    return answer(s, range, 2, o->from, with(o->service, 1), 0);
}

static uint32_t bits(uint32_t x) {
    return x == 0 ? 0 : 32U - (uint32_t)__builtin_clz(x);
}

static bool see_window(const hg__observation *o, int32_t i, hg__seen *s) {
    (void)i;
    if (!(o->packet->layers & HG_LAYER_TCP)) return false;
    const uint64_t kind = kind_of_segment(o);
    return answer(s, bits(o->packet->tcp_window), 3, with(with(o->from, o->service), kind),
                  with(o->service, kind), 0);
}

// ---- sizes and order ----------------------------------------------------------------------------

static bool see_step(const hg__observation *o, int32_t i, hg__seen *s) {
    (void)i;
    return answer(s, o->symbol, 3, with(o->talk, o->previous), with(o->service, o->previous),
                  o->service);
}

static bool see_length(const hg__observation *o, int32_t i, hg__seen *s) {
    (void)i;
    const uint32_t length = o->packet->payload_length;
    const uint64_t value = length <= EXACT ? length : EXACT + length / 64;
    return answer(s, value, 3, with(o->talk, o->to_server), with(o->service, o->to_server), 0);
}

static bool see_variety(const hg__observation *o, int32_t i, hg__seen *s) {
    const hg__packet *p = o->packet;
    (void)i;
    if (p->payload_captured == 0) return false;
    uint32_t printable = 0, n = p->payload_captured < 128 ? p->payload_captured : 128;
    for (uint32_t j = 0; j < n; j++) printable += p->payload[j] >= 32 && p->payload[j] < 127;
    const uint64_t value = (uint64_t)(o->variety / 4) << 8 | printable * 4 / n;
    const uint64_t size = bits(n) << 1 | o->to_server;
    return answer(s, value, 3, with(o->offer, size), with(o->service, size), size);
}

// ---- first bytes --------------------------------------------------------------------------------

// Each byte given the one before it; of what looks encrypted the first few alone.
static bool see_byte(const hg__observation *o, int32_t i, hg__seen *s) {
    const hg__packet *p = o->packet;
    if ((uint32_t)i >= p->payload_captured) return false;
    if (i >= FRAMING && o->variety >= ENCRYPTED) return false;
    const uint64_t at = (uint64_t)i << 1 | o->to_server;
    const uint64_t behind = at << 8 | (i > 0 ? p->payload[i - 1] : 0U);
    return answer(s, p->payload[i], 3, with(o->talk, behind), with(o->service, behind),
                  with(o->service, at));
}

// ---- what is asked for --------------------------------------------------------------------------

static uint64_t asked(const hg__observation *o) {
    return with(o->glimpse.place, o->to_server);
}

static bool see_action(const hg__observation *o, int32_t i, hg__seen *s) {
    (void)i;
    if (!o->glimpse.protocol) return false;
    return answer(s, o->glimpse.action, 3, with(o->talk, o->to_server),
                  with(o->offer, o->to_server), asked(o));
}

static bool see_object(const hg__observation *o, int32_t i, hg__seen *s) {
    (void)i;
    if (!o->glimpse.protocol || !o->glimpse.object) return false;
    return answer(s, with(o->glimpse.object, o->glimpse.action), 3, with(o->talk, o->to_server),
                  with(o->offer, o->to_server), asked(o));
}

static bool see_size(const hg__observation *o, int32_t i, hg__seen *s) {
    (void)i;
    if (!o->glimpse.protocol) return false;
    return answer(s, (uint64_t)hg__tail_bin(o->glimpse.size), 3,
                  with(with(o->talk, o->to_server), o->glimpse.action),
                  with(asked(o), o->glimpse.action), asked(o));
}

static bool measure_size(const hg__observation *o, hg__measured *m) {
    if (!o->glimpse.protocol) return false;
    return amount(m, o->glimpse.size, with(with(o->offer, o->to_server), o->glimpse.action),
                  asked(o));
}

static bool measure_variety(const hg__observation *o, hg__measured *m) {
    if (!o->glimpse.protocol || !o->glimpse.variety) return false;
    const double per_byte = 8.0 * o->glimpse.variety; // finer bins
    return amount(m, per_byte * per_byte, with(o->offer, o->to_server), asked(o));
}

static bool measure_special(const hg__observation *o, hg__measured *m) {
    if (!o->glimpse.protocol || !o->glimpse.variety) return false;
    return amount(m, o->glimpse.special, with(o->offer, o->to_server), asked(o));
}

// ---- when ---------------------------------------------------------------------------------------

// Half octaves of milliseconds.
static uint64_t pause_class(int64_t gap) {
    return gap < 0 ? 99 : (uint64_t)hg__tail_bin((double)gap / 62500.0); // from a sixteenth of one
}

static bool see_gap(const hg__observation *o, int32_t i, hg__seen *s) {
    (void)i;
    return answer(s, pause_class(o->gap), 3, with(o->talk, o->symbol),
                  with(o->service, o->previous), o->service);
}

static bool see_rhythm(const hg__observation *o, int32_t i, hg__seen *s) {
    (void)i;
    return answer(s, pause_class(o->symbol_gap), 3, with(o->talk, o->symbol),
                  with(o->service, o->symbol), o->service);
}

// ---- how much -----------------------------------------------------------------------------------

#define PACE(name, which)                                                \
 static bool measure_##name(const hg__observation *o, hg__measured *m) { \
  return amount(m, (double)o->pace[which], o->from, 0);                  \
 }
PACE(packets, HG_PACE_PACKETS)
PACE(bytes, HG_PACE_BYTES)
PACE(flows, HG_PACE_FLOWS)
PACE(refused, HG_PACE_REFUSED)
PACE(hosts, HG_PACE_HOSTS)
PACE(services, HG_PACE_SERVICES)
PACE(names, HG_PACE_NAMES)

static bool measure_up(const hg__observation *o, hg__measured *m) {
    return amount(m, (double)o->bytes_up, o->talk, o->service);
}
static bool measure_down(const hg__observation *o, hg__measured *m) {
    return amount(m, (double)o->bytes_down, o->talk, o->service);
}
static bool measure_length(const hg__observation *o, hg__measured *m) {
    return amount(m, (double)o->packets, o->talk, o->service);
}

// clang-format off
const hg__level hg__levels[] = {
    {"peer",     HG_EVIDENCE_WHO,     1, see_peer,     NULL, HG_ABOUT_SENDER, "speaks to a host it did not speak to", NULL, NULL},
    {"host",     HG_EVIDENCE_WHO,     1, see_host,     NULL, HG_ABOUT_CLIENT, "was not there before, or did not use this service", NULL, NULL},
    {"offer",    HG_EVIDENCE_WHO,     1, see_offer,    NULL, HG_ABOUT_CLIENT, "uses a service it did not use", NULL, NULL},
    {"service",  HG_EVIDENCE_WHO,     1, see_service,  NULL, HG_ABOUT_CLIENT, "uses a service that this server was not asked for", NULL, NULL},
    {"mac",      HG_EVIDENCE_OWN,     1, see_mac,      NULL, HG_ABOUT_MAC_FROM, "sends from hardware address", NULL, NULL},
    {"mac_to",   HG_EVIDENCE_OWN,     1, see_mac_to,   NULL, HG_ABOUT_MAC_TO, "is written to at hardware address", NULL, NULL},
    {"claim",    HG_EVIDENCE_OWN,     1, see_claim,    NULL, HG_ABOUT_CLAIM, "is claimed by hardware address", NULL, NULL},
    {"protocol", HG_EVIDENCE_WHO,     1, see_protocol, NULL, HG_ABOUT_SENDER, "speaks a protocol it did not speak", NULL, NULL},
    {"ttl",      HG_EVIDENCE_STACK,   1, see_ttl,      NULL, HG_ABOUT_SENDER, "sends packets with another time to live", NULL, NULL},
    {"ip",       HG_EVIDENCE_STACK,   1, see_ip,       NULL, HG_ABOUT_SENDER, "sets other flags in its IP headers", NULL, NULL},
    {"options",  HG_EVIDENCE_STACK,   1, see_options,  NULL, HG_ABOUT_SENDER, "has other TCP options", NULL, NULL},
    {"syn",      HG_EVIDENCE_STACK,   1, see_opening_segment, NULL, HG_ABOUT_SENDER, "opens connections as another system would", NULL, NULL},
    {"port",     HG_EVIDENCE_STACK,   1, see_port,     NULL, HG_ABOUT_SENDER, "takes its own ports from another range", NULL, NULL},
    {"window",   HG_EVIDENCE_STACK,   1, see_window,   NULL, HG_ABOUT_SENDER, "has a TCP window of another size", NULL, NULL},
    {"step",     HG_EVIDENCE_TALK,    1, see_step,     NULL, HG_ABOUT_NOBODY, "packets follow each other in an unusual order", NULL, NULL},
    {"length",   HG_EVIDENCE_TALK,    1, see_length,   NULL, HG_ABOUT_SENDER, "sends a payload of unusual length", NULL, NULL},
    {"variety",  HG_EVIDENCE_TALK,    1, see_variety,  NULL, HG_ABOUT_SENDER, "sends a payload of another kind: text, binary or encrypted", NULL, NULL},
    {"opening",  HG_EVIDENCE_CONTENT, HG_OPENING, see_byte, NULL, HG_ABOUT_SENDER, "sends a payload whose first bytes are unusual", NULL, NULL},
    {"action",   HG_EVIDENCE_ASK,     1, see_action,   NULL, HG_ABOUT_SENDER, "asks for something it did not ask for", "answers as it did not answer", NULL},
    {"object",   HG_EVIDENCE_ASK,     1, see_object,   NULL, HG_ABOUT_SENDER, "asks about something it did not ask about", "answers about something it did not answer about", NULL},
    {"size",     HG_EVIDENCE_ASK,     1, see_size,     NULL, HG_ABOUT_SENDER, "asks for an unusual number or length", "answers with an unusual number or length", NULL},
    {"longest",  HG_EVIDENCE_ASK,     1, NULL, measure_size,    HG_ABOUT_SENDER, "asks for more, or by a longer name", "answers with more, or a longer name", ""},
    {"garbled",  HG_EVIDENCE_ASK,     1, NULL, measure_variety, HG_ABOUT_SENDER, "asks by a more varied name", "answers about a more varied name", NULL},
    {"special",  HG_EVIDENCE_ASK,     1, NULL, measure_special, HG_ABOUT_SENDER, "asks by more quotes, brackets and the like", "answers with more quotes, brackets and the like", ""},
    {"gap",      HG_EVIDENCE_WHEN,    1, see_gap,      NULL, HG_ABOUT_SENDER, "sends after an unusual pause", NULL, NULL},
    {"rhythm",   HG_EVIDENCE_WHEN,    1, see_rhythm,   NULL, HG_ABOUT_SENDER, "sends out of its rhythm", NULL, NULL},
    {"packets",  HG_EVIDENCE_MUCH,    1, NULL, measure_packets,  HG_ABOUT_SENDER, "sends more packets", NULL, "in 10 s"},
    {"bytes",    HG_EVIDENCE_MUCH,    1, NULL, measure_bytes,    HG_ABOUT_SENDER, "sends more bytes", NULL, "in 10 s"},
    {"flows",    HG_EVIDENCE_MANY,    1, NULL, measure_flows,    HG_ABOUT_SENDER, "opens more connections", NULL, "in 10 s"},
    {"refused",  HG_EVIDENCE_MANY,    1, NULL, measure_refused,  HG_ABOUT_SENDER, "is refused more often", NULL, "in 10 s"},
    {"hosts",    HG_EVIDENCE_MANY,    1, NULL, measure_hosts,    HG_ABOUT_SENDER, "speaks to more hosts", NULL, "in 10 s"},
    {"services", HG_EVIDENCE_MANY,    1, NULL, measure_services, HG_ABOUT_SENDER, "asks for more services", NULL, "in 10 s"},
    {"names",    HG_EVIDENCE_MANY,    1, NULL, measure_names,    HG_ABOUT_SENDER, "asks for more names", NULL, "in 10 s"},
    {"up",       HG_EVIDENCE_MUCH,    1, NULL, measure_up,       HG_ABOUT_CLIENT, "sends more to a server within a connection", NULL, "bytes"},
    {"down",     HG_EVIDENCE_MUCH,    1, NULL, measure_down,     HG_ABOUT_CLIENT, "is sent more by a server within a connection", NULL, "bytes"},
    {"lasting",  HG_EVIDENCE_MUCH,    1, NULL, measure_length,   HG_ABOUT_CLIENT, "has a connection of more packets", NULL, ""},
};
// clang-format on
const int32_t hg__level_count = sizeof hg__levels / sizeof *hg__levels;
