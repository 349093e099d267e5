// SPDX-License-Identifier: Apache-2.0
// messages.c - messages from any kind of source, and what the kinds share.
#include "streams/messages.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/show.h"
#include "streams/messages_type.h"

enum {
#define MESSAGES(name) TYPE_##name,
#include "streams/messages.def"
#undef MESSAGES
    TYPES
};

static const hg__messages_type *const types[TYPES] = {
#define MESSAGES(name) &hg__messages_##name,
#include "streams/messages.def"
#undef MESSAGES
};

enum { QUEUE = 4096, QUEUE_BYTES = 8 << 20, PATIENCE = 10000 };

static const hg__messages_type *type_of(const char *source) {
    size_t i = 0;
    while (i + 1 < TYPES && !types[i]->is_ours(source)) i++;
    return types[i];
}

bool hg__is_broker(const char *source) {
    return type_of(source) != types[TYPES - 1];
}

hg__messages *hg__messages_open(const char *source, const hg__messages_options *o, hg_error *err) {
    hg__messages *m = hg__alloc(1, sizeof *m, err);
    if (!m) return NULL;
    m->type = type_of(source);
    m->kind = m->type->name;
    m->o = *o;
    if (m->o.queue <= 0) m->o.queue = QUEUE;
    if (!m->o.queue_bytes) m->o.queue_bytes = QUEUE_BYTES;
    if (m->o.patience_ms <= 0) m->o.patience_ms = PATIENCE;
    if (m->type->open(m, source, err) == HG_OK) return m;
    hg__messages_close(m);
    return NULL;
}

int hg__messages_next(hg__messages *m, int timeout_ms, hg__message *to, hg_error *err) {
    *to = (hg__message){0};
    const int code = m->type->next(m, timeout_ms, to, err);
    if (code != 1) return code;
    m->counts.messages++;
    m->counts.bytes += (int64_t)to->size;
    return 1;
}

int32_t hg__messages_positions(const hg__messages *m, hg__message_position *to, int32_t most) {
    return m->type->positions(m, to, most);
}

int hg__messages_go_on(hg__messages *m, const hg__message_position *p, hg_error *err) {
    return m->type->go_on(m, p, err);
}

void hg__messages_close(hg__messages *m) {
    if (!m) return;
    m->type->close(m);
    hg__free(m);
}

// ---- what the kinds share -----------------------------------------------------------------------

size_t hg__message_copy(char *to, const void *from, size_t size) {
    const char *text = from;
    while (size && (text[size - 1] == '\n' || text[size - 1] == '\r')) size--;
    if (size) memcpy(to, text, size);
    to[size] = '\n';
    memset(to + size + 1, 0, HG_CSV_PAD);
    return size;
}

double hg__wall_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void hg__messages_away(hg__messages *m, const char *why) {
    char line[700];
    if (m->is_away) return;
    m->is_away = true;
    snprintf(line, sizeof line,
             "%s: the broker has gone (%.200s); it is tried again until it is back", m->place, why);
    hg__tell(m->o.listener, line);
}

void hg__messages_back(hg__messages *m) {
    char line[500];
    if (!m->is_away) return;
    m->is_away = false;
    m->counts.reconnects++;
    snprintf(line, sizeof line, "%s: the broker is back", m->place);
    hg__tell(m->o.listener, line);
}
