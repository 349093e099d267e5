// SPDX-License-Identifier: Apache-2.0
// timeline.c - rows with times as steps that lie equally far apart: what is missing, what comes late, what begins anew.
#include "signal/timeline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { DIFFERENCES = 4096 };

#define GAP       1.5  // steps
#define OFF       0.25 // of a step, from a whole number of them
#define OFTEN     0.05 // so many that are off: no step is kept
#define STANDS    0.1  // so many that stand still: a clock coarser than the steps
#define NOT_KNOWN ((double)NAN)

int hg__timeline_init(hg__timeline *t, const hg__recording_options *o, int32_t channels,
                      int32_t room, hg_error *err) {
    const size_t steps = (size_t)room, width = (size_t)channels;
    *t = (hg__timeline){.channels = channels,
                        .known = o->step,
                        .resample = o->resample,
                        .bridge = o->bridge,
                        .room = room,
                        .knows_coarse = o->is_coarse,
                        .knows_irregular = o->is_irregular,
                        .is_counting = true};
    t->value = hg__alloc(steps * width, sizeof *t->value, err);
    t->row = hg__alloc(steps, sizeof *t->row, err);
    t->time = hg__alloc(steps, sizeof *t->time, err);
    t->when = hg__alloc(steps, sizeof *t->when, err);
    t->label = hg__alloc(steps, 1, err);
    t->begins = hg__alloc(steps, 1, err);
    t->recent = hg__alloc(HG_RECENT, sizeof *t->recent, err);
    bool made = t->recent && t->value && t->row && t->time && t->when && t->label && t->begins;
    if (made && t->resample > 0) {
        t->sum = hg__alloc(width, sizeof *t->sum, err);
        t->count = hg__alloc(width, sizeof *t->count, err);
        t->bin_text = hg__alloc(steps, sizeof *t->bin_text, err);
        made = t->sum && t->count && t->bin_text;
    }
    return made ? HG_OK : HG_ERR_MEMORY;
}

void hg__timeline_clear(hg__timeline *t) {
    hg__free(t->recent);
    hg__free(t->value);
    hg__free(t->row);
    hg__free(t->time);
    hg__free(t->when);
    hg__free(t->label);
    hg__free(t->begins);
    hg__free(t->sum);
    hg__free(t->count);
    hg__free(t->bin_text);
    *t = (hg__timeline){0};
}

// ---- the step -----------------------------------------------------------------------------------

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Of `count` differences above 0 in order: how many are off from whole numbers of steps.
static int32_t count_off(const double *d, int32_t count, double step) {
    int32_t off = 0;
    for (int32_t i = 0; i < count; i++) {
        const double steps = d[i] / step;
        off += steps < 1 - OFF || fabs(steps - floor(steps + 0.5)) > OFF;
    }
    return off;
}

static void measure_times(hg__timeline *t, const hg__raw *raw, double *d) {
    int32_t count = 0, still = 0;
    double last = NOT_KNOWN;
    for (int32_t i = 0; i < raw->count && count + still < DIFFERENCES; i++) {
        const double difference = raw->begins[i] ? NOT_KNOWN : raw->time[i] - last;
        if (!isnan(raw->time[i])) last = raw->time[i];
        still += difference == 0;
        if (difference > 0) d[count++] = difference;
    }
    qsort(d, (size_t)count, sizeof *d, compare);
    t->step = t->known > 0 ? t->known : count ? d[(count - 1) / 2] : 0;
    t->is_coarse = t->knows_coarse || still > STANDS * (double)(count + still);
    if (t->is_coarse && t->known <= 0 && raw->count > 1) {
        const double span = last - raw->time[0];
        t->step = span > 0 ? span / (double)(raw->count - 1) : 0;
    }
    t->is_irregular = !t->is_coarse && t->step > 0 &&
                      (t->knows_irregular || count_off(d, count, t->step) > OFTEN * (double)count);
}

int hg__timeline_measure(hg__timeline *t, const hg__recording_file *f, const hg__raw *raw,
                         hg_error *err) {
    t->is_timed = f->has_time;
    t->is_coarse = t->is_irregular = false;
    t->rate = f->rate;
    t->step = f->rate > 0 ? 1 / f->rate : t->known;
    if (t->is_timed) {
        double *d = hg__alloc((size_t)raw->count, sizeof *d, err);
        if (!d) return HG_ERR_MEMORY;
        measure_times(t, raw, d);
        hg__free(d);
    }
    if (t->resample <= 0) return HG_OK;
    if (!f->has_time && f->rate <= 0) {
        return hg__fail(err, HG_ERR_USAGE, "%s: resample=: expected a file with times, got none",
                        f->path);
    }
    t->step = t->resample;
    return HG_OK;
}

