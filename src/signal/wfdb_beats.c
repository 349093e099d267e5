// SPDX-License-Identifier: Apache-2.0
// wfdb_beats.c - beats that are not normal, from a WFDB file of annotations (annot(5)): words of 16 bits, a code above the time since the
// annotation before.
//
//   abnormal: a V F J A S E ! r (aberrated, ventricular, fused, premature and escape beats, flutter)
//   normal:   N L R B e j n / f (sinus, bundle branch block, slow escapes, paced and what is fused with paced); Q, nobody knows, is neither
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "signal/wfdb.h"

enum { SKIP = 59, NOTE = 63, LAST_BEAT = 41 };
enum { MOST = 1 << 28 }; // bytes of a file of annotations

static bool is_abnormal(unsigned code) {
    // a V F J A S E ! r, as ecgcodes.h numbers them
    static const uint8_t codes[] = {4, 5, 6, 7, 8, 9, 10, 31, LAST_BEAT};
    return memchr(codes, (int)code, sizeof codes) != NULL;
}

static unsigned word_at(const uint8_t *p) {
    return (unsigned)p[0] | (unsigned)p[1] << 8;
}

// The next annotation from *at on: 1, 0 at the end, -1 where the file stops within it. *time moves on.
static int next_beat(const hg__content *c, size_t *at, unsigned *code, int64_t *time) {
    while (c->size - *at >= 2) {
        const unsigned word = word_at(c->data + *at), value = word & 0x3ff;
        *code = word >> 10;
        *at += 2;
        if (word == 0) return 0;
        if (*code == SKIP) {
            if (c->size - *at < 4) return -1;
            const uint8_t *p = c->data + *at; // the high half first
            const uint32_t long_way = word_at(p) << 16 | word_at(p + 2);
            *time += (int32_t)long_way;
            *at += 4;
        } else if (*code == NOTE) {
            const size_t bytes = value + (value & 1);
            if (c->size - *at < bytes) return -1;
            *at += bytes;
        } else if (*code < SKIP) {
            *time += value;
            return 1;
        }
    }
    return c->size - *at ? -1 : 0;
}

static int add(hg__wfdb_spans *s, int64_t first, int64_t end, hg_error *err) {
    if ((s->count & (s->count - 1)) == 0) { // full: 1, 2, 4 ...
        const size_t room = s->count ? 2 * s->count : 1;
        int64_t *grown = hg__grow(s->at, room, 2 * sizeof *grown, err);
        if (!grown) return HG_ERR_MEMORY;
        s->at = grown;
    }
    s->at[2 * s->count] = first;
    s->at[2 * s->count + 1] = end;
    s->count++;
    return HG_OK;
}

static int read_all(hg__wfdb_spans *s, const hg__content *c, const char *path, int64_t around,
                    hg_error *err) {
    size_t at = 0;
    int64_t time = 0, before = 0;
    unsigned code = 0;
    for (int more; (more = next_beat(c, &at, &code, &time)) != 0; before = time) {
        if (more < 0 || time < before || time > INT64_MAX >> 8) {
            return hg__fail(err, HG_ERR_DATA,
                            "%s: expected annotations in the order of their times, got %s", path,
                            more < 0 ? "the end of the file within one" : "one that is earlier");
        }
        if (is_abnormal(code)) HG_TRY(add(s, time - around, time + around + 1, err));
    }
    return HG_OK;
}

int hg__wfdb_beats_read(hg__wfdb_spans *s, const char *path, int64_t around, hg_error *err) {
    hg__content c = {0};
    HG_TRY(hg__content_read_head(&c, path, MOST, err));
    const int code = read_all(s, &c, path, around, err);
    hg__content_free(&c);
    return code;
}

void hg__wfdb_spans_clear(hg__wfdb_spans *s) {
    hg__free(s->at);
    *s = (hg__wfdb_spans){0};
}
