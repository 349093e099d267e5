// SPDX-License-Identifier: Apache-2.0
// packet.c - one packet: from its link type to where its payload lies.
#include "packets/packet.h"

#include <string.h>

#include "packets/reading.h"

typedef struct link_type {
    int number; // https://www.tcpdump.org/linktypes.html
    void (*read)(hg__reading *r);
} link_type;

// The commonest first. 12 and 14 are what systems call 101 in memory.
static const link_type links[] = {
    {1,   hg__reading_ethernet},
    {113, hg__reading_cooked  },
    {276, hg__reading_cooked_2},
    {101, hg__reading_ip      },
    {12,  hg__reading_ip      },
    {14,  hg__reading_ip      },
    {228, hg__reading_ip      },
    {229, hg__reading_ip      },
    {0,   hg__reading_loopback},
    {108, hg__reading_loopback},
    {105, hg__reading_wireless},
    {127, hg__reading_radiotap},
    {192, hg__reading_ppi     },
    {9,   hg__reading_ppp     },
    {50,  hg__reading_ppp     },
    {104, hg__reading_hdlc    },
};

void hg__reading_link(hg__reading *r, int link) {
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        if (links[i].number != link) continue;
        links[i].read(r);
        return;
    }
    r->p->flaws |= HG_FLAW_UNKNOWN;
}

void hg__packet_read(hg__packet *p, int link, const uint8_t *bytes) {
    const hg__packet given = {.time = p->time, .length = p->length, .captured = p->captured};
    *p = given;
    if (p->captured > p->length) p->flaws |= HG_FLAW_LENGTH;
    const uint32_t length = p->captured > p->length ? p->captured : p->length;
    hg__reading r = {
        .p = p, .c = {bytes, p->captured, length}
    };
    hg__reading_link(&r, link);
    p->payload = r.c.at;
    p->payload_length = r.c.left;
    p->payload_captured = r.c.captured;
}
