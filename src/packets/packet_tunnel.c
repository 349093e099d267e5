// SPDX-License-Identifier: Apache-2.0
// packet_tunnel.c - packets inside packets, by one level: GRE (RFC 2784, 2890, 2637), VXLAN (RFC 7348), IP in IP (RFC 2003, 4213).
#include <string.h>

#include "packets/reading.h"

// What stood outside, to be put back where nothing that is known lies inside.
typedef struct outside {
    hg__packet packet;
    hg__cursor cursor;
} outside;

// The packet as if only its link layer had been read. Of fragments only the first has the inner header, and not all of it.
static bool enter(hg__reading *r, outside *o) {
    hg__packet *p = r->p;
    if (r->is_inside || p->is_fragment) return false;
    *o = (outside){*p, r->c};
    *p = (hg__packet){.time = p->time,
                      .length = p->length,
                      .captured = p->captured,
                      .layers = p->layers & HG_LAYER_ETHERNET,
                      .flaws = p->flaws,
                      .ether_type = p->ether_type,
                      .vlan = p->vlan};
    memcpy(p->mac_from, o->packet.mac_from, 6);
    memcpy(p->mac_to, o->packet.mac_to, 6);
    r->is_inside = true;
    return true;
}

static void leave(hg__reading *r, const outside *o) {
    hg__packet *p = r->p;
    if (p->layers & (HG_LAYER_IP | HG_LAYER_ARP)) {
        p->layers |= HG_LAYER_TUNNEL;
        return;
    }
    *p = o->packet;
    r->c = o->cursor;
}

// The header says which of its fields are there. *type: of what follows, as Ethernet has it.
static bool pass_gre(hg__reading *r, uint16_t *type) {
    enum { HAS_SUM = 0x8000, HAS_ROUTE = 0x4000, HAS_KEY = 0x2000, HAS_NUMBER = 0x1000 };
    enum { HAS_ANSWER = 0x80, VERSION = 7, ERSPAN = 0x88be };
    const uint8_t *header = hg__reading_take(r, 4);
    if (!header) return false;
    const uint16_t flags = hg__big_16(header);
    *type = hg__big_16(header + 2);
    uint32_t more = 0;
    if (flags & (HAS_SUM | HAS_ROUTE)) more += 4;
    if (flags & HAS_KEY) more += 4;
    if (flags & HAS_NUMBER) more += 4;
    if ((flags & VERSION) == 1 && flags & HAS_ANSWER) more += 4;
    if ((flags & VERSION) > 1) return false;
    if (*type == ERSPAN) { // a switch's copy of a frame; of its first version without a header
        if (flags & HAS_NUMBER) more += 8;
        *type = 0x6558;
    }
    return more == 0 || hg__reading_take(r, more);
}

void hg__reading_tunnel_gre(hg__reading *r) {
    enum { BRIDGED = 0x6558 };
    outside o;
    uint16_t type;
    if (!enter(r, &o)) return;
    if (pass_gre(r, &type)) {
        if (type == BRIDGED) {
            hg__reading_ethernet(r);
        } else if (type >= 1536) {
            hg__reading_type(r, type);
        }
    }
    leave(r, &o);
}

void hg__reading_tunnel_vxlan(hg__reading *r) {
    enum { HAS_NETWORK = 8 };
    outside o;
    if (!enter(r, &o)) return;
    const uint8_t *header = hg__reading_take(r, 8);
    if (header && header[0] & HAS_NETWORK) hg__reading_ethernet(r);
    leave(r, &o);
}

void hg__reading_tunnel_ip(hg__reading *r) {
    outside o;
    if (!enter(r, &o)) return;
    hg__reading_ip(r);
    leave(r, &o);
}
