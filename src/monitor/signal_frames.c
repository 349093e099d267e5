// SPDX-License-Identifier: Apache-2.0
// signal_frames.c - how a recording's frames are made, taken from it, kept in a model file, read back.
#include "monitor/signal_frames.h"

#include "base/mem.h"
#include "signal/framed.h"

enum { MOST_CHANNELS = 4096, MOST_NAME = 256 };
static const char key[] = "frames";

void hg__signal_frames_clear(hg__signal_frames *f) {
    for (int32_t i = 0; f->name && i < f->channels; i++) hg__free(f->name[i]);
    hg__free(f->name);
    *f = (hg__signal_frames){0};
}

static int make_room(hg__signal_frames *f, int32_t channels, hg_error *err) {
    f->name = hg__alloc((size_t)channels, sizeof *f->name, err);
    if (!f->name) return HG_ERR_MEMORY;
    f->channels = channels;
    return HG_OK;
}

int hg__signal_frames_take(hg__signal_frames *f, const hg__recording *r, hg_error *err) {
    const hg__frames_setup *setup = hg__framed_setup(r);
    const hg__recording *of = hg__framed_of(r);
    if (!setup) return HG_OK;
    f->setup = *setup;
    f->named = of->named;
    HG_TRY(make_room(f, of->channels, err));
    for (int32_t i = 0; i < f->channels; i++) {
        f->name[i] = hg__copy_text(of->name[i], err);
        if (!f->name[i]) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

int hg__signal_frames_set(hg__signal_frames *f, const hg__frames_setup *setup, hg_error *err) {
    f->setup = *setup;
    HG_TRY(make_room(f, 1, err));
    f->name[0] = hg__copy_text("channel 1", err);
    return f->name[0] ? HG_OK : HG_ERR_MEMORY;
}

// ---- in a model file ----------------------------------------------------------------------------

static int set_names(const hg__signal_frames *f, hg__json *own) {
    hg__json *all = hg__json_array();
    for (int32_t i = 0; all && i < f->channels; i++) {
        if (hg__json_append(all, hg__json_string(f->name[i], NULL)) == 0) continue;
        hg__json_free(all);
        return -1;
    }
    return hg__json_set(own, "channels", all);
}

int hg__signal_frames_save(const hg__signal_frames *f, hg__json *signal, hg_error *err) {
    if (f->setup.bands == 0) return HG_OK;
    hg__json *own = hg__frames_setup_to_json(&f->setup, err);
    if (!own) return HG_ERR_MEMORY;
    hg__json *named = hg__json_boolean(f->named);
    int failed = set_names(f, own);
    failed |= hg__json_set(own, "named", named);
    failed |= hg__json_set(signal, key, own);
    return failed ? hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping frames") : HG_OK;
}

static int load_names(hg__signal_frames *f, const hg__json *names, const char *where,
                      hg_error *err) {
    const size_t channels = hg__json_array_size(names);
    if (channels < 1 || channels > MOST_CHANNELS) {
        return hg__fail(err, HG_ERR_MODEL, "%s: signal: frames: expected 1 to %d channels, got %zu",
                        where, MOST_CHANNELS, channels);
    }
    HG_TRY(make_room(f, (int32_t)channels, err));
    for (size_t i = 0; i < channels; i++) {
        const hg__json *name = hg__json_array_get(names, i);
        if (!hg__json_is_string(name) || hg__json_string_size(name) >= MOST_NAME) {
            return hg__fail(err, HG_ERR_MODEL, "%s: signal: frames: channel %zu: expected a name",
                            where, i + 1);
        }
        f->name[i] = hg__copy_text(hg__json_string_value(name), err);
        if (!f->name[i]) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

int hg__signal_frames_load(hg__signal_frames *f, const hg__json *signal, int32_t read,
                           const char *where, hg_error *err) {
    const hg__json *own = hg__json_object_get(signal, key);
    if (!own) return HG_OK;
    HG_TRY(hg__frames_setup_from_json(own, where, &f->setup, err));
    HG_TRY(load_names(f, hg__json_object_get(own, "channels"), where, err));
    f->named = hg__json_is_true(hg__json_object_get(own, "named"));
    const int64_t bands = (int64_t)f->channels * f->setup.bands;
    if (bands == read) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL, "%s: signal: frames: expected %d bands, got %lld", where,
                    read, (long long)bands);
}