void hg__timeline_begin(hg__timeline *t) {
    t->has_last = t->has_bin = t->is_looked_at = false;
    t->at = 0;
    t->bins = t->remembered = 0;
}

// ---- steps as they are --------------------------------------------------------------------------

static void add_gap(hg__timeline *t, double seconds, int64_t bridged) {
    hg__timeline_counts *c = &t->counts;
    if (!t->is_counting) return;
    c->gaps++;
    c->bridged += bridged;
    if (seconds > c->longest) c->longest = seconds;
}

static uint64_t hash_row(const hg__timeline *t, const hg__raw *raw) {
    const float *value = raw->value + (size_t)t->at * (size_t)t->channels;
    uint64_t hash;
    memcpy(&hash, &raw->time[t->at], sizeof hash);
    for (int32_t i = 0; i < t->channels; i++) {
        uint32_t bits;
        memcpy(&bits, &value[i], sizeof bits);
        hash = (hash ^ bits) * 0x9e3779b97f4a7c15;
        hash ^= hash >> 32;
    }
    return hash;
}

static void remember(hg__timeline *t, const hg__raw *raw) {
    if (t->is_timed && !t->is_coarse) t->recent[t->remembered++ % HG_RECENT] = hash_row(t, raw);
}

// Whether the row at t->at came before, not long ago.
static bool is_known(const hg__timeline *t, const hg__raw *raw) {
    const uint64_t hash = hash_row(t, raw);
    const int64_t count = t->remembered < HG_RECENT ? t->remembered : HG_RECENT;
    for (int64_t i = 0; i < count; i++) {
        if (t->recent[i] == hash) return true;
    }
    return false;
}

// Not later than the one before.
static void look_back(hg__timeline *t, const hg__raw *raw, double steps) {
    const bool is_far = -steps > t->bridge, is_again = is_far && is_known(t, raw);
    t->is_new = is_far && !is_again;
    t->is_late = !t->is_new;
    if (!t->is_counting) return;
    t->counts.restarts += t->is_new;
    t->counts.duplicates += is_again || (!is_far && steps == 0);
    t->counts.late += !is_far && steps < 0;
}

// What lies before the step at raw->time[t->at].
static void look(hg__timeline *t, const hg__raw *raw) {
    const double time = t->is_timed ? raw->time[t->at] : 0;
    t->is_looked_at = true;
    t->lacks = t->made = 0;
    t->is_late = false;
    t->is_new = !t->has_last || raw->begins[t->at];
    if (t->is_new || !t->is_timed || t->is_coarse || t->step <= 0 || isnan(time)) return;
    const double steps = (time - t->last) / t->step;
    if (steps <= 0) {
        look_back(t, raw, steps);
    } else if (steps > GAP) {
        const double lacks = floor(steps + 0.5) - 1;
        const bool is_long = lacks > t->bridge;
        t->is_new = is_long;
        if (!is_long && !t->is_irregular) t->lacks = (int64_t)lacks;
        if (is_long || !t->is_irregular) add_gap(t, time - t->last, t->lacks);
    }
}

static void count_missing(hg__timeline *t, const float *value) {
    int64_t missing = 0;
    for (int32_t i = 0; i < t->channels; i++) missing += isnan(value[i]);
    t->counts.missing += missing;
}

static void set_missing(float *value, int32_t channels) {
    for (int32_t i = 0; i < channels; i++) value[i] = NAN;
}

// A step that the file lacks, between the last one and that at t->at.
static void make_up(hg__timeline *t, const hg__raw *raw, int32_t to) {
    const double share = (double)(t->made + 1) / (double)(t->lacks + 1);
    set_missing(t->value + (size_t)to * (size_t)t->channels, t->channels);
    t->row[to] = -1;
    t->time[to] = t->last + (raw->time[t->at] - t->last) * share;
    t->when[to] = "";
    t->label[to] = t->begins[to] = 0;
    t->made++;
}

// The time of a step whose cell does not say it: a step behind the last.
static double guess_time(const hg__timeline *t) {
    return t->has_last ? t->last + t->step : NOT_KNOWN;
}

