// SPDX-License-Identifier: Apache-2.0
// spec.c - reads "dense 64 relu | dense input sigmoid" into shaped layers, and writes it back.
//
// One pass over the words. A layer is finished (shaped, its parameters laid out) when the next one
// begins, so that `input` and `like` can be numbers at once. No recursion, no growth: the number of
// layers is known from the number of words.
#include "graph/spec.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { MAX_WORD = 64 };

typedef struct parser {
    hg__spec *spec;
    const char *at;   // the current word, in the text
    const char *next; // behind it
    char word[MAX_WORD];
    hg__layer *layer;     // whose arguments are being read; NULL: a layer must come
    const char *layer_at; // where its name stands
    int32_t position;     // of the next argument without a name
    uint32_t given;       // bit i: argument i was given
    bool has_length;      // one of them is "op=like"
    int32_t wide;         // decoder layers that take a width, so far
    bool in_decoder;
    int32_t most; // layers there is room for
    hg_error *err;
} parser;

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_mark(char c) {
    return c == ',' || c == '|' || c == '\0';
}

// Fails with the item that starts at `at`: "model: at 'dens 64': ...".
static int fail_at(const parser *p, const char *at, const char *sentence) {
    if (!*at) return hg__fail(p->err, HG_ERR_USAGE, "model: at the end: %s", sentence);
    size_t length = 1;
    while (!is_mark(*at) && !is_mark(at[length])) length++;
    while (length > 1 && is_blank(at[length - 1])) length--;
    return hg__fail(p->err, HG_ERR_USAGE, "model: at '%.*s'%s: %s",
                    (int)(length > MAX_WORD ? MAX_WORD : length), at,
                    length > MAX_WORD ? "..." : "", sentence);
}

// ---- a layer type's arguments, "units", "slope=0.01" --------------------------------------------

typedef struct argument {
    char name[32];
    bool has_standard;
    double standard;
} argument;

static bool argument_at(const hg__layer_type *type, int32_t i, argument *a) {
    const char *from = type->args ? type->args : "";
    for (;; i--) {
        while (is_blank(*from)) from++;
        if (!*from || i >= HG_MAX_ARGS) return false;
        size_t length = strcspn(from, " ");
        if (i == 0) {
            char number[32];
            size_t name = strcspn(from, " =");
            snprintf(a->name, sizeof a->name, "%.*s", (int)name, from);
            a->has_standard = name < length;
            snprintf(number, sizeof number, "%.*s", a->has_standard ? (int)(length - name - 1) : 0,
                     from + name + 1);
            if (!hg__parse_float(number, &a->standard)) a->standard = 0;
            return true;
        }
        from += length;
    }
}

// Whether the layer's first argument is its width, which `like` can stand for.
static bool takes_width(const hg__layer_type *type) {
    argument a;
    return argument_at(type, 0, &a) &&
           (strcmp(a.name, "units") == 0 || strcmp(a.name, "channels") == 0);
}

// Whether that width counts channels of an image (conv 16) or features of a row (dense 16).
static bool takes_channels(const hg__layer_type *type) {
    argument a;
    return argument_at(type, 0, &a) && strcmp(a.name, "channels") == 0;
}

// The encoder layer which mirrors the decoder layer being read; NULL: there is none.
static const hg__layer *mirrored(const parser *p) {
    const hg__spec *s = p->spec;
    int32_t left = p->wide;
    for (int32_t i = s->neck - 1; i >= 0; i--) {
        if (takes_width(s->layer[i].type) && left-- == 0) return &s->layer[i];
    }
    return NULL;
}

// What came into it: features or channels; 0: none.
static size_t mirrored_width(const parser *p) {
    const hg__layer *m = mirrored(p);
    size_t count;
    if (!m) return 0;
    if (takes_channels(p->layer->type)) return (size_t)hg__extent_of(&m->in).C;
    return hg__shape_count(&m->in, &count) ? count : 0;
}

