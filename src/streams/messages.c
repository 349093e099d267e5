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

// ---- messages of several lines ------------------------------------------------------------------

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Bytes of the first line. Objects of JSON may be written over several: they end in front of blanks with a newline in them and the next
// object.
static size_t line_size(const char *text, size_t size, bool is_json) {
    const char *newline = memchr(text, '\n', size);
    while (newline) {
        const size_t at = (size_t)(newline - text);
        size_t before = at, behind = at;
        if (!is_json) return at;
        while (before > 0 && is_space(text[before])) before--;
        while (behind < size && is_space(text[behind])) behind++;
        if (text[before] == '}' && behind < size && text[behind] == '{') return at;
        newline = memchr(text + behind, '\n', size - behind);
    }
    return size;
}

// The next line of m->rest in *to; false: it was blank.
static bool give_line(hg__messages *m, hg__message *to) {
    char *text = m->rest.text;
    const size_t size = m->rest.size, line = line_size(text, size, m->is_json);
    const size_t used = line < size ? line + 1 : size;
    size_t length = line;
    *to = m->rest;
    m->rest.text += used;
    m->rest.size -= used;
    while (length && is_space(text[length - 1])) length--;
    text[length] = '\n';
    to->text = text;
    to->size = length;
    if (m->rest.size && to->position.at > 0) to->position.at--; // what is left would be lost
    return length > 0;
}

static bool take_line(hg__messages *m, hg__message *to) {
    while (m->rest.size) {
        if (!give_line(m, to)) continue;
        m->counts.messages++;
        m->counts.bytes += (int64_t)to->size;
        return true;
    }
    return false;
}

int hg__messages_next(hg__messages *m, int timeout_ms, hg__message *to, hg_error *err) {
    for (;;) {
        *to = (hg__message){0};
        if (take_line(m, to)) return 1;
        const int code = m->type->next(m, timeout_ms, &m->rest, err);
        if (code != 1) m->rest = (hg__message){0};
        if (code != 1) return code;
        size_t first = 0;
        while (first < m->rest.size && is_space(m->rest.text[first])) first++;
        m->is_json = m->rest.text[first] == '{';
    }
}

int32_t hg__messages_positions(const hg__messages *m, hg__message_position *to, int32_t most) {
    const int32_t count = m->type->positions(m, to, most);
    for (int32_t i = 0; m->rest.size && i < count; i++) {
        to[i].at -= to[i].part == m->rest.position.part && to[i].at > 0;
    }
    return count;
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