static double time_by_rate(const hg__timeline *t, const hg__recording_file *f, int64_t row) {
    return f->start + (f->rate > 0 ? (double)row / f->rate : (double)row * t->step);
}

static int64_t row_of(const hg__timeline *t, const hg__recording_file *f, const hg__raw *raw) {
    return f->has_rows ? raw->row[t->at] : raw->first + t->at;
}

static void take(hg__timeline *t, const hg__recording_file *f, const hg__raw *raw, int32_t to) {
    const size_t width = (size_t)t->channels, at = (size_t)t->at;
    const int64_t row = row_of(t, f, raw);
    float *value = t->value + (size_t)to * width;
    double time = t->is_timed ? raw->time[at] : time_by_rate(t, f, row);
    if (isnan(time)) time = guess_time(t);
    memcpy(value, raw->value + at * width, width * sizeof *value);
    if (t->is_counting) count_missing(t, value);
    remember(t, raw);
    t->row[to] = row;
    t->time[to] = time;
    t->when[to] = f->has_when ? raw->text + raw->at[at] : "";
    t->label[to] = raw->label[at];
    t->begins[to] = t->is_new;
    if (!isnan(time)) {
        t->last = time;
        t->has_last = true;
    }
    t->has_last = t->has_last || !t->is_timed;
    t->at++;
    t->is_looked_at = false;
}

static void pass_over(hg__timeline *t) {
    t->at++;
    t->is_looked_at = false;
}

static int32_t run_plain(hg__timeline *t, const hg__recording_file *f, const hg__raw *raw) {
    int32_t n = 0;
    while (n < t->room && t->at < raw->count) {
        if (!t->is_looked_at) look(t, raw);
        if (t->is_late) {
            pass_over(t);
        } else if (t->made < t->lacks) {
            make_up(t, raw, n++);
        } else {
            take(t, f, raw, n++);
        }
    }
    return n;
}

// ---- resample: averages -------------------------------------------------------------------------

static void start_bin(hg__timeline *t, int64_t bin, bool begins) {
    t->bin = bin;
    t->has_bin = true;
    t->bin_begins = begins;
    t->bin_label = 0;
    t->bin_when[0] = '\0';
    t->bin_rows = 0;
    memset(t->sum, 0, (size_t)t->channels * sizeof *t->sum);
    memset(t->count, 0, (size_t)t->channels * sizeof *t->count);
}

static void give_bin(hg__timeline *t, int32_t to) {
    float *value = t->value + (size_t)to * (size_t)t->channels;
    for (int32_t i = 0; i < t->channels; i++) {
        value[i] = t->count[i] ? (float)(t->sum[i] / t->count[i]) : NAN;
    }
    memcpy(t->bin_text[to], t->bin_when, sizeof t->bin_when);
    t->row[to] = t->bins++;
    t->time[to] = (double)t->bin * t->resample;
    t->when[to] = t->bin_text[to];
    t->label[to] = t->bin_label;
    t->begins[to] = t->bin_begins;
}

static void add_to_bin(hg__timeline *t, const hg__recording_file *f, const hg__raw *raw) {
    const float *value = raw->value + (size_t)t->at * (size_t)t->channels;
    if (t->is_counting) count_missing(t, value);
    remember(t, raw);
    for (int32_t i = 0; i < t->channels; i++) {
        if (isnan(value[i])) continue;
        t->sum[i] += (double)value[i];
        t->count[i]++;
    }
    t->bin_label |= raw->label[t->at];
    if (t->bin_rows++ == 0 && f->has_when) {
        snprintf(t->bin_when, sizeof t->bin_when, "%s", raw->text + raw->at[t->at]);
    }
    t->at++;
}

// The row at t->at belongs to a bin behind the one at hand, which is given. Empty ones come by themselves.
static void close_bin(hg__timeline *t, int64_t bin, int32_t to) {
    const int64_t between = bin - t->bin - 1;
    give_bin(t, to);
    const bool is_long = t->bin_rows > 0 && between > t->bridge;
    if (t->bin_rows > 0 && between > 0) {
        add_gap(t, (double)between * t->resample, is_long ? 0 : between);
    }
    start_bin(t, is_long ? bin : t->bin + 1, is_long);
}

static void drop(hg__timeline *t, int64_t *count) {
    *count += t->is_counting;
    t->at++;
}

