// SPDX-License-Identifier: Apache-2.0
// packet_wireless.c - 802.11 frames, alone or behind what a capture adds: radiotap, PPI.
#include <string.h>

#include "packets/reading.h"

enum {
    KIND_MANAGEMENT = 0,
    KIND_DATA = 2,
    // of the second byte
    TO_NETWORK = 1,
    FROM_NETWORK = 2,
    IS_PROTECTED = 0x40,
    HAS_ORDER = 0x80,
    // of a data frame's subtype
    HAS_QOS = 8,
    HAS_NO_DATA = 4
};

// Which of the addresses are the ends: those of receiver and transmitter may be a station's on the way.
static void set_ends(hg__packet *p, const uint8_t *frame, const uint8_t *fourth) {
    const uint8_t *first = frame + 4, *second = frame + 10, *third = frame + 16;
    const bool is_to = frame[1] & TO_NETWORK, is_from = frame[1] & FROM_NETWORK;
    memcpy(p->mac_to, is_to ? third : first, 6);
    memcpy(p->mac_from, is_from ? (is_to ? fourth : third) : second, 6);
    p->layers |= HG_LAYER_ETHERNET;
}

void hg__reading_wireless(hg__reading *r) {
    if (r->c.captured >= 1 && (r->c.at[0] >> 2 & 3) != KIND_MANAGEMENT &&
        (r->c.at[0] >> 2 & 3) != KIND_DATA) {
        return; // control frames carry nothing
    }
    const uint8_t *frame = hg__reading_take(r, 24);
    if (!frame) return;
    const bool is_data = (frame[0] >> 2 & 3) == KIND_DATA;
    const bool has_fourth = is_data && (frame[1] & 3) == (TO_NETWORK | FROM_NETWORK);
    const uint8_t *fourth = has_fourth ? hg__reading_take(r, 6) : frame + 10;
    if (!fourth) return;
    set_ends(r->p, frame, fourth);
    if (!is_data) return;
    const int subtype = frame[0] >> 4;
    const uint8_t *qos = subtype & HAS_QOS ? hg__reading_take(r, 2) : NULL;
    if (subtype & HAS_QOS && !qos) return;
    if (qos && frame[1] & HAS_ORDER && !hg__reading_take(r, 4)) return;
    const bool is_aggregate = qos && qos[0] & 0x80;
    if (subtype & HAS_NO_DATA || frame[1] & IS_PROTECTED || is_aggregate) return;
    hg__reading_llc(r);
}

// radiotap.org: version, padding, length, words of what is present; a word with its bit 31 is followed by another.
// The flags say whether the frame's checksum is behind it.
static uint8_t find_flags(const uint8_t *header, uint32_t size) {
    uint32_t at = 4;
    const uint32_t present = hg__little_32(header + 4);
    while (at + 4 <= size && header[at + 3] & 0x80) at += 4;
    at += 4;
    if (!(present & 2)) return 0;
    if (present & 1) at = (at + 7) / 8 * 8 + 8; // the time, 8 bytes, aligned
    return at < size ? header[at] : 0;
}

void hg__reading_radiotap(hg__reading *r) {
    enum { HAS_CHECKSUM = 0x10 };
    const uint8_t *start = r->c.at;
    if (!hg__reading_take(r, 8)) return;
    const uint16_t size = hg__little_16(start + 2);
    if (size < 8) {
        r->p->flaws |= HG_FLAW_LENGTH;
        return;
    }
    if (!hg__reading_take(r, size - 8U)) return;
    const uint32_t checksum = find_flags(start, size) & HAS_CHECKSUM ? 4 : 0;
    if (r->c.left >= checksum) hg__reading_limit(r, r->c.left - checksum);
    hg__reading_wireless(r);
}

// Per-packet information: version, flags, length, link type of what follows; then fields that are passed over.
void hg__reading_ppi(hg__reading *r) {
    const uint8_t *header = hg__reading_take(r, 8);
    if (!header) return;
    const uint16_t size = hg__little_16(header + 2);
    const uint32_t link = hg__little_32(header + 4);
    if (size < 8 || r->is_within || link > 0xffff) {
        r->p->flaws |= size < 8 ? HG_FLAW_LENGTH : HG_FLAW_UNKNOWN;
        return;
    }
    if (!hg__reading_take(r, size - 8U)) return;
    r->is_within = true;
    hg__reading_link(r, (int)link);
}