static int32_t input_width(const parser *p) {
    if (!takes_channels(p->layer->type)) return p->spec->width;
    const hg__shape *in = &p->spec->input;
    const bool is_signal = !p->layer->type->bands; // rows (T) or (T, C)
    return is_signal && in->rank <= 2 ? (int32_t)(in->rank == 2 ? in->dim[1] : 1)
                                      : hg__extent_of(in).C;
}

static int read_value(const parser *p, const char *text, double *value) {
    char sentence[200];
    if (strcmp(text, "input") == 0) {
        *value = input_width(p);
        return HG_OK;
    }
    if (strcmp(text, "like") == 0) {
        if (!p->in_decoder) {
            return fail_at(p, p->at,
                           "'like' copies a width of the encoder: it goes behind the '|'");
        }
        *value = (double)mirrored_width(p);
        return *value > 0 ? HG_OK
                          : fail_at(p, p->at, "the encoder has no layer that 'like' could mirror");
    }
    if (hg__parse_float(text, value)) return HG_OK;
    snprintf(sentence, sizeof sentence, "expected a number, 'input' or 'like', got '%s'", text);
    return fail_at(p, p->at, sentence);
}

static int fail_unknown_argument(const parser *p, const char *name) {
    char sentence[300], known[HG_MAX_ARGS * 34] = "";
    const char *type = p->layer->type->name;
    argument a;
    for (int32_t i = 0; argument_at(p->layer->type, i, &a); i++) {
        size_t used = strlen(known);
        snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", a.name);
    }
    snprintf(sentence, sizeof sentence, "%s takes %s%s, got '%s'", type, *known ? "only " : "",
             *known ? known : "no argument", name);
    return fail_at(p, p->at, sentence);
}

// "k3" as "k=3" where the layer has an argument of that one letter.
static void write_out(parser *p) {
    argument a;
    char *word = p->word;
    if (!p->layer || word[0] == '\0' || !strchr("0123456789.-", word[1]) || word[1] == '\0') return;
    for (int32_t i = 0; argument_at(p->layer->type, i, &a); i++) {
        const size_t length = strlen(word);
        if (a.name[0] != word[0] || a.name[1] != '\0' || length + 2 > sizeof p->word) continue;
        memmove(word + 2, word + 1, length);
        word[1] = '=';
        return;
    }
}

// "64", "input", "slope=0.2", "k3"
static int add_argument(parser *p) {
    argument a;
    int32_t i = p->position;
    const char *value = p->word, *equals = strchr(p->word, '=');
    if (!p->layer) {
        char sentence[200];
        snprintf(sentence, sizeof sentence, "expected a layer's name, got '%s'", p->word);
        return fail_at(p, p->at, sentence);
    }
    if (equals) {
        const size_t length = (size_t)(equals - p->word);
        value = equals + 1;
        for (i = 0; argument_at(p->layer->type, i, &a); i++) {
            if (strlen(a.name) == length && memcmp(a.name, p->word, length) == 0) break;
        }
    }
    if (!argument_at(p->layer->type, i, &a)) return fail_unknown_argument(p, p->word);
    if (p->given & 1U << i) {
        char sentence[100];
        snprintf(sentence, sizeof sentence, "%s is given twice", a.name);
        return fail_at(p, p->at, sentence);
    }
    p->given |= 1U << i;
    if (!equals) p->position++;
    if (strcmp(a.name, "op") == 0 && strcmp(value, "like") == 0 && p->in_decoder) {
        p->has_length = true;
        return HG_OK;
    }
    return read_value(p, value, &p->layer->arg[i]);
}

// ---- layers -------------------------------------------------------------------------------------

static int check_room(const parser *p) {
    if (p->spec->layers < p->most) return HG_OK;
    return hg__fail(p->err, HG_ERR_USAGE, "model: expected at most %d layers, got more",
                    HG_MAX_LAYERS);
}

