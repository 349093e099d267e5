// SPDX-License-Identifier: Apache-2.0
// schema_times.c - the times of a column: what its name says, which of their formats it has.
#include <string.h>

#include "base/mem.h"
#include "schema/schema_measure.h"

enum {
    DAY = 86400,
    ENOUGH = 20,
    ALL = (1 << HG_TIME_FORMATS) - 1,
    NUMBERS = ALL & ~((1 << HG_TIME_EPOCH) - 1)
};

// ---- names --------------------------------------------------------------------------------------

static const char date_words[] = " date dates day datum datums fecha jour giorno dia día dato dag "
                                 "datetime dob birthday birthdate "
                                 "geburtstag дата 日期 日付 날짜 ";
static const char time_words[] =
    " time times timestamp timestamps ts dt tag data zeit zeitpunkt zeitstempel uhrzeit epoch "
    "unixtime hora heure ora tijd tid "
    "horodatage datetime created updated modified opened closed started ended start end begin seen "
    "logged "
    "arrival arrived departure departed received sent expires expiry время 时间 時間 시간 ";
static const char last_words[] = " at on ";
static const char ends[] = " date datum timestamp datetime ";
// With one of these it is a length of time, or none at all.
static const char other_words[] = " delta diff difference duration dauer elapsed delay latency "
                                  "count cnt num number rate usage spent remaining left "
                                  "response run cpu wait total sum avg update updates candidate "
                                  "candidates mandate runtime uptime ";

// What follows "year" and its like is a span of values.
static const struct {
    const char *words;
    double least, most;
} parts[] = {
    {" year years yr jahr annee année ano año anno jaar år god год 年 ", 1900,   2100  },
    {" month mon monat mois mes mese maand måned месяц 月 ",             1,      12    },
    {" month months monat mois mes mese maand period yearmonth yyyymm ",        190001, 210012},
    {" week wk woche kw semaine semana settimana uke vecka неделя ",      1,      53    },
    {" quarter qtr quartal trimestre kwartaal ",                                1,      4     },
    {" doy yday dayofyear ",                                                    1,      366   },
};

enum { LONGEST_WORD = 32 };

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_part_of_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

// The next word of a name in small letters: "orderDate", "order_date", "order date" have two. *name moves behind it.
static bool next_word(const char **name, char word[LONGEST_WORD + 1]) {
    const char *p = *name;
    size_t n = 0;
    while (*p && !is_part_of_word(*p)) p++;
    if (!*p) return false;
    for (const char *first = p; is_part_of_word(*p); p++) {
        const bool hump = p > first && *p >= 'A' && *p <= 'Z' && p[-1] >= 'a' && p[-1] <= 'z';
        if (hump) break;
        if (n < LONGEST_WORD) word[n++] = lower(*p);
    }
    word[n] = '\0';
    *name = p;
    return true;
}

// Whether a list, " a b ", has the word; with `end` whether one of it is how the word ends.
static bool is_in(const char *list, const char *word, bool end) {
    const size_t size = strlen(word);
    if (size == 0) return false;
    for (const char *p = list + 1; *p; p++) {
        const size_t n = strcspn(p, " ");
        if (n == size && memcmp(p, word, n) == 0) return true;
        if (end && n < size && memcmp(p, word + size - n, n) == 0) return true;
        p += n;
    }
    return false;
}

bool hg__time_length_name(const char *name) {
    char word[LONGEST_WORD + 1];
    while (next_word(&name, word)) {
        if (is_in(other_words, word, false)) return true;
    }
    return false;
}

int hg__time_name(const char *name) {
    char word[LONGEST_WORD + 1];
    int says = 0;
    while (next_word(&name, word)) {
        if (is_in(other_words, word, false)) return 0;
        const bool last = !*name;
        if (is_in(date_words, word, false) || is_in(ends, word, true)) says |= HG_SAYS_DATE;
        if (is_in(time_words, word, false)) says |= HG_SAYS_TIME;
        if (last && is_in(last_words, word, false)) says |= HG_SAYS_TIME;
    }
    return says;
}

