// SPDX-License-Identifier: Apache-2.0
// entry.c - the way in from the host's program, and out again.
#include "base/entry.h"

#include <pthread.h>
#include <string.h>

#include "base/error.h"

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
    go_out(r->entry);
    r->host->train(r->host->context, event);
    go_in(r->entry);
}

static void relay_note(void *context, const char *sentence) {
    const hg__relay *r = context;
    go_out(r->entry);
    r->host->note(r->host->context, sentence);
    go_in(r->entry);
}

static void relay_detail(void *context, const char *sentence) {
    const hg__relay *r = context;
    go_out(r->entry);
    r->host->detail(r->host->context, sentence);
    go_in(r->entry);
}

static void relay_progress(void *context, const hg_progress_event *event) {
    const hg__relay *r = context;
    go_out(r->entry);
    r->host->progress(r->host->context, event);
    go_in(r->entry);
}

const hg_listener *hg__relay_init(hg__relay *r, hg__entry *e, const hg_listener *host) {
    if (!host) return NULL;
    *r = (hg__relay){.host = host, .entry = e};
    r->own = (hg_listener){.context = r,
                           .train = host->train ? relay_train : NULL,
                           .note = host->note ? relay_note : NULL,
                           .stop = host->stop,
                           .detail = host->detail ? relay_detail : NULL,
                           .progress = host->progress ? relay_progress : NULL};
    return &r->own;
}
