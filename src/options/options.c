// SPDX-License-Identifier: Apache-2.0
// options.c - the table, and one option read, checked and written at a time.
#include "options/options.h"

#include <stddef.h>
#include <strings.h>

#include "base/file.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/show.h"
#include "options/options_internal.h"

enum {
#define JOB(id, ...) NUMBER_OF_##id,
#include "options/jobs.def"
#undef JOB
    JOBS
};

enum {
#define JOB(id, ...) id = 1 << NUMBER_OF_##id,
#include "options/jobs.def"
#undef JOB
    SCORING = RECONSTRUCT | ENCODE | PREDICT | VAL,
    TABLES = TRAIN | SCORING | CALIBRATE | COMPARE | INTERPOLATE,
    WRITING =
        RECONSTRUCT | ENCODE | DECODE | GENERATE | INTERPOLATE | DENOISE | PREDICT | WATCH | IMPORT,
    ALL_MODELS = TRAIN | WRITING | VAL | CALIBRATE | INFO | VERIFY,
    ALL = (1 << JOBS) - 1
};

static const hg__job jobs[JOBS] = {
#define JOB(id, name, others, own_key, own_value, needs, stops, summary) \
 {#name, NUMBER_OF_##id, own_key, own_value, needs, summary, stops, (id) | (others)},
#include "options/jobs.def"
#undef JOB
};

#define RANGE_INT(min, max, choices)    #min " to " #max
#define RANGE_SIZE(min, max, choices)   choices
#define RANGE_FLOAT(min, max, choices)  #min " to " #max
#define RANGE_BOOL(min, max, choices)   "true|false"
#define RANGE_TEXT(min, max, choices)   ""
#define RANGE_CHOICE(min, max, choices) choices

// clang-format off
static const hg__row rows[HG_OPTION_COUNT] = {
#define OPTION(type, name, standard, min, max, unit, choices, alias, jobs, help) \
    {HG_TYPE_##type, HG_GROUP, jobs, #name, standard, min, max, RANGE_##type(min, max, choices), unit, \
     alias, help, offsetof(struct hg__values, name)},
#include "options/options.def"
#undef OPTION
};
// clang-format on

static const hg_group_info groups[] = {
#define GROUP(name, title) {sizeof(hg_group_info), #name, title},
#include "options/groups.def"
#undef GROUP
};

static const hg_example_info examples[] = {
#define EXAMPLE(job, group, line, summary) {sizeof(hg_example_info), job, #group, line, summary},
#include "options/examples.def"
#undef EXAMPLE
};

static const char *const type_name[] = {"int", "size", "float", "bool", "text", "choice"};

const hg__row *hg__option_rows(void) {
    return rows;
}

// ---- finding ------------------------------------------------------------------------------------

static const hg__job *find_job(const char *name) {
    for (size_t i = 0; i < JOBS; i++) {
        if (strcmp(jobs[i].name, name) == 0) return &jobs[i];
    }
    return NULL;
}

static bool is_name(const char *name, const char *given) {
    while (*name && (*name == *given || (*name == '_' && *given == '-'))) {
        name++;
        given++;
    }
    return !*name && !*given;
}

int hg__option_find(const hg__job *job, const char *name) {
    for (int i = 0; *name && i < HG_OPTION_COUNT; i++) {
        if (!(rows[i].jobs & job->bits)) continue;
        if (is_name(rows[i].name, name) || is_name(rows[i].alias, name)) return i;
    }
    return -1;
}

// What other programs call the options.
static const char *name_here(const hg__job *job, const char *name) {
    static const char *const called[][2] = {
        {"batch_size",    "batch"  },
        {"learning_rate", "lr"     },
        {"num_epochs",    "epochs" },
        {"output",        "out"    },
        {"input",         "data"   },
        {"file",          "data"   },
        {"dataset",       "data"   },
        {"path",          "data"   },
        {"bottleneck",    "latent" },
        {"latent_dim",    "latent" },
        {"workers",       "threads"},
        {"jobs",          "threads"},
        {"random_state",  "seed"   },
        {"exclude",       "ignore" },
        {"target",        "label"  },
        {"memory",        "max_mem"}
    };
    for (size_t i = 0; i < sizeof called / sizeof *called; i++) {
        const bool is_it = is_name(called[i][0], name);
        if (is_it && hg__option_find(job, called[i][1]) >= 0) return called[i][1];
    }
    return NULL;
}

static int fail_unknown(const hg_options *o, const char *name, const char *where, hg_error *err) {
    const char *names[HG_OPTION_COUNT];
    size_t count = 0;
    for (int i = 0; i < HG_OPTION_COUNT; i++) {
        if (rows[i].jobs & o->job->bits) names[count++] = rows[i].name;
    }
    const char *nearest = name_here(o->job, name);
    if (!nearest) nearest = hg__nearest_name(name, names, count);
    return hg__fail(err, HG_ERR_USAGE, "%s%s: there is no option '%.60s'%s%s%s", where,
                    o->job->name, name, nearest ? "; did you mean '" : " (`hourglass help ",
                    nearest ? nearest : o->job->name, nearest ? "'?" : "` lists them)");
}

// ---- values -------------------------------------------------------------------------------------

static void *field(hg_options *o, const hg__row *r) {
    return (char *)&o->values + r->offset;
}

static const void *field_of(const hg_options *o, const hg__row *r) {
    return (const char *)&o->values + r->offset;
}

static bool parse_bool(const char *text, bool *value) {
    static const char *const yes[] = {"true", "yes", "on", "1"};
    static const char *const no[] = {"false", "no", "off", "0"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        bool is_yes = strcasecmp(text, yes[i]) == 0;
        if (!is_yes && strcasecmp(text, no[i]) != 0) continue;
        *value = is_yes;
        return true;
    }
    return false;
}

// The word among `choices` that text is, in letters of any case; its length in *length, or NULL.
static const char *find_choice(const char *choices, const char *text, size_t *length) {
    *length = strlen(text);
    for (const char *c = choices; *length;) {
        size_t word = strcspn(c, "|");
        if (word == *length && strncasecmp(c, text, word) == 0) return c;
        if (!c[word]) break;
        c += word + 1;
    }
    return NULL;
}

static bool is_inside(const hg__row *r, double x) {
    return x >= r->min && x <= r->max;
}

// Writes the field if the text is a value of the row; what was expected instead, or NULL.
static const char *take_number(hg_options *o, const hg__row *r, const char *value) {
    int64_t whole;
    double real;
    switch (r->type) {
    case HG_TYPE_INT:
        if (!hg__parse_int(value, &whole) || !is_inside(r, (double)whole)) return "a whole number";
        memcpy(field(o, r), &whole, sizeof whole);
        return NULL;
    case HG_TYPE_SIZE:
        if (!hg__parse_size(value, &whole) || !is_inside(r, (double)whole)) return "a size";
        memcpy(field(o, r), &whole, sizeof whole);
        return NULL;
    default:
        if (!hg__parse_quantity(value, r->unit, &real) || !is_inside(r, real)) return "a number";
        memcpy(field(o, r), &real, sizeof real);
        return NULL;
    }
}

// The rest of the field is zeroed: equal options are equal bytes.
static void put_text(hg_options *o, const hg__row *r, const char *value) {
    char *to = field(o, r);
    memset(to, 0, HG_MAX_VALUE);
    snprintf(to, HG_MAX_VALUE, "%s", value);
}

static int take_text(hg_options *o, const hg__row *r, const char *value, const char *where,
                     hg_error *err) {
    size_t length = strlen(value);
    if (length >= HG_MAX_VALUE) {
        return hg__fail(err, HG_ERR_USAGE, "%s%s: expected at most %d bytes, got %zu", where,
                        r->name, HG_MAX_VALUE - 1, length);
    }
    if (!hg__is_utf8(value, strlen(value))) {
        return hg__fail(err, HG_ERR_USAGE, "%s%s: expected UTF-8 text, got other bytes", where,
                        r->name);
    }
    double number, bare;
    char plain[32];
    const bool checked = r->max > r->min && hg__parse_quantity(value, r->unit, &number);
    if (checked && !is_inside(r, number)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s%s: expected a number from %g to %g%s or %s, got '%.60s'", where,
                        r->name, r->min, r->max, hg__quantity_advice(r->unit),
                        hg__parse_float(r->standard, &bare) ? "a file" : "auto", value);
    }
    if (checked && !hg__parse_float(value, &bare)) { // 10%: whoever reads it finds 0.1
        hg__format_float(plain, number);
        value = plain;
    }
    put_text(o, r, value);
    return HG_OK;
}

