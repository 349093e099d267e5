// SPDX-License-Identifier: Apache-2.0
// levels.h - what of a packet is held against what was seen before: the table of levels.
//
// A level is a question that has one answer a packet, out of a set ("which service of that server", counts.h) or on a scale ("how many
// hosts in ten seconds", tails.h), and contexts in which its answer is usual or not. The table in levels.c lists them; their order and meaning are
// a model's feature version: whoever changes one counts HG_LEVELS_VERSION up.
#ifndef HG_TRAFFIC_LEVELS_H
#define HG_TRAFFIC_LEVELS_H
#include "traffic/counts.h"
#include "traffic/observe.h"
#include "traffic/tails.h"

enum { HG_LEVELS_VERSION = 2 };

// What kind of evidence a level gives; a detector weighs kinds, not levels.
#define HG_EVIDENCES(E)                             \
 E(WHO, "who speaks to whom")                       \
 E(OWN, "whose hardware address it is")             \
 E(STACK, "how the sender's system writes packets") \
 E(TALK, "sizes and order of packets")              \
 E(CONTENT, "first bytes of the payload")           \
 E(ASK, "what is asked for")                        \
 E(WHEN, "when")                                    \
 E(MUCH, "how much")                                \
 E(MANY, "how many others, how often anew")
#define HG_EVIDENCE_ID(id, words) HG_EVIDENCE_##id,
typedef enum hg__evidence { HG_EVIDENCES(HG_EVIDENCE_ID) HG_EVIDENCE_COUNT } hg__evidence;

// Who a level's words are about. What contradicts an address's own past names it, and is told first.
typedef enum hg__about {
    HG_ABOUT_NOBODY,
    HG_ABOUT_SENDER,
    HG_ABOUT_CLIENT,
    HG_ABOUT_CLAIM,    // the address that ARP says is at a hardware address
    HG_ABOUT_MAC_FROM, // the sender and its frame's hardware address
    HG_ABOUT_MAC_TO    // who it is for, and the hardware address that the frame goes to
} hg__about;

typedef struct hg__level {
    const char *name; // "service"
    hg__evidence kind;
    int32_t answers; // a packet, at most: bytes are one level of several answers
    // The i-th answer and its contexts; false: the packet has none. One of the two is NULL.
    bool (*see)(const hg__observation *o, int32_t i, hg__seen *s);
    bool (*measure)(const hg__observation *o, hg__measured *m);
    hg__about about;
    const char *words; // what is unusual, for people: "asks for a service it did not ask for"
    const char *back;  // the same of who serves, in what is asked for; NULL: of both
    const char *unit;  // of an amount: "in 10 s", "bytes"; "": a number; NULL: it is not told
} hg__level;

extern const hg__level hg__levels[];
extern const int32_t hg__level_count;
enum { HG_MOST_LEVELS = 48, HG_MOST_ANSWERS = HG_MOST_LEVELS + HG_OPENING };
#endif