// The row at t->at: how many steps were given, 0 or 1.
static int32_t run_bin(hg__timeline *t, const hg__recording_file *f, const hg__raw *raw,
                       int32_t to) {
    const int64_t row = row_of(t, f, raw);
    const double time = t->is_timed ? raw->time[t->at] : time_by_rate(t, f, row);
    const double place = floor(time / t->resample);
    if (!(fabs(place) < 9e15)) {
        t->at++; // without a time it belongs nowhere
        return 0;
    }
    const int64_t bin = (int64_t)place;
    if (t->has_bin && raw->begins[t->at] && t->bin_rows > 0) {
        give_bin(t, to);
        start_bin(t, bin, true);
        add_to_bin(t, f, raw);
        return 1;
    }
    if (!t->has_bin) start_bin(t, bin, true);
    if (bin > t->bin) {
        close_bin(t, bin, to);
        return 1;
    }
    if (bin == t->bin) {
        add_to_bin(t, f, raw);
        return 0;
    }
    if (t->bin - bin <= t->bridge) {
        drop(t, &t->counts.late);
        return 0;
    }
    if (is_known(t, raw)) {
        drop(t, &t->counts.duplicates);
        return 0;
    }
    t->counts.restarts += t->is_counting;
    give_bin(t, to);
    start_bin(t, bin, true);
    return 1;
}

static int32_t run_bins(hg__timeline *t, const hg__recording_file *f, const hg__raw *raw,
                        bool at_end) {
    int32_t n = 0;
    while (n < t->room && t->at < raw->count) n += run_bin(t, f, raw, n);
    if (at_end && t->at >= raw->count && t->has_bin && n < t->room) {
        give_bin(t, n++);
        t->has_bin = false;
    }
    return n;
}

void hg__timeline_run(hg__timeline *t, const hg__recording_file *f, const hg__raw *raw, bool at_end,
                      hg__steps *to) {
    const bool bins = t->resample > 0;
    *to = (hg__steps){.count = bins ? run_bins(t, f, raw, at_end) : run_plain(t, f, raw),
                      .value = t->value,
                      .row = t->row,
                      .time = t->is_timed || t->step > 0 ? t->time : NULL,
                      .when = f->has_when ? t->when : NULL,
                      .label = f->has_label ? t->label : NULL,
                      .begins = t->begins};
}

// ---- the note -----------------------------------------------------------------------------------

void hg__seconds_show(double seconds, char text[32]) {
    static const struct {
        double seconds;
        const char *name;
    } units[] = {
        {86400, "d"  },
        {3600,  "h"  },
        {60,    "min"}
    };
    enum { MANY = 120 };
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const double count = seconds / units[i].seconds;
        const bool is_whole = count >= 1 && count <= MANY && count == floor(count);
        if (!is_whole && (seconds < MANY || count < 1)) continue;
        snprintf(text, 32, "%.3g %s", count, units[i].name);
        return;
    }
    snprintf(text, 32, "%.6g s", seconds);
}

static void note_count(char *note, size_t size, int64_t count, const char *one, const char *many) {
    if (count) hg__note_add(note, size, "%lld %s", (long long)count, count == 1 ? one : many);
}

void hg__timeline_note(const hg__timeline *t, char *note, size_t size) {
    const hg__timeline_counts *c = &t->counts;
    char step[32], longest[32];
    if (t->rate > 0 && t->resample <= 0) {
        hg__note_add(note, size, "%.9g samples a second", t->rate);
    } else if (t->step > 0) {
        hg__seconds_show(t->step, step);
        hg__note_add(note, size, "%s %s", t->resample > 0 ? "averaged over" : "a step every", step);
    }
    if (t->is_coarse) {
        hg__note_add(note, size,
                     "its times stand still too often: steps are taken as they come (groupby=, "
                     "where recordings are mixed)");
    }
    if (t->is_irregular && t->resample <= 0) {
        hg__note_add(note, size,
                     "irregular sampling (resample= averages over steps of one length)");
    }
    if (c->gaps) {
        hg__seconds_show(c->longest, longest);
        hg__note_add(note, size, "%lld gap%s (the longest %s)", (long long)c->gaps,
                     c->gaps == 1 ? "" : "s", longest);
    }
    note_count(note, size, c->duplicates, "row comes twice", "rows come twice");
    note_count(note, size, c->late, "row is late", "rows are late");
    note_count(note, size, c->restarts, "time the clock was set back",
               "times the clock was set back");
    note_count(note, size, c->missing, "missing cell", "missing cells");
}
