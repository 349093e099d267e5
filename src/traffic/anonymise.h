// SPDX-License-Identifier: Apache-2.0
// anonymise.h - other addresses in place of those that were seen, the same for the same, so that what is written can be shown around.
//
// Addresses that have their first n bits in common have as many in common afterwards, so that nets stay nets (J. Xu, J. Fan, M. Ammar,
// S. Moon, "Prefix-preserving IP address anonymization", ICNP 2002; SipHash in place of AES). Whoever has the key can turn them back.
#ifndef HG_TRAFFIC_ANONYMISE_H
#define HG_TRAFFIC_ANONYMISE_H
#include "packets/packet.h"
#include "traffic/siphash.h"

typedef struct hg__anonymiser {
    hg__siphash_key key;
    bool is_on;
} hg__anonymiser;

// path: a file of 16 secret bytes or more; "": off. HG_ERR_DATA where there are fewer.
int hg__anonymiser_init(hg__anonymiser *a, const char *path, hg_error *err);
// IPv4 stays IPv4; 0 (nobody) stays 0.
void hg__anonymise_address(const hg__anonymiser *a, uint8_t address[16]);
// Of one vendor become of one vendor; broadcast and 0 stay.
void hg__anonymise_mac(const hg__anonymiser *a, uint8_t mac[6]);
// All that a packet's headers name. Nothing where a is off.
void hg__anonymise_packet(const hg__anonymiser *a, hg__packet *p);
#endif
