// SPDX-License-Identifier: Apache-2.0
// kitsune_features.h - a packet as Kitsune sees it: how much, how large and how even was what its host, its channel and its socket
// sent lately, as 115 numbers.
//
//   hg__packet ──> MAC and IP ──────────> weight, mean, deviation of sizes                   3 x 5 windows
//              ──> IP ──────────────────> the same                                           3 x 5
//              ──> IP to IP ────────────> the same, and both directions together             7 x 5
//              ──> IP to IP ────────────> weight, mean, deviation of the gaps between        3 x 5
//              ──> socket to socket ────> sizes as from IP to IP                             7 x 5
//
// After Mirsky, Doitshman, Elovici, Shabtai, "Kitsune", NDSS 2018, section V and table II, and the public code (Kitsune-py:
// AfterImage.py, netStat.py, FeatureExtractor.py), which differ. HG_KITSUNE_SOUND, the default, follows the paper and mends what is
// unsound in the code; HG_KITSUNE_PUBLISHED gives the code's 100 numbers with all that is odd in them, for comparison with what was
// published. What SOUND does otherwise, and why:
//
//   code                                                     here
//   leaves out the group of the IP alone (100 numbers)       has it (the paper's 115)
//   "IP to IP" counts all that the source sends to anyone    counts what it sends to this one, as the paper says
//   gives the variance where the paper has the deviation     the deviation
//   variance by sums of squares, without its sign: where     variance around a running mean: sizes that are equal have
//     sizes are even it is rounding noise, and so is what      deviation 0, correlation 0
//     is divided by it
//   counts each residual product twice, but the first        once
//   updates all of a host's channels with each packet: time  updates the packet's own: constant time
//     grows with the number of its peers, and a channel's
//     covariance moves by what others were sent
//   correlation is unbounded                                 within -1 and 1
//   a channel's first gap is 0                               is none: weight 0 until there is one
//   a clock that jumps back freezes what was seen later      that packet counts as 0 s later, and its time is the new "now"
//   keys are texts without a mark between their parts:       keys are bytes of fixed size, and have the protocol in them
//     10.0.0.1 port 23 and 10.0.0.12 port 3 are one, and
//     so are TCP and UDP
//   a host that talks to itself is compared with its first   has no other direction: covariance and correlation are 0
//     peer
//   ICMP for IPv6 and protocols without ports share a key    have one each
//   times are doubles since 1970, exact to 0.24 us           whole ns
//   dictionaries that only grow                              tables of max_bytes, which forget the longest unseen (both modes)
//
// As the code does, both take ARP by its IPs, but as a socket by its MACs; what has no IP by its MACs; ICMP as one socket between
// two IPs. A packet in a tunnel is what is inside it (the code's reader takes the outside, and of an ICMP error the ports of the packet
// inside). Fragments behind the first have no ports. docs/PACKETS.md says all this once more, with reasons.
#ifndef HG_TRAFFIC_KITSUNE_FEATURES_H
#define HG_TRAFFIC_KITSUNE_FEATURES_H
#include "packets/packet.h"
#include "traffic/siphash.h"

typedef struct hg__kitsune_features hg__kitsune_features;

typedef enum hg__kitsune_mode { HG_KITSUNE_SOUND, HG_KITSUNE_PUBLISHED } hg__kitsune_mode;

enum { HG_KITSUNE_FEATURES = 115, HG_KITSUNE_NAME = 80 };

// How many numbers a mode gives: 115 or 100.
int32_t hg__kitsune_features_count(hg__kitsune_mode mode);
// What the i-th is, in words: "mean size from this IP, over 0.2 s". The time is that after which a packet counts half.
void hg__kitsune_features_name(hg__kitsune_mode mode, int32_t i, char name[HG_KITSUNE_NAME]);

// max_bytes: for all that is remembered, taken at once; 64 KB at least.
hg__kitsune_features *hg__kitsune_features_new(hg__kitsune_mode mode, size_t max_bytes,
                                               hg_error *err);
void hg__kitsune_features_free(hg__kitsune_features *k); // NULL is fine

// The numbers after this packet, which is counted. out: (hg__kitsune_features_count()). Finite, whatever the packet.
void hg__kitsune_features_run(hg__kitsune_features *k, const hg__packet *p, float *out);

// Hosts, channels and sockets that had to make room so far: where it is large beside the packets, max_bytes is small.
uint64_t hg__kitsune_features_forgotten(const hg__kitsune_features *k);
#endif
