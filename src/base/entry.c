// SPDX-License-Identifier: Apache-2.0
// entry.c - the way in from the host's program, and out again.
#include "base/entry.h"

#include <pthread.h>
#include <string.h>

static void go_in(hg__entry *e) {
    e->locale = uselocale(e->plain);
    (void)fegetenv(&e->floats);
    (void)fesetenv(FE_DFL_ENV);
}

static void go_out(const hg__entry *e) {
    (void)uselocale(e->locale);
    (void)fesetenv(&e->floats);
}

// The C locale costs no memory and cannot fail where it is a constant, as in glibc and musl. Elsewhere the host's stands then.
void hg__entry_begin(hg__entry *e) {
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &e->cancel);
    e->plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    go_in(e);
}

void hg__entry_end(hg__entry *e) {
    go_out(e);
    if (e->plain) freelocale(e->plain);
    (void)pthread_setcancelstate(e->cancel, NULL);
}

int hg__fill(void *to, const void *from, size_t size, const char *type, hg_error *err) {
    size_t room;
    memcpy(&room, to, sizeof room);
    if (room <= sizeof room) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected size to be sizeof(%s), got %zu", type,
                        type, room);
    }
    const size_t known = room < size ? room : size;
    memcpy((char *)to + sizeof room, (const char *)from + sizeof room, known - sizeof room);
    if (room > size) memset((char *)to + size, 0, room - size);
    return HG_OK;
}

// ---- callbacks ----------------------------------------------------------------------------------

static void relay_train(void *context, const hg_train_event *event) {
    const hg__relay *r = context;
    hg_train_event sized = *event;
    sized.size = sizeof sized;
    go_out(r->entry);
    r->host.train(r->host.context, &sized);
    go_in(r->entry);
}

static void relay_note(void *context, const char *sentence) {
    const hg__relay *r = context;
    go_out(r->entry);
    r->host.note(r->host.context, sentence);
    go_in(r->entry);
}

static bool relay_abort(void *context) {
    hg__relay *r = context;
    if (r->is_aborted) return true;
    go_out(r->entry);
    r->is_aborted = r->host.abort(r->host.context);
    go_in(r->entry);
    return r->is_aborted;
}

static void relay_detail(void *context, const char *sentence) {
    const hg__relay *r = context;
    go_out(r->entry);
    r->host.detail(r->host.context, sentence);
    go_in(r->entry);
}

static void relay_progress(void *context, const hg_progress_event *event) {
    const hg__relay *r = context;
    hg_progress_event sized = *event;
    sized.size = sizeof sized;
    go_out(r->entry);
    r->host.progress(r->host.context, &sized);
    go_in(r->entry);
}

static bool relay_step(void *context, const hg_step_event *event) {
    const hg__relay *r = context;
    hg_step_event sized = *event;
    sized.size = sizeof sized;
    go_out(r->entry);
    const bool ends = r->host.step(r->host.context, &sized);
    go_in(r->entry);
    return ends;
}

int hg__relay_init(hg__relay *r, hg__entry *e, const hg_listener **l, hg_error *err) {
    const hg_listener *host = *l;
    *r = (hg__relay){.entry = e};
    if (host && host->size < sizeof host->size) {
        return hg__fail(err, HG_ERR_USAGE,
                        "hg_listener: expected size to be sizeof(hg_listener), got %zu",
                        host->size);
    }
    if (host) memcpy(&r->host, host, host->size < sizeof *host ? host->size : sizeof *host);
    r->own = (hg_listener){.size = sizeof r->own,
                           .context = r,
                           .train = r->host.train ? relay_train : NULL,
                           .note = r->host.note ? relay_note : NULL,
                           .stop = r->host.stop,
                           .abort = r->host.abort ? relay_abort : NULL,
                           .detail = r->host.detail ? relay_detail : NULL,
                           .progress = r->host.progress ? relay_progress : NULL,
                           .step = r->host.step ? relay_step : NULL};
    *l = &r->own;
    return HG_OK;
}
