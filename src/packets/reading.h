// SPDX-License-Identifier: Apache-2.0
// reading.h - one packet while its headers are read. Only packet*.c include this.
//
//   packet.c            picks the reader of the link type, says where the payload lies
//   packet_link.c       Ethernet and VLAN, LLC, cooked, loopback, PPP, MPLS: ends in hg__reading_type()
//   packet_wireless.c   802.11, radiotap, PPI
//   packet_ip.c         IPv4, IPv6 and its extension headers, ARP
//   packet_transport.c  TCP, UDP, ICMP, ports of SCTP and UDP-Lite
//   packet_tunnel.c     GRE, VXLAN, IP in IP: the same once more, inside
//
// A reader that cannot go on returns; the cursor stands behind the last header that was read.
#ifndef HG_PACKETS_READING_H
#define HG_PACKETS_READING_H
#include "packets/cursor.h"
#include "packets/packet.h"

typedef struct hg__reading {
    hg__packet *p; // borrowed
    hg__cursor c;
    bool is_inside; // of a tunnel
    bool is_within; // a link type within a link type (PPI)
} hg__reading;

// The next n bytes of a header; NULL, with the flaw said, where they are not there.
static inline const uint8_t *hg__reading_take(hg__reading *r, uint32_t n) {
    const uint8_t *bytes = hg__cursor_take(&r->c, n);
    if (!bytes) {
        r->p->flaws |= n > r->c.left ? HG_FLAW_CUT | HG_FLAW_LENGTH : HG_FLAW_CUT;
    }
    return bytes;
}

// A header says that n bytes follow; more than there are is a flaw.
static inline void hg__reading_limit(hg__reading *r, uint32_t n) {
    if (n > r->c.left) r->p->flaws |= HG_FLAW_LENGTH;
    hg__cursor_limit(&r->c, n);
}

// Link layers, at the first byte of each.
void hg__reading_link(hg__reading *r, int link);
void hg__reading_ethernet(hg__reading *r);
void hg__reading_llc(hg__reading *r);
void hg__reading_cooked(hg__reading *r);   // version 1
void hg__reading_cooked_2(hg__reading *r); // version 2
void hg__reading_loopback(hg__reading *r);
void hg__reading_ppp(hg__reading *r);
void hg__reading_hdlc(hg__reading *r); // Cisco's
void hg__reading_wireless(hg__reading *r);
void hg__reading_radiotap(hg__reading *r);
void hg__reading_ppi(hg__reading *r);

// What follows a type of Ethernet's, which is noted.
void hg__reading_type(hg__reading *r, uint16_t type);
// IP of the version its first byte says.
void hg__reading_ip(hg__reading *r);
void hg__reading_arp(hg__reading *r);
void hg__reading_transport(hg__reading *r); // by p->protocol

// Goes on inside if there is IP or ARP, by one level; else the packet is as it was outside.
void hg__reading_tunnel_gre(hg__reading *r);
void hg__reading_tunnel_vxlan(hg__reading *r);
void hg__reading_tunnel_ip(hg__reading *r);
#endif