// The last layer's arguments are complete: shapes it and puts its parameters into the block.
static int shape_layer(parser *p) {
    hg_error why;
    if (hg__spec_shape_layer(p->spec, p->spec->layers - 1, p->in_decoder, &why) < 0) {
        return fail_at(p, p->layer_at, why.message);
    }
    p->wide += p->in_decoder && takes_width(p->spec->layer[p->spec->layers - 1].type);
    p->layer = NULL;
    return HG_OK;
}

// The image that was flattened last and is not yet one again; NULL: none.
static const hg__shape *flattened(const hg__spec *s) {
    int32_t open = 0;
    for (int32_t i = s->layers - 2; i >= 0; i--) {
        const hg__reorders how = s->layer[i].type->reorders;
        open += how == HG_TO_IMAGE;
        if (how == HG_TO_VECTOR && open-- == 0) return &s->layer[i].in;
    }
    return NULL;
}

// Puts a flatten or unflatten before the layer whose arguments are complete, where the rows that come are images and it
// wants vectors, or the other way round.
static int put_between(parser *p) {
    hg__spec *s = p->spec;
    hg__layer *l = p->layer;
    if (s->layers < 2) return HG_OK;
    const hg__shape *rows = &l[-1].out, *image = flattened(s);
    size_t have = 0, want = 0;
    const bool flattens = l->type->flat && rows->rank == 3;
    const bool images = takes_channels(l->type) && rows->rank == 1 && image &&
                        hg__shape_count(image, &want) && hg__shape_count(rows, &have) &&
                        have == want;
    if (!flattens && !images) return HG_OK;
    HG_TRY(check_room(p));
    l[1] = *l;
    *l = (hg__layer){.type = hg__layer_type_reordering(flattens ? HG_TO_VECTOR : HG_TO_IMAGE)};
    if (images) {
        const hg__extent e = hg__extent_of(image);
        l->arg[0] = e.C, l->arg[1] = e.H, l->arg[2] = e.W;
    }
    HG_TRY(shape_layer(p));
    s->layers++;
    p->layer = l + 1;
    return HG_OK;
}

// "sample 20" behind other than 40 numbers: puts the dense layer before it that makes them.
static int put_code(parser *p) {
    hg__spec *s = p->spec;
    hg__layer *l = p->layer;
    size_t have = 0;
    const double code = l->arg[0];
    const hg__shape *rows = s->layers > 1 ? &l[-1].out : &s->input;
    // What is no size is refused by the layer itself.
    if (!l->type->takes_code || !(code >= 1 && code <= 1 << 23) || code != floor(code)) {
        return HG_OK;
    }
    l->arg[0] = 0;
    if (hg__shape_count(rows, &have) && (double)have == 2 * code) return HG_OK;
    const hg__layer own = *l;
    *l = (hg__layer){.type = hg__layer_type_find("dense"), .arg = {2 * code}};
    HG_TRY(put_between(p));
    l = p->layer;
    HG_TRY(shape_layer(p));
    HG_TRY(check_room(p));
    l[1] = own;
    p->layer = l + 1;
    s->layers++;
    return HG_OK;
}

// "op=like": the output padding with which it becomes as long as what came into the mirrored layer.
static int take_length(parser *p) {
    const hg__spec *s = p->spec;
    const hg__layer *m = mirrored(p);
    hg__layer trial = *p->layer;
    argument a;
    hg_error why;
    int32_t i = 0;
    if (!p->has_length) return HG_OK;
    if (!m) return fail_at(p, p->layer_at, "the encoder has no layer that 'like' could mirror");
    while (argument_at(trial.type, i, &a) && strcmp(a.name, "op") != 0) i++;
    trial.arg[i] = 0;
    trial.in = s->layers > 1 ? p->layer[-1].out : s->input;
    if (trial.type->shape(&trial, &why) < 0) return fail_at(p, p->layer_at, why.message);
    p->layer->arg[i] = hg__extent_of(&m->in).W - hg__extent_of(&trial.out).W;
    return HG_OK;
}

