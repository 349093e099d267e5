// SPDX-License-Identifier: Apache-2.0
// watch_signal_state.c - where watching a signal is, in one file: whoever reads it goes on with the same bits.
//
// It says how long out= was, too: what was added since will come again, and is cut off. So nothing is lost or doubled of a source that
// can go back.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "base/system.h"
#include "jobs/watch_signal.h"
#include "traffic/siphash.h"

enum { PARTS = 4096 }; // of Kafka, at most
static const double keep_seconds = 1;
static const char magic[8] = "HGSIGW3";

static uint64_t digest(const void *bytes, size_t size) {
    const hg__siphash_key key = {0, 0};
    return hg__siphash(&key, bytes, size);
}

int hg__signal_state_digest(const char *model, uint64_t *to, hg_error *err) {
    hg__content c = {0};
    HG_TRY(hg__content_read(&c, model, err));
    *to = digest(c.data, c.size);
    hg__content_free(&c);
    return HG_OK;
}

int hg__signal_state_open(hg__signal_watch *w, hg_error *err) {
    const struct hg__values *v = &w->o->values;
    if (!*v->state) return HG_OK;
    HG_TRY(hg__join_path(w->path, sizeof w->path, v->state, HG_WATCH_SIGNAL, err));
    HG_TRY(hg__make_folder(v->state, err));
    if (hg__path_is_same(v->out, w->path)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "out: expected another file than those of the watcher's own, got %s",
                        v->out);
    }
    return hg__signal_state_digest(v->model, &w->model_digest, err);
}

// ---- written ------------------------------------------------------------------------------------

// FIELD(of w)
// clang-format off
#define FIELDS(FIELD) \
    FIELD(steps) FIELD(alarmed) FIELD(missing) FIELD(drift_said) FIELD(drift_at) \
    FIELD(event.number) FIELD(event.first) FIELD(event.last) FIELD(event.steps) \
    FIELD(event.time) FIELD(event.p) FIELD(event.score) FIELD(event.when) \
    FIELD(alarms->state.drift) FIELD(alarms->state.events) FIELD(alarms->state.quiet) \
    FIELD(alarms->state.trend) FIELD(alarms->state.novel) FIELD(alarms->state.lasted)
// clang-format on

static int32_t positions_of(const hg__signal_watch *w, hg__message_position *to) {
    const int32_t n = hg__messages_positions(w->in, to, PARTS);
    if (n == 1 && strcmp(w->in->kind, "file") == 0) to[0] = w->behind;
    return n;
}

static void put_positions(const hg__signal_watch *w, hg__message_position *at, hg__text *t) {
    const int32_t n = positions_of(w, at);
    HG_PUT(t, n);
    for (int32_t i = 0; i < n; i++) {
        HG_PUT(t, at[i].at);
        HG_PUT(t, at[i].part);
        HG_PUT(t, at[i].of);
    }
}

static void put_all(const hg__signal_watch *w, hg__message_position *at, hg__text *t) {
    struct stat s = {0};
    const bool is_file = w->out >= 0 && fstat(w->out, &s) == 0 && S_ISREG(s.st_mode);
    const uint64_t source = digest(w->o->values.data, strlen(w->o->values.data));
    const uint64_t out = is_file ? (uint64_t)s.st_ino : 0;
    const int64_t length = is_file ? (int64_t)s.st_size : 0;
    HG_PUT(t, w->model_digest);
    HG_PUT(t, source);
    HG_PUT(t, out);
    HG_PUT(t, length);
    put_positions(w, at, t);
    hg__row_lines_write(w->lines, t);
#define PUT(field) HG_PUT(t, w->field);
    FIELDS(PUT)
#undef PUT
    HG_PUT(t, w->alarms->state.is_on);
    if (w->framer) hg__framer_write(w->framer, t);
    hg__signal_scorer_write(w->scorer, t);
}

static int save(const hg__signal_watch *w, hg_error *err) {
    hg__text t = {0};
    hg__message_position *at = hg__alloc(PARTS, sizeof *at, err);
    if (!at) return HG_ERR_MEMORY;
    uint64_t sum = 0;
    hg__put(&t, magic, sizeof magic);
    HG_PUT(&t, sum);
    put_all(w, at, &t);
    hg__free(at);
    int code = t.failed ? hg__fail(err, HG_ERR_MEMORY, "%s: out of memory", w->path) : HG_OK;
    if (code == HG_OK) {
        const size_t head = sizeof magic + sizeof sum;
        sum = digest(t.data + head, t.length - head);
        memcpy(t.data + sizeof magic, &sum, sizeof sum);
        if (w->out >= 0) (void)fdatasync(w->out); // before what says that it is there
        code = hg__write_file(w->path, t.data, t.length, err);
    }
    hg__text_clear(&t);
    return code;
}

