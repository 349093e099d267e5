// SPDX-License-Identifier: Apache-2.0
// recording_columns.c - which columns of a table are a recording's time, label and channels: by options, else by what the first rows hold.
#include "signal/recording_columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/mem.h"
#include "csv/time_text.h"
#include "schema/schema.h"

enum { DAY = 86400, ROWS = 4096, CELLS = 1 << 22, NAME = 512 };

int hg__switch_read(const hg__cell *cell) {
    static const struct {
        const char *text;
        int value;
    } words[] = {
        {"false", 0},
        {"true",  1},
        {"off",   0},
        {"on",    1}
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t size = strlen(words[i].text);
        if ((size_t)cell->size == size && strncasecmp(cell->text, words[i].text, size) == 0) {
            return words[i].value;
        }
    }
    return -1;
}

// ---- names --------------------------------------------------------------------------------------

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

// Whether `word` (size) is one of a list, " a b ", in any case.
static bool is_in(const char *list, const char *word, size_t size) {
    for (const char *p = list + 1; *p && size > 0;) {
        const size_t n = strcspn(p, " ");
        if (n == size && strncasecmp(p, word, n) == 0) return true;
        p += n + 1;
    }
    return false;
}

// Whether the first word of a name is one that says time: "Time (s)", "t", "elapsed_ms".
static bool says_time(const char *name) {
    static const char words[] =
        " t time timestamp timestamps ts date datetime epoch unixtime sec secs second "
        "seconds s ms msec millis milliseconds us usec microseconds ns nanoseconds "
        "elapsed zeit zeitstempel temps heure tiempo fecha tempo hora ";
    while (*name && !is_letter(*name)) name++;
    size_t size = 0;
    while (is_letter(name[size])) size++;
    const bool is_one = is_in(words, name, size); // NOLINT(readability-suspicious-call-argument)
    return is_one;
}

// Seconds of the unit that a name ends in: "time_ms", "Time [min]"; 1 where it says none.
static double unit_of(const char *name) {
    static const struct {
        const char *words;
        double seconds;
    } units[] = {
        {" ms msec millis millisecond milliseconds ",     1e-3 },
        {" us µs usec micros microsecond microseconds ", 1e-6 },
        {" ns nanos nanosecond nanoseconds ",             1e-9 },
        {" min mins minute minutes ",                     60   },
        {" h hr hrs hour hours ",                         3600 },
        {" d day days ",                                  86400}
    };
    size_t end = strlen(name), size = 0;
    while (end > 0 && !is_letter(name[end - 1])) end--;
    while (size < end && is_letter(name[end - size - 1])) size++;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (is_in(units[i].words, name + end - size, size)) return units[i].seconds;
    }
    return 1;
}

// A name that a column has which counts rows; nameless: what writes a data frame's own index.
static bool is_index_name(const hg__table *t, int32_t column) {
    static const char *const names[] = {"index", "idx", "id",     "row",  "unnamed: 0",
                                        "#",     "no",  "sample", "step", "row_id"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcasecmp(t->name[column], names[i]) == 0) return true;
    }
    return t->named && column == 0 && strcmp(t->name[column], "column 1") == 0;
}

// ---- the first rows -----------------------------------------------------------------------------

static void look_at_time(hg__column_look *l, const hg__cell *cell, bool has_order,
                         hg__time_reading *r) {
    const uint32_t formats = r->formats;
    if (!formats) {
        const bool is_first = cell->kind == HG_CELL_TEXT && !*l->odd;
        if (is_first) hg__cell_write(cell, l->odd, sizeof l->odd);
        l->misses++;
        return;
    }
    l->formats &= formats;
    for (int f = 0; f < HG_TIME_FORMATS; f++) {
        if (!(formats & 1U << f)) continue;
        l->falls[f] += has_order && l->time_order > 0 && r->seconds[f] < l->last[f];
        if (has_order) l->last[f] = r->seconds[f];
        l->has_clock |=
            hg__time_types[f].has_day && floor(r->seconds[f] / DAY) * DAY != r->seconds[f];
    }
    l->times++;
    l->time_order += has_order;
    l->weak += r->weak;
}

