// SPDX-License-Identifier: Apache-2.0
// packet_ip.c - IPv4 with its options (RFC 791), IPv6 with its extension headers (RFC 8200), ARP (RFC 826).
#include <string.h>

#include "packets/reading.h"

static void set_address_4(uint8_t to[16], const uint8_t from[4]) {
    memset(to, 0, 10);
    memset(to + 10, 0xff, 2);
    memcpy(to + 12, from, 4);
}

// Kinds 0 (the end) and 1 (nothing) are of one byte, others have a length, which counts both.
static bool are_options_good(const uint8_t *option, uint32_t size) {
    for (uint32_t at = 0; at < size && option[at] != 0;) {
        const uint32_t length = option[at] == 1 ? 1U : at + 1 < size ? option[at + 1] : 0U;
        if (length == 0 || length > size - at || (length == 1 && option[at] != 1)) return false;
        at += length;
    }
    return true;
}

// How much the packet has behind its header. Total 0: the network card was to cut it up, and it goes to the end.
static void limit_4(hg__reading *r, uint32_t total, uint32_t header) {
    if (total == 0) return;
    if (total < header) {
        r->p->flaws |= HG_FLAW_LENGTH;
        return;
    }
    hg__reading_limit(r, total - header);
}

static void read_ip4(hg__reading *r) {
    hg__packet *p = r->p;
    const uint8_t *header = hg__reading_take(r, 20);
    if (!header) return;
    const uint32_t size = (header[0] & 15U) * 4;
    p->version = 4;
    p->layers |= HG_LAYER_IP;
    p->traffic_class = header[1];
    p->ttl = header[8];
    p->protocol = header[9];
    set_address_4(p->from, header + 12);
    set_address_4(p->to, header + 16);
    const uint16_t fragment = hg__big_16(header + 6);
    p->dont_fragment = fragment & 0x4000;
    p->is_fragment = fragment & 0x3fff;
    if (size < 20) {
        p->flaws |= HG_FLAW_LENGTH;
        return;
    }
    if (size > 20) {
        p->has_ip_options = true;
        const uint8_t *options = hg__reading_take(r, size - 20);
        if (!options) return;
        if (!are_options_good(options, size - 20)) p->flaws |= HG_FLAW_OPTIONS;
    }
    limit_4(r, hg__big_16(header + 2), size);
    if (fragment & 0x1fff) {
        p->flaws |= HG_FLAW_FRAGMENT;
        return;
    }
    hg__reading_transport(r);
}

// ---- version 6 ----------------------------------------------------------------------------------

enum {
    NEXT_HOPS = 0,
    NEXT_ROUTING = 43,
    NEXT_FRAGMENT = 44,
    NEXT_AUTHENTICATION = 51,
    NEXT_DESTINATION = 60,
    NEXT_MOBILITY = 135,
    NEXT_HIP = 139,
    NEXT_SHIM = 140,
    MOST_EXTENSIONS = 16
};

static bool is_extension(uint8_t next) {
    return next == NEXT_HOPS || next == NEXT_ROUTING || next == NEXT_FRAGMENT ||
           next == NEXT_AUTHENTICATION || next == NEXT_DESTINATION || next == NEXT_MOBILITY ||
           next == NEXT_HIP || next == NEXT_SHIM;
}

// Each says which is next and how long it is. False where the transport header cannot be had.
static bool pass_extension(hg__reading *r) {
    hg__packet *p = r->p;
    const uint8_t kind = p->protocol;
    const uint8_t *header = hg__reading_take(r, 8);
    if (!header) return false;
    const uint32_t size = kind == NEXT_FRAGMENT         ? 8U
                          : kind == NEXT_AUTHENTICATION ? (header[1] + 2U) * 4
                                                        : (header[1] + 1U) * 8;
    p->has_ip_options = true;
    if (size > 8 && !hg__reading_take(r, size - 8)) return false;
    p->protocol = header[0];
    if (kind != NEXT_FRAGMENT) return true;
    const uint16_t fragment = hg__big_16(header + 2); // offset, 2 bits of nothing, more
    p->is_fragment = fragment & 0xfff9;
    if (!(fragment & 0xfff8)) return true;
    p->flaws |= HG_FLAW_FRAGMENT;
    return false;
}

static void read_ip6(hg__reading *r) {
    hg__packet *p = r->p;
    const uint8_t *header = hg__reading_take(r, 40);
    if (!header) return;
    p->version = 6;
    p->layers |= HG_LAYER_IP;
    p->traffic_class = (uint8_t)(hg__big_16(header) >> 4);
    p->protocol = header[6];
    p->ttl = header[7];
    memcpy(p->from, header + 8, 16);
    memcpy(p->to, header + 24, 16);
    const uint16_t length = hg__big_16(header + 4); // 0: larger than it can say
    if (length) hg__reading_limit(r, length);
    for (int i = 0; is_extension(p->protocol); i++) {
        if (i == MOST_EXTENSIONS || !pass_extension(r)) return;
    }
    hg__reading_transport(r);
}

void hg__reading_ip(hg__reading *r) {
    if (r->c.captured == 0) {
        (void)hg__reading_take(r, 1); // says the flaw
        return;
    }
    const int version = r->c.at[0] >> 4;
    if (version == 4) {
        read_ip4(r);
    } else if (version == 6) {
        read_ip6(r);
    } else {
        r->p->flaws |= HG_FLAW_LENGTH;
    }
}

// Of Ethernet and IPv4, the only one there is: kinds of both addresses, their lengths, operation, then sender and target.
void hg__reading_arp(hg__reading *r) {
    hg__packet *p = r->p;
    const uint8_t *header = hg__reading_take(r, 28);
    if (!header) return;
    if (header[4] != 6 || header[5] != 4) {
        p->flaws |= HG_FLAW_LENGTH;
        return;
    }
    p->layers |= HG_LAYER_ARP;
    p->arp_operation = hg__big_16(header + 6);
    memcpy(p->arp_mac_from, header + 8, 6);
    set_address_4(p->from, header + 14);
    memcpy(p->arp_mac_to, header + 18, 6);
    set_address_4(p->to, header + 24);
    hg__cursor_limit(&r->c, 0); // what is behind it is padding
}
