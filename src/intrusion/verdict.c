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
static const float least = 3; // evidence: p of a twentieth

bool hg__verdict_is_from_source(const hg__verdict *v) {
    return v->to_server || !(v->packet.layers & HG_LAYER_IP);
}

hg__verdict_source hg__verdict_source_of(const hg__verdict *v) {
    const hg__packet *p = &v->packet;
    const bool is_from = hg__verdict_is_from_source(v);
    hg__verdict_source s = {.is_mac = !(p->layers & HG_LAYER_IP)};
    if (s.is_mac) {
        memcpy(s.address, p->mac_from, sizeof p->mac_from);
    } else {
        memcpy(s.address, is_from ? p->from : p->to, sizeof s.address);
    }
    return s;
}

// The level of that kind which says most; -1: none says anything.
static int32_t strongest(const hg__verdict *v, int32_t kind) {
    int32_t best = -1;
    for (int32_t i = 0; i < hg__level_count; i++) {
        if ((int32_t)hg__levels[i].kind != kind || v->bits[i] <= 0) continue;
        if (best < 0 || v->bits[i] > v->bits[best]) best = i;
    }
    return best;
}

static int write_kind(const hg__verdict *v, int32_t kind, char *text, size_t size) {
    const int32_t level = kind < HG_EVIDENCE_COUNT ? strongest(v, kind) : -1;
    if (level < 0) return snprintf(text, size, "%s", kind_words[kind]);
    const char *words = hg__levels[level].words;
    if (level == v->largest && v->most >= 0) {
        return snprintf(text, size, "%s: %.0f, at most %.0f before", words, v->amount, v->most);
    }
    if (kind == HG_EVIDENCE_ASK && v->protocol) {
        char action[60];
        v->protocol->describe(v->action, action, sizeof action);
        return snprintf(text, size, "%s (%s %s)", words, v->protocol->name, action);
    }
    return snprintf(text, size, "%s", words);
}

void hg__verdict_explain(const hg__verdict *v, int32_t most, char text[HG_WHY]) {
    bool is_said[HG_KINDS] = {false};
    size_t used = 0;
    text[0] = '\0';
    for (int32_t n = 0; n < most; n++) {
        int32_t best = -1;
        for (int32_t k = 0; k < HG_KINDS; k++) {
            if (is_said[k] || v->evidence[k] < least) continue;
            if (best < 0 || v->evidence[k] > v->evidence[best]) best = k;
        }
        if (best < 0 || used + 120 > HG_WHY) break;
        is_said[best] = true;
        if (used) used += (size_t)snprintf(text + used, HG_WHY - used, "; ");
        const int wrote = write_kind(v, best, text + used, HG_WHY - used);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
}