// The first text that reads as a number says what the others have before and behind it.
static void look_at_text(hg__column_look *l, const hg__cell *cell, char point) {
    hg__number_text n;
    hg__number_value v;
    if (!l->clothes.point) {
        if (!hg__number_scan(cell->text, (size_t)cell->size, &n)) return;
        if (!hg__number_value_of(&n, point, &v)) return;
        l->clothes.point = point;
        memcpy(l->clothes.prefix, n.prefix, sizeof n.prefix);
        memcpy(l->clothes.suffix, n.suffix, sizeof n.suffix);
    }
    l->dressed += hg__number_read(&l->clothes, cell->text, (size_t)cell->size, &v);
}

static void look_at_number(hg__column_look *l, double x, bool has_order) {
    const double more = x - l->last_number;
    l->numbers++;
    l->number_bits += x == 0 || x == 1;
    if (!has_order) return;
    if (l->number_order > 0) {
        l->number_falls += more < 0;
        l->number_rises += more > 0;
        l->number_ones += more == 1;
    }
    l->number_order++;
    l->last_number = x;
}

// says: what the name says of numbers that may be times. has_order: what stands before it is its past.
static void look_at(hg__column_look *l, const hg__cell *cell, int says, char point,
                    bool has_order) {
    hg__time_reading r = {0};
    if (cell->kind == HG_CELL_MISSING) {
        l->missing++;
        return;
    }
    if (cell->kind == HG_CELL_NUMBER) {
        if (l->formats) hg__time_read_number(cell->number, says, &r);
        look_at_number(l, cell->number, has_order);
    } else {
        l->texts++;
        l->switches += hg__switch_read(cell) >= 0;
        look_at_text(l, cell, point);
        if (l->formats) hg__time_read_text(cell->text, (size_t)cell->size, &r);
    }
    if (l->formats) look_at_time(l, cell, has_order, &r);
}

// Whether a row is of the first one's group. hash: of that, 0: there was none.
static bool is_of_first(const hg__cell *group, uint64_t *hash) {
    char buffer[32];
    const char *name;
    const size_t size = hg__group_text(group, buffer, &name);
    const uint64_t own = hg__hash_bytes(name, size) | 1;
    if (!*hash) *hash = own;
    return *hash == own;
}

static int look_at_rows(hg__column_look *look, int32_t group, hg__table *t, hg__cell *cell,
                        hg_error *err) {
    uint64_t first = 0;
    const int64_t fit = CELLS / t->columns, most = fit < ROWS ? fit + 2 : ROWS;
    for (int64_t row = 0; row < most; row++) {
        const int more = hg__table_next(t, cell, err);
        if (more == 0) break;
        if (more == HG_ERR_DATA) continue; // met again when it is read
        HG_TRY(more);
        const bool has_order = group < 0 || is_of_first(&cell[group], &first);
        for (int32_t i = 0; i < t->columns; i++) {
            const int says = says_time(t->name[i]) ? HG_SAYS_TIME | HG_SAYS_DATE : 0;
            look_at(&look[i], &cell[i], says, t->point == ',' ? ',' : '.', has_order);
        }
    }
    return hg__table_rewind(t, err);
}

// ---- time ---------------------------------------------------------------------------------------

enum { NONE = -2, PLAIN = -1 };

// Of the formats by which all texts read, that with the fewest falls.
static int32_t best_format(const hg__column_look *l) {
    int32_t best = NONE;
    for (int32_t f = 0; f < HG_TIME_FORMATS; f++) {
        if (!(l->formats & 1U << f) || f == HG_TIME_MONTH) continue;
        if (best < 0 || l->falls[f] < l->falls[best]) best = f;
    }
    return best;
}

// The format of a column that nobody named: NONE where it is no time.
static int32_t sniff_time(const hg__column_look *l, const char *name) {
    const bool says = says_time(name);
    const int32_t f = 20 * l->misses <= l->times && l->times ? best_format(l) : NONE;
    if (l->texts > 0) {
        const bool is_sure = says || hg__time_name(name) || l->weak < l->times;
        return f >= 0 && is_sure && 4 * (int64_t)l->falls[f] <= l->times ? f : NONE;
    }
    const bool rises = l->number_order > 1 && l->number_rises == l->number_order - 1;
    if (f >= 0 && (says ? 20 * (int64_t)l->falls[f] <= l->times : rises)) return f;
    const bool never_falls = l->number_falls == 0 && (l->number_rises > 0 || l->numbers == 1);
    return says && l->numbers > 0 && never_falls ? PLAIN : NONE;
}