bool hg__time_part_name(const char *name, double least, double most) {
    char word[LONGEST_WORD + 1];
    while (next_word(&name, word)) {
        for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
            const bool in = least >= parts[i].least && most <= parts[i].most;
            if (in && is_in(parts[i].words, word, false)) return true;
        }
    }
    return false;
}

// ---- what was read ------------------------------------------------------------------------------

static void add(hg__time_span *s, double seconds, bool weak) {
    const double days = seconds / 86400;
    s->clock = s->clock || days != (double)(int64_t)days;
    if (s->count > 0) {
        s->falls += seconds < s->last;
        s->rises += seconds > s->last;
    }
    if (s->count == 0 || seconds < s->least) s->least = seconds;
    if (s->count == 0 || seconds > s->most) s->most = seconds;
    s->count++;
    s->weak += weak;
    s->last = seconds;
}

static void add_reading(hg__times *t, const hg__time_reading *r) {
    for (int f = 0; f < HG_TIME_FORMATS; f++) {
        if (r->formats & 1U << f) add(&t->span[f], r->seconds[f], r->weak);
    }
    t->zeros += r->zero;
    t->dots += r->mark == '.';
    t->slashes += r->mark == '/';
    t->half_days += r->half_day;
}

// The first cell that some formats do not read: `formats`.
static int add_miss(hg__times *t, uint32_t formats, const char *where, const char *shown,
                    hg_error *err) {
    hg__time_miss *miss = &t->miss[t->misses];
    miss->where = hg__copy_text(where, err);
    if (!miss->where) return HG_ERR_MEMORY;
    miss->formats = formats;
    memcpy(miss->shown, shown, sizeof miss->shown);
    t->missed |= formats;
    t->misses++;
    return HG_OK;
}

// The values before the first time of a column were none.
static int start(hg__measure *m, hg__cell_class class, hg_error *err) {
    m->time = hg__alloc(1, sizeof *m->time, err);
    if (!m->time) return HG_ERR_MEMORY;
    for (int k = HG_CLASS_MISSING + 1; k < HG_CLASSES; k++) {
        int64_t before = m->count[k] - (k == (int)class);
        if (k == HG_CLASS_BIT) before -= m->zeros;
        if (before > 0) return add_miss(m->time, ALL, m->where[k], m->shown[k], err);
    }
    return HG_OK;
}

int hg__times_add(hg__measure *m, hg__cell_class class, const hg__table *table,
                  const hg__cell *cell, hg__time_reading *r, hg_error *err) {
    const bool is_number = cell->kind == HG_CELL_NUMBER;
    const bool zero = r->zero;
    double seconds;
    if (is_number && m->said >= 0 && hg__time_read_as(m->said, cell, &seconds) == 1) {
        r->formats |= 1U << m->said; // whatever its size
        r->seconds[m->said] = seconds;
    }
    if (!m->time && (is_number || !zero) && !r->formats) return HG_OK;
    if (!m->time) HG_TRY(start(m, class, err));
    hg__times *t = m->time;
    if (!is_number || !zero) add_reading(t, r);
    t->numbers += is_number && r->formats;
    t->texts += !is_number && (r->formats || zero);
    const bool by_all = zero || r->formats & 1U << HG_TIME_ISO;
    const uint32_t missed = by_all ? 0 : ALL & ~r->formats & ~t->missed;
    if (!missed) return HG_OK;
    char where[1100], shown[48];
    hg__table_where(table, where, sizeof where);
    hg__cell_show(cell, shown);
    return add_miss(t, missed, where, shown, err);
}

const hg__time_miss *hg__times_find_miss(const hg__times *t, int format) {
    for (int32_t i = 0; t && i < t->misses; i++) {
        if (t->miss[i].formats & 1U << format) return &t->miss[i];
    }
    return NULL;
}