void hg__signal_state_keep(hg__signal_watch *w, bool is_last) {
    char line[600];
    hg_error why = {0};
    if (!w->path[0] || !w->is_dirty || w->is_closed || w->in->rest.size) return;
    if (!is_last && hg__seconds() < w->keep_at) return;
    w->keep_at = hg__seconds() + keep_seconds;
    if (save(w, &why) == HG_OK) {
        w->is_dirty = w->has_failed = false;
        return;
    }
    atomic_store(&w->count.unsaved, atomic_load(&w->count.unsaved) + 1);
    if (w->has_failed) return;
    w->has_failed = true;
    snprintf(line, sizeof line, "%.500s; watching goes on, and it is tried again", why.message);
    hg__tell(w->listener, line);
}

// ---- read ---------------------------------------------------------------------------------------

// What was written behind the state is said again.
static int cut_out(const hg__signal_watch *w, uint64_t inode, int64_t length, hg_error *err) {
    struct stat s;
    if (w->out < 0 || inode == 0 || length < 0) return HG_OK;
    if (fstat(w->out, &s) != 0 || !S_ISREG(s.st_mode) || (uint64_t)s.st_ino != inode) return HG_OK;
    if ((int64_t)s.st_size <= length || ftruncate(w->out, (off_t)length) == 0) return HG_OK;
    return hg__fail_errno(err, HG_ERR_IO, "%s: cannot be cut to what the state says",
                          w->o->values.out);
}

static int go_on(hg__signal_watch *w, hg__bytes *from, hg_error *err) {
    int32_t n = 0;
    HG_GET(from, n);
    for (int32_t i = 0; i < n && !from->failed; i++) {
        hg__message_position at = {0};
        HG_GET(from, at.at);
        HG_GET(from, at.part);
        HG_GET(from, at.of);
        if (!from->failed) HG_TRY(hg__messages_go_on(w->in, &at, err));
    }
    return HG_OK;
}

static int restore(hg__signal_watch *w, hg__bytes *from, hg_error *err) {
    uint64_t model = 0, source = 0, out = 0;
    int64_t length = -1;
    HG_GET(from, model);
    HG_GET(from, source);
    HG_GET(from, out);
    HG_GET(from, length);
    if (source != digest(w->o->values.data, strlen(w->o->values.data))) {
        hg__tell(w->listener, "state: it is of another data=, and watching begins anew");
        return HG_OK;
    }
    HG_TRY(cut_out(w, out, length, err));
    HG_TRY(go_on(w, from, err));
    HG_TRY(hg__row_lines_read(w->lines, from, err));
    if (model != w->model_digest) {
        hg__tell(w->listener, "state: it is of another model: what comes next has no past");
        hg__row_lines_break(w->lines);
        return HG_OK;
    }
#define GET(field) HG_GET(from, w->field);
    FIELDS(GET)
#undef GET
    hg__get_bool(from, &w->alarms->state.is_on);
    w->event.when[HG_WHEN - 1] = '\0';
    const bool has_frames = !w->framer || hg__framer_read(w->framer, from);
    if (has_frames && !from->failed && hg__signal_scorer_read(w->scorer, from)) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected the state of this model, got another", w->path);
}

int hg__signal_state_restore(hg__signal_watch *w, hg_error *err) {
    hg__content c = {0};
    uint64_t sum = 0;
    char head[sizeof magic];
    if (!w->path[0] || !hg__is_file(w->path)) return HG_OK;
    HG_TRY(hg__content_read(&c, w->path, err));
    hg__bytes from = {.at = c.data, .left = c.size};
    HG_GET(&from, head);
    HG_GET(&from, sum);
    int code = HG_OK;
    if (from.failed || memcmp(head, magic, sizeof magic) != 0 ||
        digest(from.at, from.left) != sum) {
        code = hg__fail(err, HG_ERR_DATA,
                        "%s: expected the state of a watched signal, got other bytes", w->path);
    }
    if (code == HG_OK) code = restore(w, &from, err);
    hg__content_free(&c);
    return code;
}
