// SPDX-License-Identifier: Apache-2.0
// recording.c - a recording of one file or several: opened one after the other, put through the timeline, block by block.
#include "signal/recording.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/text.h"
#include "signal/label_spans.h"
#include "signal/recording_kind.h"
#include "signal/recording_list.h"
#include "signal/timeline.h"

struct hg__recording_state {
    hg__recording_options
        o; // without NULLs; the channels are the first file's from the second one on
    hg__recording_list list;
    hg__label_spans spans;   // of labels=
    hg__recording_file file; // the one at hand
    int32_t channels;        // that are wanted; of a file there may be more
    int32_t *pick;           // owned, (channels) of the file's channels; NULL: as they come
    float *picked;           // owned, (channels): a step
    size_t cells;            // that raw.value has room for
    int32_t at;              // its place in the list
    bool is_open;
    hg__raw raw;
    bool is_read_ahead; // raw has the first block of the file
    bool is_file_over;  // nothing comes behind raw
    hg__timeline line;
    bool is_noted; // the whole was read once
    int64_t bad;   // of the files before the one at hand
};

typedef struct hg__recording_state hg__recording_state;

// ---- for the kinds ------------------------------------------------------------------------------

void hg__note_add(char *note, size_t size, const char *format, ...) {
    const size_t used = strlen(note);
    va_list list;
    if (used + 3 >= size) return;
    if (used) snprintf(note + used, size - used, "; ");
    const size_t at = strlen(note);
    va_start(list, format);
    (void)vsnprintf(note + at, size - at, format, list);
    va_end(list);
}

int hg__recording_name_channels(hg__recording_file *f, int32_t channels, hg_error *err) {
    if (channels < 1 || channels > HG_CHANNELS) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected 1 to %d channels, got %d", f->path,
                        HG_CHANNELS, channels);
    }
    f->name = hg__alloc((size_t)channels, sizeof *f->name, err);
    if (!f->name) return HG_ERR_MEMORY;
    f->channels = channels;
    return HG_OK;
}

int hg__raw_add_when(hg__raw *raw, const char *text, size_t size, hg_error *err) {
    if (raw->capacity - raw->used <= size) {
        const size_t capacity = 2 * raw->capacity + size + 4096;
        char *grown = hg__grow(raw->text, capacity, 1, err);
        if (!grown) return HG_ERR_MEMORY;
        raw->text = grown;
        raw->capacity = capacity;
    }
    raw->at[raw->count] = raw->used;
    memcpy(raw->text + raw->used, text, size);
    raw->text[raw->used + size] = '\0';
    raw->used += size + 1;
    return HG_OK;
}

// ---- a model's channels -------------------------------------------------------------------------

static int32_t find_name(char *const *name, int32_t count, int32_t near, const char *wanted) {
    if (near < count && strcmp(name[near], wanted) == 0) return near; // where it mostly is
    for (int32_t i = 0; i < count; i++) {
        if (strcmp(name[i], wanted) == 0) return i;
    }
    return -1;
}

// "column 3", "channel 1": names that no file had.
static bool is_made_up(const char *name) {
    const size_t word = strncmp(name, "column ", 7) == 0    ? 7
                        : strncmp(name, "channel ", 8) == 0 ? 8
                                                            : 0;
    return word && name[word] && strspn(name + word, "0123456789") == strlen(name + word);
}

static int fail_name(const hg__recording_file *f, char *const *name, int32_t count,
                     const char *wanted, hg_error *err) {
    char advice[HG_SUGGESTED];
    hg__suggest(wanted, (const char *const *)name, (size_t)count, advice);
    return hg__fail(err, HG_ERR_DATA, "%s: expected a channel '%.60s', got none of that name%s",
                    f->path, wanted, advice);
}

int hg__recording_match(const hg__recording_file *f, char *const *name, int32_t count,
                        int32_t *from, hg_error *err) {
    const hg__recording_options *o = f->o;
    bool by_name = f->named;
    int32_t missing = -1;
    for (int32_t i = 0; i < o->channels && by_name; i++) {
        from[i] = find_name(name, count, i, o->channel[i]);
        if (from[i] >= 0) continue;
        missing = i;
        by_name = !is_made_up(o->channel[i]);
        if (by_name) return fail_name(f, name, count, o->channel[missing], err);
    }
    if (by_name) return HG_OK;
    if (count != o->channels) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected %d channel%s, got %d", f->path, o->channels,
                        o->channels == 1 ? "" : "s", count);
    }
    for (int32_t i = 0; i < count; i++) from[i] = i;
    return HG_OK;
}

// ---- the file at hand ---------------------------------------------------------------------------

