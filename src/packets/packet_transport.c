// SPDX-License-Identifier: Apache-2.0
// packet_transport.c - TCP (RFC 9293), UDP (RFC 768), ICMP (RFC 792, 4443), and the ports of SCTP and UDP-Lite.
#include "packets/reading.h"

enum {
    ICMP = 1,
    IP4_INSIDE = 4,
    TCP = 6,
    UDP = 17,
    IP6_INSIDE = 41,
    GRE = 47,
    ICMP_6 = 58,
    SCTP = 132,
    UDP_LITE = 136,
    PORT_VXLAN = 4789
};

// FNV-1a over their kinds.
static void read_options(hg__packet *p, const uint8_t *option, uint32_t size) {
    enum { END = 0, NOTHING = 1, SEGMENT_SIZE = 2 };
    uint32_t hash = 2166136261U;
    for (uint32_t at = 0; at < size && option[at] != END;) {
        const uint32_t left = size - at;
        const uint32_t length = option[at] == NOTHING ? 1U : left > 1 ? option[at + 1] : 0U;
        hash = (hash ^ option[at]) * 16777619U;
        if (length > left || (option[at] != NOTHING && length < 2)) {
            p->flaws |= HG_FLAW_OPTIONS;
            break;
        }
        if (option[at] == SEGMENT_SIZE && length == 4) p->tcp_mss = hg__big_16(option + at + 2);
        at += length;
    }
    if (size) p->tcp_options = hash ? hash : 1;
}

static void read_tcp(hg__reading *r) {
    hg__packet *p = r->p;
    const uint8_t *header = hg__reading_take(r, 20);
    if (!header) return;
    p->layers |= HG_LAYER_TCP;
    p->port_from = hg__big_16(header);
    p->port_to = hg__big_16(header + 2);
    p->tcp_sequence = hg__big_32(header + 4);
    p->tcp_acknowledged = hg__big_32(header + 8);
    p->tcp_flags = header[13];
    p->tcp_window = hg__big_16(header + 14);
    const uint32_t size = (header[12] >> 4) * 4U;
    if (size < 20) {
        p->flaws |= HG_FLAW_LENGTH;
    } else if (size > 20) {
        const uint8_t *options = hg__reading_take(r, size - 20);
        if (options) read_options(p, options, size - 20);
    }
}

static void read_udp(hg__reading *r) {
    hg__packet *p = r->p;
    const uint8_t *header = hg__reading_take(r, 8);
    if (!header) return;
    p->layers |= HG_LAYER_UDP;
    p->port_from = hg__big_16(header);
    p->port_to = hg__big_16(header + 2);
    const uint16_t length = hg__big_16(header + 4); // 0: larger than it can say
    if (length != 0 && length < 8) {
        p->flaws |= HG_FLAW_LENGTH;
    } else if (length != 0 && p->is_fragment) {
        hg__cursor_limit(&r->c, length - 8U); // that of all fragments
    } else if (length != 0) {
        hg__reading_limit(r, length - 8U);
    }
    if (p->port_to == PORT_VXLAN) hg__reading_tunnel_vxlan(r);
}

static void read_icmp(hg__reading *r) {
    const uint8_t *header = hg__reading_take(r, 4);
    if (!header) return;
    r->p->layers |= HG_LAYER_ICMP;
    r->p->icmp_type = header[0];
    r->p->icmp_code = header[1];
    (void)hg__cursor_take(&r->c, 4); // what these bytes are depends on the type
}

static void read_ports(hg__reading *r, uint32_t size) {
    const uint8_t *header = hg__reading_take(r, size);
    if (!header) return;
    r->p->port_from = hg__big_16(header);
    r->p->port_to = hg__big_16(header + 2);
}

void hg__reading_transport(hg__reading *r) {
    switch (r->p->protocol) {
    case TCP: read_tcp(r); break;
    case UDP: read_udp(r); break;
    case ICMP:
    case ICMP_6: read_icmp(r); break;
    case SCTP: read_ports(r, 12); break;
    case UDP_LITE: read_ports(r, 8); break;
    case GRE: hg__reading_tunnel_gre(r); break;
    case IP4_INSIDE:
    case IP6_INSIDE: hg__reading_tunnel_ip(r); break;
    default: break;
    }
}