// Times that do not rise, as a sentence with the way out.
static int refuse_order(const hg__recording_file *f, const hg__table *t,
                        const hg__column_look *look, int32_t column, hg_error *err) {
    static const char ways[] = "sort the rows by it, or take them as they come with timestamp=none";
    const hg__column_look *l = &look[column];
    const int32_t format = best_format(l);
    const long long rows = (long long)l->time_order, falls = l->falls[format];
    const char *name = t->name[column];
    if (10 * falls >= 9 * (rows - 1)) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: column '%.60s': expected times that rise, got the newest first: %s",
                        t->path, name, ways);
    }
    return hg__fail(err, HG_ERR_DATA,
                    "%s: column '%.60s': expected times that rise, got %lld of the first %lld "
                    "that fall: %s%s",
                    t->path, name, falls, rows,
                    *f->o->group ? ""
                                 : "where recordings are mixed, groupby= names the column "
                                   "that tells them apart; else ",
                    ways);
}

static bool falls_often(const hg__column_look *l, int32_t format) {
    return format >= 0 && format != HG_TIME_CLOCK && 4 * (int64_t)l->falls[format] > l->time_order;
}

// A column whose name and cells say that it is the time, if it only rose.
static bool is_unordered_time(const hg__column_look *l, const char *name) {
    const int32_t f = 20 * l->misses <= l->times && l->times > 2 ? best_format(l) : NONE;
    if (l->is_out || !says_time(name) || !falls_often(l, f)) return false;
    return l->texts > 0 || (f >= HG_TIME_EPOCH && f <= HG_TIME_EPOCH_NS);
}

static int name_time(hg__recording_columns *c, const hg__recording_file *f, const hg__table *t,
                     const hg__column_look *look, hg_error *err) {
    c->time = hg__table_column(t, "timestamp", f->o->time, err);
    if (c->time < 0) return c->time;
    const hg__column_look *l = &look[c->time];
    const int32_t format = l->times > l->misses ? best_format(l) : NONE;
    c->format = format >= 0 ? format : PLAIN;
    c->unit = unit_of(t->name[c->time]);
    if (falls_often(l, format) && l->times > 2) return refuse_order(f, t, look, c->time, err);
    if (format >= 0 || l->numbers >= l->texts) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "%s: timestamp=%.60s: expected times or numbers, got '%s'",
                    t->path, f->o->time, l->odd);
}

// A model's own channel is no time.
static bool is_channel(const hg__recording_options *o, const char *name) {
    for (int32_t i = 0; i < o->channels; i++) {
        if (strcmp(o->channel[i], name) == 0) return true;
    }
    return false;
}

static int choose_time(hg__recording_columns *c, const hg__recording_file *f, const hg__table *t,
                       const hg__column_look *look, hg_error *err) {
    c->time = -1;
    if (strcmp(f->o->time, "none") == 0) return HG_OK;
    if (*f->o->time) return name_time(c, f, t, look, err);
    for (int32_t i = 0; i < t->columns && c->time < 0; i++) {
        if (look[i].is_out) continue;
        const int32_t format = sniff_time(&look[i], t->name[i]);
        if (format == NONE || (t->named && is_channel(f->o, t->name[i]))) continue;
        c->time = i;
        c->format = format;
        c->unit = unit_of(t->name[i]);
    }
    for (int32_t i = 0; i < t->columns && c->time < 0; i++) {
        if (t->named && is_channel(f->o, t->name[i])) continue;
        if (is_unordered_time(&look[i], t->name[i])) return refuse_order(f, t, look, i, err);
    }
    return HG_OK;
}

// Texts that are all times of day, or all days without one; NONE for any other column.
static int32_t half_of(const hg__column_look *l) {
    if (l->is_out || l->texts == 0 || l->times == 0 || l->misses > 0) return NONE;
    const int32_t format = best_format(l);
    if (format < 0 || format == HG_TIME_CLOCK) return format;
    return hg__time_types[format].has_day && !l->has_clock ? format : NONE;
}

// Days in one column and times of day in another are one time.
static void join_halves(hg__recording_columns *c, const hg__table *t, const hg__column_look *look) {
    c->clock = -1;
    if (c->time < 0 || c->format < 0 || half_of(&look[c->time]) == NONE) return;
    const bool is_clock = c->format == HG_TIME_CLOCK;
    for (int32_t i = 0; i < t->columns && c->clock < 0; i++) {
        const int32_t format = i == c->time ? NONE : half_of(&look[i]);
        if (format == NONE || (format == HG_TIME_CLOCK) == is_clock) continue;
        c->clock = is_clock ? c->time : i;
        if (is_clock) c->time = i;
        if (is_clock) c->format = format;
    }
}