// All arguments of the layer are known.
static int finish_layer(parser *p) {
    hg__layer *l = p->layer;
    argument a;
    for (int32_t i = 0; argument_at(l->type, i, &a); i++) {
        if (p->given & 1U << i) continue;
        l->arg[i] = a.standard;
        if (a.has_standard) continue;
        char sentence[200];
        snprintf(sentence, sizeof sentence, "%s needs %s, as in '%s'", l->type->name, a.name,
                 l->type->example);
        return fail_at(p, p->layer_at, sentence);
    }
    HG_TRY(put_code(p));
    HG_TRY(put_between(p));
    HG_TRY(take_length(p));
    return shape_layer(p);
}

static int fail_unknown_layer(const parser *p) {
    const hg__layer_type *const *types = hg__layer_types();
    const char *names[HG_MAX_LAYERS];
    size_t count = 0;
    while (types[count] && count < HG_MAX_LAYERS) {
        names[count] = types[count]->name;
        count++;
    }
    const char *near = hg__nearest_name(p->word, names, count);
    char sentence[300];
    snprintf(sentence, sizeof sentence, "there is no layer '%s'%s%s%s", p->word,
             near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    return fail_at(p, p->at, sentence);
}

static int start_layer(parser *p) {
    const bool follows = p->layer != NULL;
    const hg__layer_type *type = hg__layer_type_find(p->word);
    if (!type) return fail_unknown_layer(p);
    if (follows && type->init) {
        char sentence[200];
        snprintf(sentence, sizeof sentence, "expected ',' before the layer '%s'", type->name);
        return fail_at(p, p->at, sentence);
    }
    if (follows) HG_TRY(finish_layer(p));
    HG_TRY(check_room(p));
    p->layer = &p->spec->layer[p->spec->layers++];
    p->layer->type = type;
    p->layer_at = p->at;
    p->position = 0;
    p->given = 0;
    p->has_length = false;
    return HG_OK;
}

// ---- words --------------------------------------------------------------------------------------

static int next_word(parser *p) {
    const char *at = p->next;
    while (is_blank(*at)) at++;
    size_t length = 0;
    if (is_mark(*at)) {
        length = *at != '\0';
    } else {
        while (!is_mark(at[length]) && !is_blank(at[length])) length++;
    }
    p->at = at;
    p->next = at + length;
    if (length >= sizeof p->word) return fail_at(p, at, "the word is too long");
    memcpy(p->word, at, length);
    p->word[length] = '\0';
    return HG_OK;
}

static bool is_argument(const char *word) {
    return strchr("+-.0123456789", *word) || strchr(word, '=') || strcmp(word, "input") == 0 ||
           strcmp(word, "like") == 0;
}

// ',', '|' or the end: an item is complete.
static int end_item(parser *p) {
    if (!p->layer) {
        return fail_at(p, p->at, *p->at ? "expected a layer before it" : "expected a layer");
    }
    HG_TRY(finish_layer(p));
    if (*p->at != '|') return HG_OK;
    if (p->in_decoder) return fail_at(p, p->at, "expected one '|', got a second");
    p->in_decoder = true;
    p->spec->neck = p->spec->layers;
    return HG_OK;
}

static int read_word(parser *p) {
    if (is_mark(*p->at)) return end_item(p);
    write_out(p);
    return is_argument(p->word) ? add_argument(p) : start_layer(p);
}

static int read_words(parser *p) {
    do {
        HG_TRY(next_word(p));
        HG_TRY(read_word(p));
    } while (*p->at);
    return HG_OK;
}

// ---- the whole ----------------------------------------------------------------------------------

// Whether it is written behind another layer without a comma.
static bool is_behind(const hg__layer *l) {
    argument a;
    const bool needs_argument = argument_at(l->type, 0, &a) && !a.has_standard;
    return l->type->in_place && !l->type->init && !needs_argument;
}

// Numbers, arguments with a default by name and only where they differ from it.
void hg__spec_format_layer(const hg__layer *l, char text[HG_LAYER_SPEC]) {
    int used = snprintf(text, HG_LAYER_SPEC, "%s", l->type->name);
    argument a;
    for (int32_t k = 0; argument_at(l->type, k, &a) && used < HG_LAYER_SPEC; k++) {
        char number[32];
        if (a.has_standard && l->arg[k] == a.standard) continue;
        hg__format_float(number, l->arg[k]);
        used += snprintf(text + used, (size_t)(HG_LAYER_SPEC - used), " %s%s%s",
                         a.has_standard ? a.name : "", a.has_standard ? "=" : "", number);
    }
}

int hg__spec_format(hg__spec *s, hg_error *err) {
    hg__text t = {0};
    for (int32_t i = 0; i < s->layers; i++) {
        const hg__layer *l = &s->layer[i];
        const bool follows = is_behind(l); // on one line with what it activates
        const char *between = i == 0 ? "" : i == s->neck ? " | " : follows ? " " : ", ";
        char item[HG_LAYER_SPEC];
        hg__spec_format_layer(l, item);
        hg__text_add(&t, "%s%s", between, item);
    }
    int code = HG_OK;
    if (t.failed) {
        code = hg__fail(err, HG_ERR_MEMORY, "out of memory while writing a spec");
    } else if (t.length >= sizeof s->text) {
        code = hg__fail(err, HG_ERR_USAGE, "model: expected a spec of at most %zu bytes, got %zu",
                        sizeof s->text - 1, t.length);
    } else if (t.data) {
        memcpy(s->text, t.data, t.length + 1);
    }
    hg__text_clear(&t);
    return code;
}

static int check_text(const char *text, hg_error *err) {
    if (strlen(text) >= HG_MAX_SPEC) {
        return hg__fail(err, HG_ERR_USAGE, "model: expected a spec of at most %d bytes, got %zu",
                        HG_MAX_SPEC - 1, strlen(text));
    }
    return HG_OK;
}

// Every layer costs at least a letter and a separator; a flatten or unflatten may be put before it.
static int32_t most_layers(const char *text) {
    size_t most = strlen(text) + 2;
    return most < HG_MAX_LAYERS ? (int32_t)most : HG_MAX_LAYERS;
}

static int parse(hg__spec *s, const char *text, const hg__shape *input, int32_t latent,
                 hg_error *err) {
    char expanded[HG_MAX_SPEC];
    HG_TRY(hg__spec_set_input(s, input, err));
    HG_TRY(hg__preset_expand(text, latent, expanded, err));
    HG_TRY(check_text(expanded, err));
    s->layer = hg__alloc((size_t)most_layers(expanded), sizeof *s->layer, err);
    if (!s->layer) return HG_ERR_MEMORY;
    parser p = {.spec = s, .next = expanded, .most = most_layers(expanded), .err = err};
    s->has_neck = strchr(expanded, '|') != NULL;
    HG_TRY(read_words(&p));
    if (!s->has_neck) s->neck = s->layers;
    HG_TRY(hg__spec_check(s, err));
    if (latent && s->code != latent) {
        return hg__fail(err, HG_ERR_USAGE,
                        "model: latent=%d goes with a preset's name, but this spec has a code of "
                        "%d numbers",
                        (int)latent, (int)s->code);
    }
    return hg__spec_format(s, err);
}

int hg__spec_parse(hg__spec *s, const char *text, const hg__shape *input, int32_t latent,
                   hg_error *err) {
    *s = (hg__spec){0};
    int code = parse(s, text, input, latent, err);
    if (code < 0) hg__spec_clear(s);
    return code;
}

int hg__spec_parse_features(hg__spec *s, const char *text, const hg__shape *input, hg_error *err) {
    *s = (hg__spec){.is_features = true};
    int code = parse(s, text, input, 0, err);
    if (code < 0) hg__spec_clear(s);
    return code;
}

void hg__spec_clear(hg__spec *s) {
    hg__free(s->layer);
    *s = (hg__spec){0};
}