static int take(hg_options *o, const hg__row *r, const char *value, const char *where,
                hg_error *err) {
    char shown[HG_MAX_VALUE];
    hg__mask_secrets(value, shown, sizeof shown); // whole, before a message cuts it
    if (r->type == HG_TYPE_TEXT) return take_text(o, r, value, where, err);
    if (r->type == HG_TYPE_BOOL) {
        if (parse_bool(value, field(o, r))) return HG_OK;
        return hg__fail(err, HG_ERR_USAGE, "%s%s: expected true or false, got '%.60s'", where,
                        r->name, shown);
    }
    if (r->type == HG_TYPE_CHOICE) {
        size_t length;
        char word[64];
        const char *choice = find_choice(r->range, value, &length);
        if (choice && length < sizeof word) {
            snprintf(word, sizeof word, "%.*s", (int)length, choice);
            put_text(o, r, word);
            return HG_OK;
        }
        return hg__fail(err, HG_ERR_USAGE, "%s%s: expected %s, got '%.60s'", where, r->name,
                        r->range, shown);
    }
    const char *expected = take_number(o, r, value);
    if (!expected) return HG_OK;
    const char *to = strstr(r->range, " to ");
    return hg__fail(err, HG_ERR_USAGE, "%s%s: expected %s from %.*s to %s%s, got '%.60s'", where,
                    r->name, expected, (int)(to - r->range), r->range, to + 4,
                    hg__quantity_advice(r->unit), shown);
}