void hg__times_clear(hg__times *t) {
    if (!t) return;
    for (int32_t i = 0; i < t->misses; i++) hg__free(t->miss[i].where);
    hg__free(t);
}

// ---- which format it is -------------------------------------------------------------------------

// Every format takes ISO's cells as well.
int64_t hg__times_read(const hg__times *t, int format) {
    return t->span[format].count + (format == HG_TIME_ISO ? 0 : t->span[HG_TIME_ISO].count);
}

void hg__times_range(const hg__times *t, int format, double *least, double *most) {
    const hg__time_span *own = &t->span[format], *iso = &t->span[HG_TIME_ISO];
    const bool both = own->count > 0 && iso->count > 0;
    const hg__time_span *one = own->count > 0 ? own : iso;
    *least = both && iso->least < one->least ? iso->least : one->least;
    *most = both && iso->most > one->most ? iso->most : one->most;
}

// Whether the cells come in the order of time, or against it, but for a few.
static bool is_in_order(const hg__times *t, int format) {
    const hg__time_span *s = &t->span[format];
    const bool newest_first = s->falls > s->rises;
    const int64_t along = newest_first ? s->falls : s->rises;
    return along >= ENOUGH - 1 && (s->falls + s->rises - along) * 10 <= along;
}

// Of two formats that read as many cells: below 0 where f is the likelier one, above 0 where g is. The order of rows says so, or
// the span of time: 01/02 to 12/02 are twelve days or a year.
static int compare_orders(const hg__times *t, int f, int g) {
    const hg__time_span *a = &t->span[f], *b = &t->span[g];
    if (a->falls * 4 < b->falls) return -1;
    if (b->falls * 4 < a->falls) return 1;
    const double of_a = a->most - a->least, of_b = b->most - b->least;
    if (of_a * 2 < of_b) return -1;
    return of_b * 2 < of_a ? 1 : 0;
}

// Where nothing decides: months come first between slashes, as most programs take them; days between dots and dashes.
static int usual_order(const hg__times *t, int f, int g) {
    const bool month_first = t->half_days > 0 || t->slashes > t->span[g].count / 2;
    const int usual = month_first ? HG_TIME_MDY : HG_TIME_DMY;
    return g == usual ? g : f;
}

// Of the formats in `among` the one that reads most cells; -1: none reads any.
static int find_best(const hg__times *t, uint32_t among, bool *unsure) {
    int best = -1;
    *unsure = false;
    for (int f = 0; f < HG_TIME_FORMATS; f++) {
        if (!(among & 1U << f) || t->span[f].count == 0) continue;
        const bool stray = f > HG_TIME_YMD && t->span[f].count <= t->span[HG_TIME_ISO].count;
        if (stray) continue;
        const int64_t more = best < 0 ? 1 : hg__times_read(t, f) - hg__times_read(t, best);
        if (more < 0) continue;
        const bool ordered = hg__time_types[f].has_order && more == 0;
        const int order = ordered ? compare_orders(t, f, best) : 0;
        if (ordered && order == 0 && hg__time_types[best].has_order) {
            best = usual_order(t, best, f);
            *unsure = t->dots < t->span[f].count; // nobody writes months first between dots
        } else if (more > 0 || order < 0) {
            best = f;
            *unsure = false;
        }
    }
    return best;
}

// ---- whether it is one --------------------------------------------------------------------------