// ---- label and what is left out -----------------------------------------------------------------

static int find_group(hg__recording_columns *c, hg__recording_file *f, const hg__table *t,
                      hg_error *err) {
    const char *name = f->o->group;
    c->group = -1;
    if (!*name) return HG_OK;
    f->has_groups = true;
    if (f->o->group_may_lack && hg__table_find(t, name) < 0) {
        hg__note_add(f->note, sizeof f->note, "without a column '%.60s' it is one recording", name);
        return HG_OK;
    }
    c->group = hg__table_column(t, "groupby", name, err);
    return c->group < 0 ? c->group : HG_OK;
}

static int leave_out(hg__recording_columns *c, const hg__recording_file *f, const hg__table *t,
                     hg__column_look *look, hg_error *err) {
    char name[NAME];
    if (c->group >= 0) look[c->group].is_out = true;
    c->label = -1;
    if (*f->o->label) {
        c->label = hg__table_column(t, "label", f->o->label, err);
        if (c->label < 0) return c->label;
        look[c->label].is_out = true;
    }
    for (const char *at = f->o->ignore; hg__path_list_next(&at, name, sizeof name);) {
        const int32_t column = hg__table_column(t, "ignore", name, err);
        if (column < 0) return column;
        look[column].is_out = true;
    }
    return HG_OK;
}

// ---- channels -----------------------------------------------------------------------------------

static bool is_of_switches(const hg__column_look *l) {
    return l->switches > 0 && l->switches == l->texts && l->numbers == 0;
}

// Texts that are numbers in one format, all of them, and no dates.
static bool is_dressed(const hg__column_look *l) {
    return l->dressed > 0 && l->dressed == l->texts && (l->times == 0 || l->misses > l->times);
}

// Half of what is there are numbers: the others are mistakes, or a word for missing.
static bool is_numeric(const hg__column_look *l) {
    if (is_dressed(l)) return true;
    return l->numbers > 0 ? l->numbers >= l->texts : is_of_switches(l);
}

static bool counts_rows(const hg__table *t, const hg__column_look *look, int32_t column) {
    const hg__column_look *l = &look[column];
    return l->numbers > 2 && l->number_ones == l->number_order - 1 && l->texts == 0 &&
           is_index_name(t, column);
}

// A column of labels that nobody named: a name that says so, and nothing but 0 and 1.
static bool is_label(const hg__table *t, const hg__column_look *look, int32_t column) {
    static const char *const names[] = {"label",      "labels",   "anomaly",    "anomalies",
                                        "is_anomaly", "outlier",  "is_outlier", "ground_truth",
                                        "attack",     "att_flag", "changepoint"};
    const hg__column_look *l = &look[column];
    const bool is_binary = is_of_switches(l) || (l->texts == 0 && l->number_bits == l->numbers);
    for (size_t i = 0; i < sizeof names / sizeof *names && is_binary; i++) {
        if (strcasecmp(t->name[column], names[i]) == 0) return true;
    }
    return false;
}

// Columns of numbers that may be channels, all of them for names a model has; their number.
static int32_t list_columns(const hg__table *t, const hg__column_look *look, bool all,
                            int32_t *column) {
    int32_t count = 0;
    for (int32_t i = 0; i < t->columns; i++) {
        const bool is_one =
            all || (is_numeric(&look[i]) && !counts_rows(t, look, i) && !is_label(t, look, i));
        if (!look[i].is_out && is_one) column[count++] = i;
    }
    return count;
}

// A model's own channels. column, name (t->columns) are room to work in.
static int find_channels(hg__recording_columns *c, const hg__recording_file *f, const hg__table *t,
                         const hg__column_look *look, int32_t *column, char **name, hg_error *err) {
    const int32_t wanted = f->o->channels;
    int code = HG_ERR_DATA;
    for (int all = 1; all >= 0 && code < 0;
         all--) { // by name among all, else among those of numbers
        const int32_t count = list_columns(t, look, all, column);
        for (int32_t i = 0; i < count; i++) name[i] = t->name[column[i]];
        if (all && !f->named) continue;
        code = hg__recording_match(f, name, count, c->from, err);
    }
    HG_TRY(code);
    c->channels = wanted;
    for (int32_t i = 0; i < wanted; i++) c->from[i] = column[c->from[i]];
    return HG_OK;
}

