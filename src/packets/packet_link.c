// SPDX-License-Identifier: Apache-2.0
// packet_link.c - what carries IP: Ethernet with VLAN tags, LLC and SNAP, Linux cooked, loopback, PPP, HDLC, MPLS, PPPoE.
#include <string.h>

#include "packets/reading.h"

enum {
    TYPE_IP4 = 0x0800,
    TYPE_ARP = 0x0806,
    TYPE_VLAN = 0x8100,
    TYPE_IP6 = 0x86dd,
    TYPE_MPLS = 0x8847,
    TYPE_MPLS_MULTICAST = 0x8848,
    TYPE_PPPOE = 0x8864,
    TYPE_PPP = 0x880b,
    TYPE_QINQ = 0x88a8,     // 802.1ad
    TYPE_QINQ_OLD = 0x9100, // before it was a standard
    TYPES = 1536,           // below: a length of 802.3
    MOST_TAGS = 8,          // VLAN tags in a stack
    MOST_LABELS = 16        // of MPLS
};

static bool is_vlan(uint16_t type) {
    return type == TYPE_VLAN || type == TYPE_QINQ || type == TYPE_QINQ_OLD;
}

// A tag is 3 bits of priority, 1 of eligibility to be dropped, 12 of number; then the type behind it (802.1Q).
static bool pass_tags(hg__reading *r, uint16_t *type) {
    for (int i = 0; is_vlan(*type); i++) {
        const uint8_t *tag = i < MOST_TAGS ? hg__reading_take(r, 4) : NULL;
        if (!tag) return false;
        if (r->p->vlan == 0) r->p->vlan = hg__big_16(tag) & 0xfff;
        *type = hg__big_16(tag + 2);
    }
    return true;
}

// Labels of 4 bytes up to the one marked as the last (RFC 3032); what follows is told by its first nibble.
static void read_mpls(hg__reading *r) {
    for (int i = 0; i < MOST_LABELS; i++) {
        const uint8_t *label = hg__reading_take(r, 4);
        if (!label) return;
        if (!(label[2] & 1)) continue;
        const int nibble = r->c.captured ? r->c.at[0] >> 4 : 0;
        if (nibble == 4 || nibble == 6) hg__reading_ip(r);
        return;
    }
}

static void read_pppoe(hg__reading *r) { // RFC 2516: version, code, session, length
    const uint8_t *header = hg__reading_take(r, 6);
    if (!header) return;
    hg__reading_limit(r, hg__big_16(header + 4));
    hg__reading_ppp(r);
}

void hg__reading_type(hg__reading *r, uint16_t type) {
    const bool known = pass_tags(r, &type);
    r->p->ether_type = type;
    if (!known) return;
    if (type < TYPES) {
        hg__reading_limit(r, type);
        hg__reading_llc(r);
        return;
    }
    switch (type) {
    case TYPE_IP4:
    case TYPE_IP6: hg__reading_ip(r); break;
    case TYPE_ARP: hg__reading_arp(r); break;
    case TYPE_MPLS:
    case TYPE_MPLS_MULTICAST: read_mpls(r); break;
    case TYPE_PPPOE: read_pppoe(r); break;
    case TYPE_PPP: hg__reading_ppp(r); break;
    default: break;
    }
}

void hg__reading_ethernet(hg__reading *r) {
    const uint8_t *header = hg__reading_take(r, 14);
    if (!header) return;
    memcpy(r->p->mac_to, header, 6);
    memcpy(r->p->mac_from, header + 6, 6);
    r->p->layers |= HG_LAYER_ETHERNET;
    hg__reading_type(r, hg__big_16(header + 12));
}

// LLC (802.2): two service access points and a control byte. SNAP behind aa aa 03: an organisation's number and a type, which
// is Ethernet's where that is 0. IP alone has service access point 06.
void hg__reading_llc(hg__reading *r) {
    const uint8_t *llc = hg__reading_take(r, 3);
    if (!llc) return;
    if (llc[0] == 6 && llc[1] == 6 && llc[2] == 3) {
        hg__reading_ip(r);
        return;
    }
    if (llc[0] != 0xaa || llc[1] != 0xaa || llc[2] != 3) return;
    const uint8_t *snap = hg__reading_take(r, 5);
    if (!snap || snap[0] || snap[1] || snap[2]) return;
    const uint16_t type = hg__big_16(snap + 3);
    if (type >= TYPES) hg__reading_type(r, type);
}

// Linux cooked capture: kind of packet, kind of hardware, length and 8 bytes of the sender's address, type.
static void read_cooked(hg__reading *r, const uint8_t *address, int length, uint16_t type) {
    if (length == 6) memcpy(r->p->mac_from, address, 6);
    if (type >= TYPES) {
        hg__reading_type(r, type);
    } else if (type == 4) { // 802.2
        hg__reading_llc(r);
    }
}

void hg__reading_cooked(hg__reading *r) {
    const uint8_t *header = hg__reading_take(r, 16);
    if (header) read_cooked(r, header + 6, hg__big_16(header + 4), hg__big_16(header + 14));
}

void hg__reading_cooked_2(hg__reading *r) {
    const uint8_t *header = hg__reading_take(r, 20);
    if (header) read_cooked(r, header + 12, header[11], hg__big_16(header));
}

// The address family as the machine wrote it that captured (link type 0), or as networks do (108). Those of IPv6 differ by system.
void hg__reading_loopback(hg__reading *r) {
    const uint8_t *header = hg__reading_take(r, 4);
    if (!header) return;
    uint32_t family = hg__big_32(header);
    if (family > 0xffff) family = hg__little_32(header);
    if (family == 2 || family == 10 || family == 23 || family == 24 || family == 28 ||
        family == 30) {
        hg__reading_ip(r);
    }
}

// Its protocols have numbers of their own (RFC 1661); one with an odd first byte has but that.
void hg__reading_ppp(hg__reading *r) {
    const hg__cursor *c = &r->c;
    if (c->captured >= 2 && (c->at[0] == 0x0f || c->at[0] == 0x8f) && c->at[1] == 0) {
        hg__reading_hdlc(r);
        return;
    }
    if (c->captured >= 2 && c->at[0] == 0xff && c->at[1] == 3) (void)hg__reading_take(r, 2);
    const bool is_short = c->captured >= 1 && (c->at[0] & 1);
    const uint8_t *header = hg__reading_take(r, is_short ? 1 : 2);
    if (!header) return;
    const uint16_t protocol = is_short ? header[0] : hg__big_16(header);
    if (protocol == 0x21 || protocol == 0x57) {
        hg__reading_ip(r);
    } else if (protocol == 0x281 || protocol == 0x283) {
        read_mpls(r);
    }
}

void hg__reading_hdlc(hg__reading *r) {
    const uint8_t *header = hg__reading_take(r, 4);
    if (header && hg__big_16(header + 2) >= TYPES) hg__reading_type(r, hg__big_16(header + 2));
}
