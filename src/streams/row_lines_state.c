// SPDX-License-Identifier: Apache-2.0
// row_lines_state.c - where a reader of lines is, so that another process can go on there.
#include <assert.h>
#include <string.h>

#include "base/mem.h"
#include "streams/row_lines_internal.h"

static const uint32_t state_version = 3;
enum { MOST_CELLS = 1 << 20 };

// FIELD(of r), in this order. Those that are true or false apart: any byte may stand in a file.
// clang-format off
#define FIELDS(FIELD) \
    FIELD(separator) FIELD(clock.format) FIELD(clock.unit) FIELD(clock.day) FIELD(clock.shown) \
    FIELD(clock.minute) FIELD(clock.minute_seconds) FIELD(step) FIELD(number) \
    FIELD(counts) FIELD(timeline.step) FIELD(timeline.counts) FIELD(timeline.last) \
    FIELD(timeline.bin) FIELD(timeline.bins) FIELD(timeline.bin_rows) FIELD(timeline.bin_when) FIELD(timeline.bin_label)
#define FLAGS(FLAG) \
    FLAG(has_header) FLAG(clock.has_minute) FLAG(is_timed) FLAG(breaks) \
    FLAG(timeline.has_last) FLAG(timeline.is_coarse) FLAG(timeline.is_irregular) \
    FLAG(timeline.has_bin) FLAG(timeline.bin_begins)
// clang-format on

void hg__row_lines_write(const hg__row_lines *r, hg__text *to) {
    assert(r->raw.count == 0 && r->timeline.at == 0);
    HG_PUT(to, state_version);
    HG_PUT(to, r->channels);
    HG_PUT(to, r->timeline.resample);
    for (int32_t i = 0; i < r->channels; i++) hg__put(to, r->name[i], strlen(r->name[i]) + 1);
#define PUT(field) HG_PUT(to, r->field);
    FIELDS(PUT)
    FLAGS(PUT)
#undef PUT
    if (r->timeline.resample > 0) {
        hg__put(to, r->timeline.sum, (size_t)r->channels * sizeof *r->timeline.sum);
        hg__put(to, r->timeline.count, (size_t)r->channels * sizeof *r->timeline.count);
    }
    HG_PUT(to, r->timeline.remembered);
    hg__put(to, r->timeline.recent, HG_RECENT * sizeof *r->timeline.recent);
    HG_PUT(to, r->cells);
    hg__put(to, r->what, (size_t)r->cells * sizeof *r->what);
}

static bool is_same(const hg__row_lines *r, hg__bytes *from) {
    uint32_t version = 0;
    int32_t channels = 0;
    HG_GET(from, version);
    double resample = 0;
    HG_GET(from, channels);
    HG_GET(from, resample);
    if (from->failed || version != state_version || channels != r->channels ||
        resample > r->timeline.resample || resample < r->timeline.resample) {
        return false;
    }
    for (int32_t i = 0; i < channels; i++) {
        const size_t size = strlen(r->name[i]) + 1;
        if (from->left < size || memcmp(from->at, r->name[i], size) != 0) return false;
        from->at += size;
        from->left -= size;
    }
    return true;
}

static bool are_channels(const hg__row_lines *r) {
    for (int32_t i = 0; i < r->cells; i++) {
        if (r->what[i] < HG_CELL_OTHER || r->what[i] >= r->channels) return false;
    }
    return true;
}

int hg__row_lines_read(hg__row_lines *r, hg__bytes *from, hg_error *err) {
    static const char wrong[] = "expected the state of lines with these channels, got another";
    if (!is_same(r, from)) return hg__fail(err, HG_ERR_DATA, "%s: %s", r->place, wrong);
#define GET(field)     HG_GET(from, r->field);
#define GET_FLAG(flag) hg__get_bool(from, &r->flag);
    FIELDS(GET)
    FLAGS(GET_FLAG)
#undef GET
#undef GET_FLAG
    r->timeline.bin_when[sizeof r->timeline.bin_when - 1] = '\0';
    if (r->timeline.resample > 0) {
        hg__get(from, r->timeline.sum, (size_t)r->channels * sizeof *r->timeline.sum);
        hg__get(from, r->timeline.count, (size_t)r->channels * sizeof *r->timeline.count);
    }
    HG_GET(from, r->timeline.remembered);
    if (r->timeline.remembered < 0) r->timeline.remembered = 0;
    hg__get(from, r->timeline.recent, HG_RECENT * sizeof *r->timeline.recent);
    HG_GET(from, r->cells);
    if (from->failed || r->cells < 0 || r->cells > MOST_CELLS ||
        r->clock.format < HG_ROW_TIME_ANY || r->clock.format >= HG_TIME_FORMATS) {
        r->cells = 0;
        return hg__fail(err, HG_ERR_DATA, "%s: %s", r->place, wrong);
    }
    if (r->cells == 0) return HG_OK;
    hg__free(r->what);
    r->what = hg__alloc((size_t)r->cells, sizeof *r->what, err);
    if (!r->what) return HG_ERR_MEMORY;
    hg__get(from, r->what, (size_t)r->cells * sizeof *r->what);
    if (!from->failed && are_channels(r)) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: %s", r->place, wrong);
}
