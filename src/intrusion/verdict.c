// SPDX-License-Identifier: Apache-2.0
// verdict.c - why a packet is odd, in words.
#include <stdio.h>
#include <string.h>

#include "intrusion/packet_detector.h"
#include "traffic/levels.h"

static const char *const kind_words[HG_KINDS] = {
#define KIND_WORDS(id, words) [HG_EVIDENCE_##id] = (words),
    HG_EVIDENCES(KIND_WORDS)
#undef KIND_WORDS
        [HG_EVIDENCE_COUNT] = "things come together that do not go together",
};
static const float least = 3;                 // evidence: p of a twentieth
static const float clear = 6;                 // bits from which on it counts what a level is about
static const float first = 1000, last = 1000; // more than any evidence is
enum { ROOM = 200 };                          // that one reason takes, at most

bool hg__verdict_is_from_source(const hg__verdict *v) {
    return v->to_server || !(v->packet.layers & HG_LAYER_IP);
}

static hg__verdict_source end_of(const hg__packet *p, bool is_from) {
    hg__verdict_source s = {.is_mac = !(p->layers & HG_LAYER_IP)};
    if (s.is_mac) {
        memcpy(s.address, p->mac_from, sizeof p->mac_from);
    } else {
        memcpy(s.address, is_from ? p->from : p->to, sizeof s.address);
    }
    return s;
}

hg__verdict_source hg__verdict_source_of(const hg__verdict *v) {
    return end_of(&v->packet, hg__verdict_is_from_source(v));
}

hg__scored_packet hg__scored_packet_of(const hg__verdict *v) {
    return (hg__scored_packet){.time = v->packet.time,
                               .talk = v->talk,
                               .source = hg__verdict_source_of(v),
                               .score = v->score};
}

hg__verdict_source hg__packet_sender(const hg__packet *p) {
    return end_of(p, true);
}

const char *hg__evidence_words(int32_t kind) {
    return kind_words[kind];
}

static bool is_named(const hg__level *l) {
    return l->about >= HG_ABOUT_CLAIM;
}

// What ARP claims tells more than who sends it, and what was never so more than how much there is; 0: it hardly tells anything.
static int rank_of(const hg__verdict *v, int32_t level) {
    const hg__level *l = &hg__levels[level];
    return v->bits[level] < clear ? 0 : 1 + !l->measure + (l->about == HG_ABOUT_CLAIM);
}

static bool tells_more(const hg__verdict *v, int32_t a, int32_t b) {
    const int one = rank_of(v, a), other = rank_of(v, b);
    return one != other ? one > other : v->bits[a] > v->bits[b];
}

// The level of that kind which tells most; -1: none tells anything.
static int32_t strongest(const hg__verdict *v, int32_t kind) {
    int32_t best = -1;
    for (int32_t i = 0; i < hg__level_count; i++) {
        if ((int32_t)hg__levels[i].kind != kind || v->bits[i] <= 0) continue;
        if (best < 0 || tells_more(v, i, best)) best = i;
    }
    return best;
}

// ---- in words -----------------------------------------------------------------------------------

// "10.0.0.7 ", "10.0.0.1 is claimed by hardware address 02:00:00:00:00:07 ..."
static void name_address(const hg__verdict *v, hg__about about, char text[HG_ADDRESS_TEXT]) {
    const hg__packet *p = &v->packet;
    const bool is_from = about == HG_ABOUT_CLIENT ? v->to_server : about != HG_ABOUT_MAC_TO;
    if (p->layers & (HG_LAYER_IP | HG_LAYER_ARP)) {
        hg__address_format(is_from ? p->from : p->to, text);
    } else {
        hg__mac_format(is_from ? p->mac_from : p->mac_to, text);
    }
}

static int write_level(const hg__verdict *v, int32_t level, char *text, size_t size) {
    const hg__level *l = &hg__levels[level];
    const char *words = l->back && !v->to_server ? l->back : l->words;
    char who[HG_ADDRESS_TEXT];
    if (l->about == HG_ABOUT_NOBODY) return snprintf(text, size, "%s", words);
    name_address(v, l->about, who);
    if (!is_named(l)) return snprintf(text, size, "%s %s", who, words);
    char mac[HG_ADDRESS_TEXT];
    hg__mac_format(l->about == HG_ABOUT_CLAIM    ? v->packet.arp_mac_from
                   : l->about == HG_ABOUT_MAC_TO ? v->packet.mac_to
                                                 : v->packet.mac_from,
                   mac);
    return snprintf(text, size, "%s %s %s, which was not its own", who, words, mac);
}

// How much it was and usually is, or what was asked.
static int write_more(const hg__verdict *v, int32_t level, char *text, size_t size) {
    const hg__level *l = &hg__levels[level];
    if (level == v->largest && v->most >= 0 && l->unit) {
        return snprintf(text, size, ": %.0f%s%s, at most %.0f before", v->amount,
                        *l->unit ? " " : "", l->unit, v->most);
    }
    if (l->kind != HG_EVIDENCE_ASK || !v->protocol) return 0;
    char action[60];
    v->protocol->describe(v->action, action, sizeof action);
    return snprintf(text, size, " (%s %s)", v->protocol->name, action);
}

static int write_kind(const hg__verdict *v, int32_t kind, char *text, size_t size) {
    const int32_t level = kind < HG_EVIDENCE_COUNT ? strongest(v, kind) : -1;
    if (level < 0) return snprintf(text, size, "%s", kind_words[kind]);
    const int wrote = write_level(v, level, text, size);
    if (wrote < 0 || (size_t)wrote >= size) return wrote;
    return wrote + write_more(v, level, text + wrote, size - (size_t)wrote);
}

// What counts among reasons: an address that contradicts its past comes first; that things do not go together, which names nothing, last.
static float weight_of(const hg__verdict *v, int32_t kind) {
    if (kind == HG_EVIDENCE_COUNT) return v->evidence[kind] - last;
    const int32_t level = strongest(v, kind);
    const bool is_first = level >= 0 && is_named(&hg__levels[level]) && v->bits[level] >= clear;
    return v->evidence[kind] + (is_first ? first : 0);
}

void hg__verdict_explain(const hg__verdict *v, int32_t most, char text[HG_WHY]) {
    bool is_said[HG_KINDS] = {false};
    size_t used = 0;
    text[0] = '\0';
    for (int32_t n = 0; n < most; n++) {
        int32_t best = -1;
        for (int32_t k = 0; k < HG_KINDS; k++) {
            if (is_said[k] || v->evidence[k] < least) continue;
            if (best < 0 || weight_of(v, k) > weight_of(v, best)) best = k;
        }
        if (best < 0 || used + ROOM > HG_WHY) break;
        is_said[best] = true;
        if (used) used += (size_t)snprintf(text + used, HG_WHY - used, "; ");
        const int wrote = write_kind(v, best, text + used, HG_WHY - used);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
}