int hg__option_set(hg_options *o, const char *name, const char *value, const char *where,
                   hg_error *err) {
    int i = hg__option_find(o->job, name);
    if (i < 0) return fail_unknown(o, name, where, err);
    char found[HG_MAX_VALUE];
    if (rows[i].type == HG_TYPE_TEXT && strlen(value) < sizeof found) {
        hg__option_find_weights(o, i, value, found);
        value = found;
    }
    HG_TRY(take(o, &rows[i], value, where, err));
    o->set[i] = true;
    return HG_OK;
}

static void format_size(char *buffer, size_t size, int64_t bytes) {
    int shift = 0;
    while (shift < 40 && bytes && (bytes >> shift) % 1024 == 0) shift += 10;
    char suffix[2] = {shift ? "KMGT"[shift / 10 - 1] : '\0'};
    snprintf(buffer, size, "%lld%s", (long long)(bytes >> shift), suffix);
}

void hg__option_format(const hg_options *o, int row, char buffer[HG_MAX_VALUE]) {
    const hg__row *r = &rows[row];
    const void *p = field_of(o, r);
    switch (r->type) {
    case HG_TYPE_INT: snprintf(buffer, HG_MAX_VALUE, "%lld", (long long)*(const int64_t *)p); break;
    case HG_TYPE_SIZE: format_size(buffer, HG_MAX_VALUE, *(const int64_t *)p); break;
    case HG_TYPE_FLOAT: hg__format_float(buffer, *(const double *)p); break;
    case HG_TYPE_BOOL:
        snprintf(buffer, HG_MAX_VALUE, "%s", *(const bool *)p ? "true" : "false");
        break;
    case HG_TYPE_TEXT:
    case HG_TYPE_CHOICE: snprintf(buffer, HG_MAX_VALUE, "%s", (const char *)p); break;
    }
}

// ---- the public functions -----------------------------------------------------------------------

// The default of a row in a job.
static const char *standard_of(const hg__job *job, const hg__row *r) {
    return strcmp(job->own_key, r->name) == 0 ? job->own_value : r->standard;
}

static void fail_job(const char *name, hg_error *err) {
    const char *names[JOBS];
    for (size_t i = 0; i < JOBS; i++) names[i] = jobs[i].name;
    const char *nearest = hg__nearest_name(name, names, JOBS);
    hg__fail(err, HG_ERR_USAGE, "there is no mode '%.60s'%s%s%s", name,
             nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
}

hg_options *hg_options_new(const char *job, hg_error *err) {
    HG_ENTRY;
    const hg__job *j = find_job(job);
    if (!j) {
        fail_job(job, err);
        return NULL;
    }
    hg_options *o = hg__alloc(1, sizeof *o, err);
    if (!o) return NULL;
    o->job = j;
    for (int i = 0; i < HG_OPTION_COUNT; i++) {
        (void)take(o, &rows[i], standard_of(j, &rows[i]), "", NULL);
    }
    return o;
}

void hg_options_free(hg_options *o) {
    HG_ENTRY;
    if (o) hg__stream_forget(o);
    hg__free(o);
}

hg_options *hg__options_copy(const hg_options *o, hg_error *err) {
    hg_options *copy = hg__alloc(1, sizeof *copy, err);
    return copy ? memcpy(copy, o, sizeof *copy) : NULL;
}

int hg__option_take(hg_options *o, const hg_options *from, const char *name, hg_error *err) {
    char value[HG_MAX_VALUE];
    hg__option_format(from, hg__option_find(from->job, name), value);
    return hg_options_set(o, name, value, err);
}

int hg_options_set(hg_options *o, const char *name, const char *value, hg_error *err) {
    HG_ENTRY;
    return hg__option_set(o, name, value, "", err);
}

const char *hg_options_get(hg_options *o, const char *name) {
    HG_ENTRY;
    int i = hg__option_find(o->job, name);
    if (i < 0) return NULL;
    hg__option_format(o, i, o->text);
    return o->text;
}

bool hg_options_is_set(const hg_options *o, const char *name) {
    int i = hg__option_find(o->job, name);
    return i >= 0 && o->set[i];
}

// Whether the needed option has a value. A number's default stands for "not given".
static bool is_given(const hg_options *o, int row) {
    bool text = rows[row].type == HG_TYPE_TEXT;
    return text ? *(const char *)field_of(o, &rows[row]) != '\0' : o->set[row];
}

// data= by the name and in the words that its job has for it, where those are not the option's.
static const struct {
    const char *job, *option, *name, *what;
} others[] = {
    {"watch", "data", "source",
     "network interface, or a capture (pcap, pcapng, `-` for standard input) or a folder of them"},
};

// What the option is, in the first words of its help, and a line of this job that has it.
static int fail_missing(const hg_options *o, const hg__row *r, hg_error *err) {
    const char *example = "";
    for (size_t i = 0; !*example && i < sizeof examples / sizeof *examples; i++) {
        const bool is_own = strcmp(examples[i].job, o->job->name) == 0;
        if (is_own && strncmp(examples[i].line, "hourglass", 9) == 0) example = examples[i].line;
    }
    const char *name = r->name, *what = r->help;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const bool is_it = strcmp(others[i].job, o->job->name) == 0;
        if (!is_it || strcmp(others[i].option, r->name) != 0) continue;
        name = others[i].name;
        what = others[i].what;
    }
    return hg__fail(err, HG_ERR_USAGE, "%s: expected %s=..., got none; it is the %.*s%s%s%s",
                    o->job->name, name, (int)strcspn(what, ";"), what, *example ? ", as in `" : "",
                    example, *example ? "`" : "");
}