static void close_file(hg__recording_state *s) {
    hg__recording_file *f = &s->file;
    if (!s->is_open) return;
    f->kind->close(f);
    for (int32_t i = 0; f->name && i < f->channels; i++) hg__free(f->name[i]);
    hg__free(f->name);
    *f = (hg__recording_file){0};
    s->is_open = false;
}

// "x" once more becomes "x.2".
static int tell_apart(hg__recording_file *f, int32_t at, hg_error *err) {
    int32_t same = 1;
    for (int32_t i = 0; i < at; i++) same += strcmp(f->name[i], f->name[at]) == 0;
    if (same == 1) return HG_OK;
    hg__text text = {0};
    hg__text_add(&text, "%s.%d", f->name[at], same);
    char *name = hg__text_take(&text, err);
    if (!name) return HG_ERR_MEMORY;
    hg__free(f->name[at]);
    f->name[at] = name;
    return HG_OK;
}

static int name_channels(hg__recording_file *f, hg_error *err) {
    for (int32_t i = 0; i < f->channels; i++) {
        char text[32];
        if (!f->name[i]) {
            snprintf(text, sizeof text, "channel %d", i + 1);
            f->name[i] = hg__copy_text(text, err);
        }
        if (!f->name[i]) return HG_ERR_MEMORY;
    }
    // From the last on, so that what a name is compared with is still the file's own.
    for (int32_t i = f->channels - 1; i > 0 && !f->is_picked; i--) HG_TRY(tell_apart(f, i, err));
    return HG_OK;
}

static bool is_in_order(const int32_t *from, int32_t count) {
    for (int32_t i = 0; i < count; i++) {
        if (from[i] != i) return false;
    }
    return true;
}

// Which of the file's channels are wanted.
static int pick_channels(hg__recording_state *s, hg_error *err) {
    const hg__recording_file *f = &s->file;
    const int32_t wanted = s->o.channels;
    hg__free(s->pick);
    s->pick = NULL;
    s->channels = f->channels;
    if (f->is_picked || wanted <= 0) return HG_OK;
    if (wanted > f->channels) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected %d channels, got %d", f->path, wanted,
                        f->channels);
    }
    s->pick = hg__alloc((size_t)wanted, sizeof *s->pick, err);
    if (!s->pick) return HG_ERR_MEMORY;
    HG_TRY(hg__recording_match(f, f->name, f->channels, s->pick, err));
    s->channels = wanted;
    if (wanted != f->channels || !is_in_order(s->pick, wanted)) return HG_OK;
    hg__free(s->pick);
    s->pick = NULL;
    return HG_OK;
}

// Room for a block of the file, all its channels.
static int make_room(hg__recording_state *s, hg_error *err) {
    hg__raw *raw = &s->raw;
    const size_t width = (size_t)s->file.channels, room = HG_BLOCK_CELLS / width;
    const size_t cells = (room < HG_STEPS ? room : HG_STEPS) * width;
    raw->room = (int32_t)(cells / width);
    if (cells <= s->cells) return HG_OK;
    hg__free(raw->value);
    s->cells = 0;
    raw->value = hg__alloc(cells, sizeof *raw->value, err);
    if (!raw->value) return HG_ERR_MEMORY;
    s->cells = cells;
    return HG_OK;
}

// Those of the file at hand.
static int label_spans(hg__recording_state *s, hg_error *err) {
    hg__recording_file *f = &s->file;
    if (!*s->o.labels) return HG_OK;
    HG_TRY(hg__label_spans_of(&s->spans, f->path, err));
    f->has_label = true;
    if (s->spans.is_time && !f->has_time) {
        return hg__fail(err, HG_ERR_DATA, "%s: labels=%s: expected steps with times, got none",
                        f->path, s->o.labels);
    }
    if (s->spans.is_time || s->o.resample <= 0) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "labels=%s: expected no resample= beside it, as it counts rows of the file",
                    s->o.labels);
}

static int open_file(hg__recording_state *s, int32_t at, hg_error *err) {
    hg__recording_file *f = &s->file;
    const hg__recording_entry *e = &s->list.file[at];
    *f = (hg__recording_file){.kind = e->kind,
                              .o = &s->o,
                              .path = hg__input_name(e->path),
                              .format = e->kind->name,
                              .steps = -1};
    s->at = at;
    s->is_open = true;
    s->is_file_over = s->is_read_ahead = false;
    s->raw.first = 0;
    s->raw.count = 0;
    f->source = e->path;
    HG_TRY(f->kind->open(f, err));
    HG_TRY(label_spans(s, err));
    HG_TRY(name_channels(f, err));
    HG_TRY(pick_channels(s, err));
    return make_room(s, err);
}