// Whether numbers that read by that format are times: none is another number by chance, or the name says so.
static bool is_number_time(const hg__measure *m, int format, bool is_id) {
    const int64_t read = hg__times_read(m->time, format), numbers = m->number.count;
    const bool all = read == numbers, in_order = is_in_order(m->time, format);
    const hg__time_span *s = &m->time->span[format];
    // Few other numbers are as large and all within ten years.
    const bool ms =
        format == HG_TIME_EPOCH_MS && read >= ENOUGH && s->most - s->least < 3660.0 * DAY;
    if (!m->says) return all && (format == HG_TIME_YMD || ((in_order || ms) && !is_id));
    if (!hg__is_nearly(read + m->zeros, numbers)) return false;
    const bool is_narrow = format != HG_TIME_SERIAL && format != HG_TIME_DATENUM;
    if (is_narrow || m->says & HG_SAYS_DATE) return true;
    return in_order && s->most - s->least < 3660.0 * DAY; // and not milliseconds of a minute
}

// Whether a column of texts, or of texts and numbers such as 20240131, is of times.
static bool is_text_time(const hg__measure *m, int format, int64_t values) {
    const hg__times *t = m->time;
    const hg__time_span *s = &t->span[format];
    if (!hg__is_nearly(t->texts + t->numbers + m->zeros, values)) return false;
    if ((hg__times_read(t, format) + t->zeros) * 2 < values) return false;
    return s->weak == 0 || m->says || is_in_order(t, format);
}

int hg__times_choose(const hg__measure *m, bool is_id, bool is_constant, bool *unsure) {
    *unsure = false;
    if (!m->time) return -1;
    const int64_t numbers = m->number.count, values = numbers + hg__count_texts(m);
    const bool is_number = hg__is_nearly(numbers, values);
    uint32_t among = ALL;
    if (!is_number && !m->says) among &= ~(uint32_t)NUMBERS;
    const int best = find_best(m->time, among, unsure);
    if (best < 0) return -1;
    if (best == HG_TIME_CLOCK && m->says_length) return -1;
    // That a constant is another day tomorrow says nothing.
    if (is_constant && (best == HG_TIME_CLOCK || (is_number && !m->says))) return -1;
    const bool is_time = is_number ? is_number_time(m, best, is_id) : is_text_time(m, best, values);
    return is_time ? best : -1;
}

// Half the cells at the least: a category of these would be new ones tomorrow. Times of day come again.
int hg__times_choose_mostly(const hg__measure *m, bool *unsure) {
    const int64_t values = m->number.count + hg__count_texts(m);
    *unsure = false;
    if (!m->time) return -1;
    const int best = find_best(m->time, m->says ? ALL : ALL & ~NUMBERS, unsure);
    if (best < 0 || best == HG_TIME_CLOCK || m->time->texts + m->time->numbers < ENOUGH) return -1;
    const bool sure = m->time->span[best].weak == 0 || m->says;
    return sure && hg__times_read(m->time, best) * 2 >= values ? best : -1;
}

int hg__times_settle(const hg__measure *m, int said, bool *unsure) {
    *unsure = false;
    if (!m->time) return said < 0 ? HG_TIME_ISO : said;
    if (said < 0) {
        const int best = find_best(m->time, ALL, unsure);
        return best < 0 ? HG_TIME_ISO : best;
    }
    if (said != HG_TIME_EPOCH) return said;
    for (int f = HG_TIME_EPOCH; f <= HG_TIME_EPOCH_NS; f++) { // whatever the unit
        if (m->time->span[f].count > m->time->span[said].count) said = f;
    }
    return said;
}

// ---- what can be learned from it ----------------------------------------------------------------

void hg__times_set(hg__column *c, const hg__measure *m) {
    const hg__time_type *type = &hg__time_types[c->time_format];
    if (!m->time) return;
    const hg__time_span *s = &m->time->span[c->time_format], *iso = &m->time->span[HG_TIME_ISO];
    hg__times_range(m->time, c->time_format, &c->least, &c->most);
    const double span = c->most - c->least;
    const bool clock = type->has_clock && (s->clock || iso->clock);
    // Every hour was seen in two days; times without a date went round twice if they fell twice.
    c->clock = clock && (c->time_format == HG_TIME_CLOCK ? s->falls >= 2 : span >= 2 * DAY);
    c->week = type->has_day && span >= 14 * DAY; // every day of the week
}
