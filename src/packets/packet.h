// SPDX-License-Identifier: Apache-2.0
// packet.h - what the headers of one packet say: link, network, transport, and where the payload lies.
//
//   bytes of a capture (capture.h) ──> hg__packet_read(): cursor, link layer, one tunnel at most, IP, TCP/UDP/ICMP ──> hg__packet
//
// Nothing is allocated and nothing behind the captured bytes is touched, whatever lengths the headers claim. What cannot be read
// is left 0 and said by `layers` and `flaws`; every packet, also one of garbage, gives a hg__packet.
#ifndef HG_PACKETS_PACKET_H
#define HG_PACKETS_PACKET_H
#include <stdbool.h>
#include <stdint.h>

// How far the headers could be followed.
enum {
    HG_LAYER_ETHERNET = 1, // mac_from, mac_to, ether_type
    HG_LAYER_ARP = 2,      // arp_*; from and to are the protocol addresses
    HG_LAYER_IP = 4,       // from, to, protocol ...
    HG_LAYER_TCP = 8,      // ports, tcp_*
    HG_LAYER_UDP = 16,     // ports
    HG_LAYER_ICMP = 32,    // icmp_type, icmp_code; of version 4 or 6
    HG_LAYER_TUNNEL =
        64 // addresses and what follows are those inside GRE, VXLAN or IP in IP, by one level
};

// What is wrong with it, or missing.
enum {
    HG_FLAW_CUT = 1, // a header reaches behind the captured bytes
    HG_FLAW_LENGTH =
        2, // a length that contradicts another: shorter than its header, longer than what carries it
    HG_FLAW_UNKNOWN = 4,  // a link type that is not read
    HG_FLAW_FRAGMENT = 8, // a fragment of an IP packet behind the first: no ports
    HG_FLAW_OPTIONS = 16  // options of TCP or IP that contradict their lengths
};

typedef struct hg__packet {
    int64_t time;    // ns since 1970, of less than 2^62; as the capture has it, which may jump back
    uint32_t length; // on the wire, bytes
    uint32_t captured; // of them in the capture
    uint16_t layers, flaws;

    uint8_t mac_from[6],
        mac_to[6]; // Linux's cooked captures have mac_from alone, without HG_LAYER_ETHERNET
    uint16_t
        ether_type; // behind VLAN tags; of 802.11 that of LLC/SNAP; below 1536: an 802.3 length
    uint16_t vlan;  // the outer tag's number; 0: none

    uint8_t version;                 // of IP: 4 or 6; 0: none
    uint8_t from[16], to[16];        // IPv4 as ::ffff:a.b.c.d
    uint8_t protocol;                // behind extension headers
    uint8_t ttl;                     // hop limit
    uint8_t traffic_class;           // DSCP and ECN
    bool has_ip_options;             // or extension headers
    bool dont_fragment, is_fragment; // is_fragment: also the first

    uint16_t port_from, port_to; // of SCTP and UDP-Lite too, which have no layer of their own
    uint8_t tcp_flags;           // FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128
    uint16_t tcp_window;
    uint32_t tcp_sequence, tcp_acknowledged;
    uint32_t
        tcp_options;  // a hash of which options there are, in order, not of their values; 0: none
    uint16_t tcp_mss; // 0: not said

    uint8_t icmp_type, icmp_code;
    uint16_t arp_operation; // 1 asks, 2 answers
    uint8_t arp_mac_from[6], arp_mac_to[6];

    // What is behind the last header that was read: `payload_length` bytes by the headers (Ethernet's padding is none), of which
    // the first `payload_captured` lie at `payload`, borrowed.
    const uint8_t *payload;
    uint32_t payload_length, payload_captured;
} hg__packet;

// p->time, length and captured are the caller's; fills in all else. link: a link type of the capture file
// (https://www.tcpdump.org/linktypes.html). bytes (p->captured), borrowed while p is used. Thread-safe.
void hg__packet_read(hg__packet *p, int link, const uint8_t *bytes);

// "10.0.0.7", "fe80::1", "02:00:00:00:00:01" where there is no IP.
enum { HG_ADDRESS_TEXT = 46 };
void hg__address_format(const uint8_t address[16], char text[HG_ADDRESS_TEXT]);
void hg__mac_format(const uint8_t mac[6], char text[HG_ADDRESS_TEXT]);
#endif