// Of the steps of all channels those that are wanted; they only become narrower or keep their places.
static void pick(hg__recording_state *s) {
    const size_t width = (size_t)s->file.channels, wanted = (size_t)s->channels;
    for (size_t row = 0; s->pick && row < (size_t)s->raw.count; row++) {
        const float *from = s->raw.value + row * width;
        for (size_t i = 0; i < wanted; i++) s->picked[i] = from[s->pick[i]];
        memcpy(s->raw.value + row * wanted, s->picked, wanted * sizeof *s->picked);
    }
}

// The next block of the file at hand as it is there: 1, 0 at its end.
static int read_raw(hg__recording_state *s, hg_error *err) {
    hg__raw *raw = &s->raw;
    raw->first += raw->count;
    raw->count = 0;
    raw->used = 0;
    memset(raw->label, 0, (size_t)raw->room);
    memset(raw->begins, 0, (size_t)raw->room);
    s->line.at = 0;
    if (hg__is_stopped(s->o.listener)) {
        return hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", s->file.path);
    }
    const int more = s->file.kind->next(&s->file, raw, err);
    if (more <= 0) raw->count = 0;
    pick(s);
    s->is_file_over = more == 0;
    return more;
}

static int measure(hg__recording_state *s, hg_error *err) {
    hg__timeline_begin(&s->line);
    HG_TRY(read_raw(s, err));
    s->is_read_ahead = true;
    return hg__timeline_measure(&s->line, &s->file, &s->raw, err);
}

// ---- open ---------------------------------------------------------------------------------------

static const char *text_or_none(const char *text) {
    return text ? text : "";
}

static hg__recording_options complete(const hg__recording_options *o) {
    hg__recording_options full = o ? *o : (hg__recording_options){0};
    const char **const text[] = {&full.time,  &full.label,  &full.normal, &full.ignore,
                                 &full.table, &full.on_bad, &full.query,  &full.labels};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) *text[i] = text_or_none(*text[i]);
    if (full.bridge == 0) full.bridge = HG_BRIDGE;
    if (full.bridge < 0) full.bridge = 0;
    return full;
}

static int make_buffers(hg__recording_state *s, hg_error *err) {
    hg__raw *raw = &s->raw;
    raw->time = hg__alloc(HG_STEPS, sizeof *raw->time, err);
    raw->label = hg__alloc(HG_STEPS, 1, err);
    raw->begins = hg__alloc(HG_STEPS, 1, err);
    raw->at = hg__alloc(HG_STEPS, sizeof *raw->at, err);
    s->picked = hg__alloc((size_t)s->channels, sizeof *s->picked, err);
    if (!raw->time || !raw->label || !raw->begins || !raw->at || !s->picked) return HG_ERR_MEMORY;
    const int32_t fit = HG_BLOCK_CELLS / s->channels;
    return hg__timeline_init(&s->line, &s->o, s->channels, fit < HG_STEPS ? fit : HG_STEPS, err);
}

// What the recording says of itself, from its first file.
static int introduce(hg__recording *r, hg_error *err) {
    hg__recording_state *s = r->state;
    const hg__recording_file *f = &s->file;
    r->name = hg__alloc((size_t)s->channels, sizeof *r->name, err);
    if (!r->name) return HG_ERR_MEMORY;
    for (; r->channels < s->channels; r->channels++) {
        const char *name = s->o.channels > 0 ? s->o.channel[r->channels] : f->name[r->channels];
        r->name[r->channels] = hg__copy_text(name, err);
        if (!r->name[r->channels]) return HG_ERR_MEMORY;
    }
    r->named = f->named;
    r->files = s->list.count;
    r->steps = r->files == 1 && s->o.resample <= 0 ? f->steps : -1;
    r->rate = f->rate;
    r->has_when = f->has_when;
    r->has_label = f->has_label;
    s->o.channel = (const char *const *)r->name;
    s->o.channels = r->channels;
    return HG_OK;
}

static void write_note(hg__recording *r) {
    const hg__recording_state *s = r->state;
    r->note[0] = '\0';
    if (*s->file.note) hg__note_add(r->note, sizeof r->note, "%s", s->file.note);
    hg__timeline_note(&s->line, r->note, sizeof r->note);
    const int64_t bad = s->bad + s->file.bad;
    if (bad) {
        hg__note_add(r->note, sizeof r->note,
                     "%lld row%s with what cannot be read, taken as missing", (long long)bad,
                     bad == 1 ? "" : "s");
    }
}

static void show_file(hg__recording *r) {
    r->path = r->state->file.path;
    r->format = r->state->file.format;
    r->step = r->state->line.step;
    r->has_time = r->state->line.is_timed || r->step > 0;
    r->train_rows = r->state->spans.train_rows;
}

