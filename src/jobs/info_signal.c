// SPDX-License-Identifier: Apache-2.0
// info_signal.c - what `info` says of a model of a recording.
#include "detect/table_model.h"
#include "detect/thresholds.h"
#include "jobs/job.h"
#include "monitor/rebuilt.h"
#include "monitor/window_detector.h"

static void describe(hg__text *t, const hg__signal *d) {
    const bool has_frames = d->frames.setup.bands > 0;
    const int32_t channels = has_frames ? d->frames.channels : d->read;
    hg__text_add(t, "signal      %s: %d channel%s, windows of %d %s, one every %d%s\n",
                 hg__signal_kind_names[d->kind], (int)channels, channels == 1 ? "" : "s",
                 (int)d->length, has_frames ? "frames" : "steps", (int)d->stride,
                 d->is_plain ? "; the score is the network's error" : "");
    if (d->group) hg__text_add(t, "groups      by '%s': each a recording of its own\n", d->group);
    for (int32_t i = 0, named = 0; d->detectors && i < HG_WINDOW_DETECTORS; i++) {
        if (!(d->detectors >> i & 1)) continue;
        hg__text_add(t, "%s%s", named++ ? ", " : "detectors   ", hg__window_detector_title(i));
    }
    if (d->detectors) hg__text_add(t, "\n");
    if (d->hiding.kind != HG_HIDE_NONE) {
        hg__text_add(t, "hidden      %s %d parts of a window, from the network\n",
                     d->hiding.kind == HG_HIDE_NEXT ? "the last of" : "in turn each of",
                     (int)d->hiding.parts);
    }
    if (has_frames) {
        char text[HG_FRAMES_TEXT];
        hg__frames_setup_format(&d->frames.setup, text);
        hg__text_add(t, "frames      %s\n", text);
    }
}

static void describe_rebuilt(hg__text *t, const hg_model *m) {
    char line[HG_REBUILT_TEXT];
    const hg__rebuilt r = hg__rebuilt_load(m);
    hg__rebuilt_describe(&r, line);
    if (*line) hg__text_add(t, "            %s\n", line);
}

int hg__info_signal_text(hg__text *t, const hg_model *m, const char *where, hg_error *err) {
    hg__signal d;
    hg__thresholds all = {0};
    if (!hg__is_signal_model(m)) return HG_OK;
    HG_TRY(hg__signal_load(&d, m, where, err));
    describe(t, &d);
    const int code = hg__thresholds_load(&all, m, where, err);
    if (code == HG_OK && all.groups > 0) {
        hg__thresholds_write(&all, d.frames.setup.bands > 0 ? "frames" : "steps", "            ",
                             t);
    }
    if (code == HG_OK) describe_rebuilt(t, m);
    hg__thresholds_clear(&all);
    hg__signal_clear(&d);
    return code;
}

// As the model file has it.
int hg__info_signal_json(hg__json *to, const hg_model *m, hg_error *err) {
    if (!hg__is_signal_model(m)) return HG_OK;
    static const char *const keys[] = {"signal", "rebuilt"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        hg__json *own = hg__json_object_get(hg__model_detector(m), keys[i]);
        if (!own || hg__json_set(to, keys[i], hg__json_share(own)) == 0) continue;
        return hg__fail(err, HG_ERR_MEMORY, "out of memory while writing JSON");
    }
    return HG_OK;
}