static int choose_channels(hg__recording_columns *c, const hg__recording_file *f,
                           const hg__table *t, const hg__column_look *look, hg_error *err) {
    const size_t columns = (size_t)t->columns;
    const size_t most = columns > (size_t)f->o->channels ? columns : (size_t)f->o->channels;
    c->from = hg__alloc(most, sizeof *c->from, err);
    c->is_switch = hg__alloc(most, sizeof *c->is_switch, err);
    c->clothes = hg__alloc(most, sizeof *c->clothes, err);
    if (!c->from || !c->is_switch || !c->clothes) return HG_ERR_MEMORY;
    if (f->o->channels > 0) {
        int32_t *column = hg__alloc(columns, sizeof *column, err);
        char **name = column ? hg__alloc(columns, sizeof *name, err) : NULL;
        const int code = name ? find_channels(c, f, t, look, column, name, err) : HG_ERR_MEMORY;
        hg__free(column);
        hg__free(name);
        HG_TRY(code);
    } else {
        c->channels = list_columns(t, look, false, c->from);
    }
    for (int32_t i = 0; i < c->channels; i++) {
        const hg__column_look *l = &look[c->from[i]];
        c->is_switch[i] = is_of_switches(l);
        if (is_dressed(l)) c->clothes[i] = l->clothes;
    }
    if (c->channels > 0) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected a column of numbers beside time and label, got none", t->path);
}

// ---- all ----------------------------------------------------------------------------------------

static void note_columns(const hg__recording_columns *c, hg__recording_file *f, const hg__table *t,
                         const hg__column_look *look) {
    enum { SHOWN = 3 };
    char list[160] = "";
    int32_t texts = 0;
    if (*t->note) hg__note_add(f->note, sizeof f->note, "%s", t->note);
    if (c->clock >= 0) {
        hg__note_add(f->note, sizeof f->note, "time columns '%.60s' and '%.60s'", t->name[c->time],
                     t->name[c->clock]);
    } else if (c->time >= 0) {
        hg__note_add(f->note, sizeof f->note, "time column '%.60s'", t->name[c->time]);
    }
    for (int32_t i = 0; i < t->columns && f->o->channels == 0; i++) {
        if (look[i].is_out) continue;
        if (counts_rows(t, look, i)) {
            hg__note_add(f->note, sizeof f->note, "column '%.60s' counts rows: left out",
                         t->name[i]);
        } else if (is_label(t, look, i)) {
            hg__note_add(f->note, sizeof f->note, "column '%.60s' looks like labels: left out",
                         t->name[i]);
        } else if (!is_numeric(&look[i]) && texts++ < SHOWN) {
            const size_t used = strlen(list);
            snprintf(list + used, sizeof list - used, "%s'%.40s'", used ? ", " : "", t->name[i]);
        }
    }
    if (!texts) return;
    const bool more = texts > SHOWN;
    hg__note_add(f->note, sizeof f->note, "no numbers, left out: %s%s", list, more ? ", ..." : "");
}

static int choose(hg__recording_columns *c, hg__recording_file *f, hg__table *t,
                  hg__column_look *look, hg__cell *cell, hg_error *err) {
    for (int32_t i = 0; i < t->columns; i++) look[i].formats = ~0U;
    HG_TRY(find_group(c, f, t, err));
    HG_TRY(look_at_rows(look, c->group, t, cell, err));
    HG_TRY(leave_out(c, f, t, look, err));
    HG_TRY(choose_time(c, f, t, look, err));
    join_halves(c, t, look);
    if (c->time >= 0) look[c->time].is_out = true;
    if (c->clock >= 0) look[c->clock].is_out = true;
    HG_TRY(choose_channels(c, f, t, look, err));
    note_columns(c, f, t, look);
    return HG_OK;
}

int hg__recording_columns_choose(hg__recording_columns *c, hg__recording_file *f, hg__table *t,
                                 hg_error *err) {
    const size_t columns = (size_t)t->columns;
    hg__column_look *look = hg__alloc(columns, sizeof *look, err);
    hg__cell *cell = look ? hg__alloc(columns, sizeof *cell, err) : NULL;
    const int code = cell ? choose(c, f, t, look, cell, err) : HG_ERR_MEMORY;
    hg__free(cell);
    hg__free(look);
    return code;
}

void hg__recording_columns_clear(hg__recording_columns *c) {
    hg__free(c->from);
    hg__free(c->is_switch);
    hg__free(c->clothes);
    *c = (hg__recording_columns){0};
}