static int open_first(hg__recording *r, const char *path, hg_error *err) {
    hg__recording_state *s = r->state;
    if (*s->o.label && *s->o.labels) {
        return hg__fail(err, HG_ERR_USAGE, "labels=%s: expected no label= beside it, got %s",
                        s->o.labels, s->o.label);
    }
    HG_TRY(hg__label_spans_open(&s->spans, s->o.labels, err));
    HG_TRY(hg__recording_list_read(&s->list, path, err));
    HG_TRY(open_file(s, 0, err));
    HG_TRY(make_buffers(s, err));
    HG_TRY(introduce(r, err));
    HG_TRY(measure(s, err));
    show_file(r);
    write_note(r);
    return HG_OK;
}

hg__recording *hg__recording_open(const char *path, const hg__recording_options *o, hg_error *err) {
    hg__recording *r = hg__alloc(1, sizeof *r, err);
    if (!r) return NULL;
    r->state = hg__alloc(1, sizeof *r->state, err);
    if (r->state) {
        r->state->o = complete(o);
        if (open_first(r, path, err) == HG_OK) return r;
    }
    hg__recording_close(r);
    return NULL;
}

void hg__recording_close(hg__recording *r) {
    if (!r) return;
    if (r->over) r->over->close(r);
    hg__recording_state *s = r->state;
    if (s) {
        close_file(s);
        hg__timeline_clear(&s->line);
        hg__label_spans_close(&s->spans);
        hg__free(s->pick);
        hg__free(s->picked);
        hg__free(s->raw.value);
        hg__free(s->raw.time);
        hg__free(s->raw.label);
        hg__free(s->raw.begins);
        hg__free(s->raw.at);
        hg__free(s->raw.text);
        hg__recording_list_clear(&s->list);
        hg__free(s);
    }
    for (int32_t i = 0; r->name && i < r->channels; i++) hg__free(r->name[i]);
    hg__free(r->name);
    hg__free(r);
}

// ---- block after block --------------------------------------------------------------------------

// The file behind the one at hand must go with the first.
static int check_alike(const hg__recording *r, const hg__recording_file *f, hg_error *err) {
    if (f->rate != r->rate) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected %.9g samples a second as in the first file, got %.9g",
                        f->path, r->rate, f->rate);
    }
    if (f->has_label == r->has_label) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected %s as in the first file", f->path,
                    r->has_label ? "labels" : "no labels");
}

static int begin_file(hg__recording *r, int32_t at, hg_error *err) {
    hg__recording_state *s = r->state;
    s->bad = at > 0 ? s->bad + s->file.bad : 0;
    close_file(s);
    HG_TRY(open_file(s, at, err));
    HG_TRY(check_alike(r, &s->file, err));
    if (s->line.known <= 0 && r->step > 0) s->line.known = r->step;
    HG_TRY(measure(s, err));
    const double step = r->step;
    show_file(r);
    r->step = step;
    return HG_OK;
}

// 1, or 0 where there is no further block in any file.
static int fetch(hg__recording *r, hg_error *err) {
    hg__recording_state *s = r->state;
    if (s->is_read_ahead) {
        s->is_read_ahead = false;
        return 1;
    }
    if (!s->is_file_over) {
        const int more = read_raw(s, err);
        if (more) return more;
        if (s->line.resample > 0) return 1; // what was averaged last
    }
    if (s->at + 1 >= s->list.count) return 0;
    HG_TRY(begin_file(r, s->at + 1, err));
    s->is_read_ahead = false;
    return 1;
}

static int end(hg__recording *r) {
    if (!r->state->is_noted) write_note(r);
    r->state->is_noted = true;
    r->state->line.is_counting = false;
    return 0;
}

int hg__recording_next(hg__recording *r, hg__steps *to, hg_error *err) {
    if (r->over) return r->over->next(r, to, err);
    hg__recording_state *s = r->state;
    for (;;) {
        if (!s->is_read_ahead) {
            hg__timeline_run(&s->line, &s->file, &s->raw, s->is_file_over, to);
            to->file = s->at;
            if (*s->o.labels) hg__label_spans_mark(&s->spans, to, s->line.label);
            if (to->count > 0) return 1;
        }
        const int more = fetch(r, err);
        if (more < 0) return more;
        if (more == 0) return end(r);
    }
}

int hg__recording_rewind(hg__recording *r, hg_error *err) {
    if (r->over) return r->over->rewind(r, err);
    hg__recording_state *s = r->state;
    s->line.is_counting = !s->is_noted;
    if (!s->is_noted) s->line.counts = (hg__timeline_counts){0};
    if (s->list.count > 1 || !s->is_open) return begin_file(r, 0, err);
    HG_TRY(s->file.kind->rewind(&s->file, err));
    s->is_file_over = s->is_read_ahead = false;
    s->raw.first = 0;
    s->raw.count = 0;
    s->line.at = 0;
    hg__timeline_begin(&s->line);
    return HG_OK;
}
