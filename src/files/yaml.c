// SPDX-License-Identifier: Apache-2.0
// yaml.c - one flat mapping of scalars, by libyaml's events. Whatever else YAML can do is refused.
//
//   STREAM-START  DOCUMENT-START  MAPPING-START  (SCALAR SCALAR)*  MAPPING-END  DOCUMENT-END  STREAM-END
//
// The walk stops at the first nested value, so depth never exceeds one and aliases never expand.
#include "files/yaml.h"

#include <yaml.h>

#include "base/mem.h"

typedef struct walk {
    yaml_parser_t parser;
    const char *text; // borrowed, (size)
    size_t size;
    const char *name; // borrowed
    hg__yaml_visit *visit;
    void *context;
    char *key[HG_MAX_YAML_KEYS]; // owned, (keys): met so far
    size_t keys;
} walk;

static size_t line_of(const yaml_event_t *e) {
    return e->start_mark.line + 1;
}

static int fail_parse(const walk *w, hg_error *err) {
    const yaml_parser_t *p = &w->parser;
    if (p->error == YAML_MEMORY_ERROR) {
        return hg__fail(err, HG_ERR_MEMORY, "out of memory while reading %s", w->name);
    }
    size_t line = p->problem_mark.line + 1;
    if (p->error == YAML_READER_ERROR) { // it knows the byte, not the line
        line = 1;
        for (size_t i = 0; i < p->problem_offset && i < w->size; i++) line += w->text[i] == '\n';
    }
    return hg__fail(err, HG_ERR_USAGE, "%s:%zu: expected YAML: %s", w->name, line,
                    p->problem ? p->problem : "it cannot be read");
}

static int next(walk *w, yaml_event_t *e, hg_error *err) {
    return yaml_parser_parse(&w->parser, e) ? HG_OK : fail_parse(w, err);
}

// What came, where a scalar was expected.
static const char *kind_of(const yaml_event_t *e) {
    switch (e->type) {
    case YAML_SEQUENCE_START_EVENT: return "a list";
    case YAML_MAPPING_START_EVENT: return "a mapping";
    case YAML_ALIAS_EVENT: return "an alias";
    default: return "something else";
    }
}

static int check_scalar(const walk *w, const yaml_event_t *e, const char *what, hg_error *err) {
    if (e->type != YAML_SCALAR_EVENT) {
        return hg__fail(err, HG_ERR_USAGE, "%s:%zu: expected %.60s, got %s", w->name, line_of(e),
                        what, kind_of(e));
    }
    if (e->data.scalar.anchor || e->data.scalar.tag) {
        return hg__fail(err, HG_ERR_USAGE, "%s:%zu: expected %.60s, got %s", w->name, line_of(e),
                        what, e->data.scalar.tag ? "a tag" : "an anchor");
    }
    if (memchr(e->data.scalar.value, '\0', e->data.scalar.length)) {
        return hg__fail(err, HG_ERR_USAGE, "%s:%zu: expected %.60s, got a zero byte", w->name,
                        line_of(e), what);
    }
    return HG_OK;
}

static int add_key(walk *w, const yaml_event_t *e, hg_error *err) {
    HG_TRY(check_scalar(w, e, "an option's name", err));
    const char *key = (const char *)e->data.scalar.value;
    for (size_t i = 0; i < w->keys; i++) {
        if (strcmp(w->key[i], key) != 0) continue;
        return hg__fail(err, HG_ERR_USAGE, "%s:%zu: expected each option once, got '%.60s' again",
                        w->name, line_of(e), key);
    }
    if (w->keys == HG_MAX_YAML_KEYS) {
        return hg__fail(err, HG_ERR_USAGE, "%s:%zu: expected at most %d options, got more", w->name,
                        line_of(e), HG_MAX_YAML_KEYS);
    }
    w->key[w->keys] = hg__copy_text(key, err);
    return w->key[w->keys++] ? HG_OK : HG_ERR_MEMORY;
}

