// SPDX-License-Identifier: Apache-2.0
// y4m.c - the header of a YUV4MPEG2 stream.
#include "image/y4m.h"

#include <string.h>

#include "base/text.h"
#include "image/image.h"

static const char magic[] = "YUV4MPEG2";

bool hg__y4m_sniff(const uint8_t *head, size_t size) {
    return size >= sizeof magic && memcmp(head, magic, sizeof magic - 1) == 0 &&
           (head[sizeof magic - 1] == ' ' || head[sizeof magic - 1] == '\n');
}

// What stands behind C: layouts with their planes. A number behind them is the depth, as in 420p10.
typedef struct layout {
    const char *name;
    int32_t across, down;
    bool alpha, deep; // deep: may have a depth behind it
} layout;
static const layout layouts[] = {
    {"420jpeg",  2, 2, false, false},
    {"420mpeg2", 2, 2, false, false},
    {"420paldv", 2, 2, false, false},
    {"444alpha", 1, 1, true,  false},
    {"420p",     2, 2, false, true },
    {"422p",     2, 1, false, true },
    {"444p",     1, 1, false, true },
    {"mono",     0, 0, false, true },
    {"420",      2, 2, false, false},
    {"422",      2, 1, false, false},
    {"411",      4, 1, false, false},
    {"444",      1, 1, false, false},
};

static bool take_layout(hg__y4m *v, const char *text) {
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        const layout *l = &layouts[i];
        const size_t n = strlen(l->name);
        if (strncmp(text, l->name, n) != 0) continue;
        int64_t depth = 8;
        if (text[n] && (!l->deep || !hg__parse_int(text + n, &depth))) continue;
        if (depth < 8 || depth > 16) continue;
        v->across = l->across;
        v->down = l->down;
        v->alpha = l->alpha;
        v->depth = (int32_t)depth;
        return true;
    }
    return false;
}

static bool take_side(int32_t *side, const char *text) {
    int64_t n;
    if (!hg__parse_int(text, &n) || n < 1 || n > hg__image_limit.side) return false;
    *side = (int32_t)n;
    return true;
}

// One word of the header; false if its value cannot be meant. Rates and shapes of pixels pass through unread.
static bool take_word(hg__y4m *v, const char *word) {
    switch (word[0]) {
    case 'W': return take_side(&v->width, word + 1);
    case 'H': return take_side(&v->height, word + 1);
    case 'C': return take_layout(v, word + 1);
    case 'I': v->is_interlaced = word[1] && !strchr("p?", word[1]); return true;
    case 'X':
        if (strcmp(word, "XCOLORRANGE=FULL") == 0) v->is_full_range = true;
        return true;
    default: return true;
    }
}

int hg__y4m_parse(hg__y4m *v, const char *line, const char *name, hg_error *err) {
    char text[HG_Y4M_LINE], *rest = text;
    *v = (hg__y4m){.across = 2, .down = 2, .depth = 8};
    if (!hg__y4m_sniff((const uint8_t *)line, strlen(line) + 1) && strcmp(line, magic) != 0) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected YUV4MPEG2 video, got '%.40s'", name, line);
    }
    snprintf(text, sizeof text, "%s", line + sizeof magic - 1);
    for (char *word; (word = strsep(&rest, " "));) {
        if (take_word(v, word)) continue;
        if (word[0] == 'C') {
            return hg__fail(err, HG_ERR_DATA,
                            "%s: expected a layout such as C420jpeg, C422, C444p10 or Cmono in the "
                            "video's header, got '%.40s'",
                            name, word);
        }
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected a width and height of 1 to %d in the video's header, got "
                        "'%.40s'",
                        name, hg__image_limit.side, word);
    }
    const uint64_t pixels = (uint64_t)v->width * (uint64_t)v->height;
    if (pixels == 0) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected W and H in the video's header, got '%.80s'",
                        name, line);
    }
    if (pixels <= hg__image_limit.pixels) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected frames of at most %llu pixels, got %d x %d",
                    name, (unsigned long long)hg__image_limit.pixels, v->width, v->height);
}

size_t hg__y4m_frame_bytes(const hg__y4m *v) {
    const size_t luma = (size_t)v->width * (size_t)v->height;
    const size_t chroma = (size_t)hg__y4m_chroma_width(v) * (size_t)hg__y4m_chroma_height(v);
    return (luma * (v->alpha ? 2 : 1) + 2 * chroma) * hg__y4m_sample(v);
}