int hg__options_check_given(const hg_options *o, hg_error *err) {
    const struct hg__values *v = &o->values;
    if (v->nesterov && v->momentum <= 0) {
        return hg__fail(err, HG_ERR_USAGE, "nesterov: expected momentum above 0 with it, got 0");
    }
    HG_TRY(hg__options_check_weights(o, err));
    HG_TRY(hg__options_check_paths(o, err));
    return hg__options_check_out(o, err);
}

int hg_options_check(const hg_options *o, hg_error *err) {
    HG_ENTRY;
    HG_TRY(hg__options_check_given(o, err));
    // The run to go on with has its data.
    if (hg__option_find(o->job, "resume") >= 0 && o->values.resume[0]) return HG_OK;
    for (const char *need = o->job->needs; *need;) {
        char name[32];
        size_t length = strcspn(need, " ");
        snprintf(name, sizeof name, "%.*s", (int)length, need);
        int i = hg__option_find(o->job, name);
        if (i >= 0 && !is_given(o, i)) return fail_missing(o, &rows[i], err);
        need += length + (need[length] == ' ');
    }
    return HG_OK;
}

bool hg_job_at(size_t i, hg_job_info *info) {
    if (i >= JOBS) return false;
    const hg_job_info own = {.name = jobs[i].name,
                             .needs = jobs[i].needs,
                             .summary = jobs[i].summary,
                             .stops = jobs[i].stops};
    return hg__fill(info, &own, sizeof own, "hg_job_info", NULL) == HG_OK;
}

size_t hg_option_count(const char *job) {
    const hg__job *j = find_job(job);
    size_t count = 0;
    for (int i = 0; j && i < HG_OPTION_COUNT; i++) count += (rows[i].jobs & j->bits) != 0;
    return count;
}

bool hg_option_at(const char *job, size_t i, hg_option_info *info) {
    const hg__job *j = find_job(job);
    for (int r = 0; j && r < HG_OPTION_COUNT; r++) {
        if (!(rows[r].jobs & j->bits) || i--) continue;
        const hg_option_info own = {.group = groups[rows[r].group].name,
                                    .name = rows[r].name,
                                    .type = type_name[rows[r].type],
                                    .standard = standard_of(j, &rows[r]),
                                    .range = rows[r].range,
                                    .unit = rows[r].unit,
                                    .alias = rows[r].alias,
                                    .help = rows[r].help};
        return hg__fill(info, &own, sizeof own, "hg_option_info", NULL) == HG_OK;
    }
    return false;
}

bool hg_group_at(size_t i, hg_group_info *info) {
    if (i >= sizeof groups / sizeof *groups) return false;
    return hg__fill(info, &groups[i], sizeof groups[i], "hg_group_info", NULL) == HG_OK;
}

bool hg_example_at(size_t i, hg_example_info *info) {
    if (i >= sizeof examples / sizeof *examples) return false;
    return hg__fill(info, &examples[i], sizeof examples[i], "hg_example_info", NULL) == HG_OK;
}