static int visit_value(walk *w, const yaml_event_t *e, size_t line, hg_error *err) {
    const char *key = w->key[w->keys - 1];
    char what[80];
    snprintf(what, sizeof what, "one value for '%.40s'", key);
    HG_TRY(check_scalar(w, e, what, err));
    const char *value = (const char *)e->data.scalar.value;
    bool plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    if (plain && (strcmp(value, "~") == 0 || strcmp(value, "null") == 0)) value = "";
    return w->visit(w->context, key, value, line, err);
}

// One `key: value`; 1 after it, 0 at the mapping's end.
static int read_pair(walk *w, hg_error *err) {
    yaml_event_t e;
    HG_TRY(next(w, &e, err));
    size_t line = line_of(&e);
    bool end = e.type == YAML_MAPPING_END_EVENT;
    int code = end ? HG_OK : add_key(w, &e, err);
    yaml_event_delete(&e);
    if (end || code < 0) return code;
    HG_TRY(next(w, &e, err));
    code = visit_value(w, &e, line, err);
    yaml_event_delete(&e);
    return code < 0 ? code : 1;
}

static int check_root(const walk *w, const yaml_event_t *e, hg_error *err) {
    if (e->type != YAML_MAPPING_START_EVENT) {
        return hg__fail(err, HG_ERR_USAGE, "%s:%zu: expected lines of `key: value`, got %s",
                        w->name, line_of(e),
                        e->type == YAML_SCALAR_EVENT ? "one value" : kind_of(e));
    }
    if (e->data.mapping_start.anchor || e->data.mapping_start.tag) {
        return hg__fail(err, HG_ERR_USAGE, "%s:%zu: expected lines of `key: value`, got %s",
                        w->name, line_of(e), e->data.mapping_start.tag ? "a tag" : "an anchor");
    }
    return HG_OK;
}

// The next event that matters: document and stream marks are passed over, a second document is not.
static int next_content(walk *w, yaml_event_t *e, bool first, hg_error *err) {
    for (;;) {
        HG_TRY(next(w, e, err));
        bool mark = e->type == YAML_STREAM_START_EVENT || e->type == YAML_DOCUMENT_END_EVENT ||
                    (first && e->type == YAML_DOCUMENT_START_EVENT);
        if (!mark) return HG_OK;
        yaml_event_delete(e);
    }
}

static int read_document(walk *w, hg_error *err) {
    yaml_event_t e;
    HG_TRY(next_content(w, &e, true, err));
    bool empty = e.type == YAML_STREAM_END_EVENT;
    int code = empty ? HG_OK : check_root(w, &e, err);
    yaml_event_delete(&e);
    if (empty || code < 0) return code;
    do {
        code = read_pair(w, err);
    } while (code > 0);
    HG_TRY(code);
    HG_TRY(next_content(w, &e, false, err));
    bool end = e.type == YAML_STREAM_END_EVENT;
    size_t line = line_of(&e);
    yaml_event_delete(&e);
    if (end) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "%s:%zu: expected one document, got a second", w->name,
                    line);
}

int hg__yaml_read(const char *text, size_t size, const char *name, hg__yaml_visit *visit,
                  void *context, hg_error *err) {
    if (size > HG_MAX_YAML) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected at most %d bytes of YAML, got %zu", name,
                        HG_MAX_YAML, size);
    }
    walk w = {.text = text, .size = size, .name = name, .visit = visit, .context = context};
    if (!yaml_parser_initialize(&w.parser)) {
        return hg__fail(err, HG_ERR_MEMORY, "out of memory while reading %s", name);
    }
    yaml_parser_set_input_string(&w.parser, (const unsigned char *)text, size);
    int code = read_document(&w, err);
    yaml_parser_delete(&w.parser);
    for (size_t i = 0; i < w.keys; i++) hg__free(w.key[i]);
    return code;
}
