// SPDX-License-Identifier: Apache-2.0
// watch_state.c - what outlives the process, in a folder: where that is, which model is in it, and open alerts as JSON.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/show.h"
#include "intrusion/packet_learner.h"
#include "jobs/watch.h"
#include "monitor/signal.h"
#include "traffic/siphash.h"

static const char ending[] = ".safetensors";

int hg__watch_folder(const hg_options *o, char folder[1024], hg_error *err) {
    const struct hg__values *v = &o->values;
    folder[0] = '\0';
    if (*v->state) {
        if (snprintf(folder, 1024, "%s", v->state) < 1024) return HG_OK;
        return hg__fail(err, HG_ERR_USAGE, "state: expected a shorter path");
    }
    if (v->learn <= 0) return HG_OK;
    const size_t length = strlen(v->model), end = sizeof ending - 1;
    const bool has_end = length > end && strcmp(v->model + length - end, ending) == 0;
    const int name = (int)(has_end ? length - end : length);
    if (snprintf(folder, 1024, "%.*s.watch", name, v->model) < 1024) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "model: expected a shorter path");
}

// ---- the model ------------------------------------------------------------------------------------

static int check(const hg_model *m, const hg_options *o, hg_error *err) {
    if (hg__is_packet_model(m) || hg__is_signal_model(m)) return HG_OK;
    return hg__fail(
        err, HG_ERR_USAGE,
        "%s: expected a model of packets, which `hourglass train data=x.pcap` makes, or "
        "of a signal (window=auto), got another",
        o->values.model);
}

// Tells versions of a file apart, not forgeries: whoever writes it has the watcher anyway.
static int take_digest(hg__watch_kept *k, const char *path, hg_error *err) {
    const hg__siphash_key key = {0, 0};
    hg__content c = {0};
    HG_TRY(hg__content_read(&c, path, err));
    snprintf(k->digest, sizeof k->digest, "%016llx",
             (unsigned long long)hg__siphash(&key, c.data, c.size));
    hg__content_free(&c);
    return HG_OK;
}

// Whether what was learned in the folder is of this model=.
static bool is_of(const hg__watch_kept *k) {
    char path[1024];
    hg__content c = {0};
    const size_t size = strlen(k->digest);
    if (hg__join_path(path, sizeof path, k->folder, HG_WATCH_DIGEST, NULL) < 0) return false;
    if (!hg__is_file(path) || hg__content_read(&c, path, NULL) < 0) return false;
    const bool is_same = c.size == size && memcmp(c.data, k->digest, size) == 0;
    hg__content_free(&c);
    return is_same;
}

static hg_model *load_learned(const hg__watch_kept *k, const char *path, hg_error *err) {
    if (!is_of(k)) {
        hg__fail(err, HG_ERR_MODEL, "it is of another");
        return NULL;
    }
    hg_model *m = hg_model_load(path, err);
    if (m && hg__packet_learner_check(m, path, err) == HG_OK) return m;
    hg_model_free(m);
    return NULL;
}

// What m became in the folder, or m, which is taken. Whoever trained anew wants the new one.
static hg_model *take_learned(hg_model *m, hg__watch_kept *k, const hg_listener *l) {
    char path[1024], line[1700];
    hg_error e = {0};
    if (hg__join_path(path, sizeof path, k->folder, HG_WATCH_MODEL, NULL) < 0) return m;
    if (!hg__is_file(path)) return m;
    hg_model *later = load_learned(k, path, &e);
    if (later) {
        hg_model_free(m);
        snprintf(k->from, sizeof k->from, "%s", path);
        k->is_learned = true;
        return later;
    }
    snprintf(line, sizeof line, "%s: not of this model, which is as it was trained: %s", path,
             e.message);
    hg__tell(l, line);
    return m;
}

hg_model *hg__watch_load(const hg_options *o, hg__watch_kept *k, const hg_listener *l,
                         hg_error *err) {
    const char *path = o->values.model;
    k->is_learned = false;
    snprintf(k->from, sizeof k->from, "%s", path);
    hg_model *m = hg_model_load(path, err);
    int code = m ? check(m, o, err) : (int)HG_ERR_MODEL;
    if (code == HG_OK && hg__is_signal_model(m)) return m;
    if (code == HG_OK && *k->folder) code = take_digest(k, path, err);
    if (code == HG_OK) return *k->folder ? take_learned(m, k, l) : m;
    hg_model_free(m);
    return NULL;
}

int hg__watch_settle(const hg__watch_kept *k, hg_error *err) {
    char path[1024], before[1024];
    const bool is_same = is_of(k);
    if (is_same && k->is_learned) return HG_OK;
    HG_TRY(hg__join_path(before, sizeof before, k->folder, HG_WATCH_BEFORE, err));
    HG_TRY(hg__join_path(path, sizeof path, k->folder, HG_WATCH_MODEL, err));
    if (rename(path, before) != 0 && errno != ENOENT) {
        return hg__fail_errno(err, HG_ERR_IO, "%s: cannot rename", path);
    }
    if (is_same) return HG_OK;
    HG_TRY(hg__join_path(path, sizeof path, k->folder, HG_WATCH_PERIOD, err));
    (void)unlink(path);
    HG_TRY(hg__join_path(path, sizeof path, k->folder, HG_WATCH_DIGEST, err));
    return hg__write_file(path, k->digest, strlen(k->digest), err);
}

// ---- alerts as JSON -------------------------------------------------------------------------------

static const hg__protocol *const protocols[] = {
#define PROTOCOL(name) &hg__protocol_##name,
#include "traffic/protocols.def"
#undef PROTOCOL
    NULL,
};

static void add_bytes(hg__json_writer *w, const char *key, const uint8_t *bytes, int count) {
    char text[33];
    for (int i = 0; i < count; i++) snprintf(text + 2 * (size_t)i, 3, "%02x", bytes[i]);
    hg__json_add_text(w, key, text);
}

static void add_floats(hg__json_writer *w, const char *key, const float *x, int32_t count) {
    hg__json_begin(w, key, '[');
    for (int32_t i = 0; i < count; i++) hg__json_add_real(w, NULL, 9, (double)x[i]);
    hg__json_end(w, ']');
}

// Whole numbers, by the same list when they are read.
// clang-format off
#define PACKET_NUMBERS(N) \
    N(time) N(layers) N(ether_type) N(version) N(protocol) N(port_from) N(port_to) N(tcp_flags) \
    N(arp_operation)
// clang-format on

static void add_packet(hg__json_writer *w, const hg__packet *p) {
    hg__json_begin(w, "packet", '{');
#define ADD(name) hg__json_add_integer(w, #name, (int64_t)p->name);
    PACKET_NUMBERS(ADD)
#undef ADD
    add_bytes(w, "from", p->from, 16);
    add_bytes(w, "to", p->to, 16);
    add_bytes(w, "mac_from", p->mac_from, 6);
    add_bytes(w, "mac_to", p->mac_to, 6);
    add_bytes(w, "arp_mac_from", p->arp_mac_from, 6);
    add_bytes(w, "arp_mac_to", p->arp_mac_to, 6);
    hg__json_end(w, '}');
}

static void add_alert(hg__json_writer *w, const hg__alert *a) {
    const hg__verdict *v = a->verdict;
    hg__json_begin(w, NULL, '{');
    hg__json_add_integer(w, "number", (int64_t)a->number);
    hg__json_add_integer(w, "first", a->first);
    hg__json_add_integer(w, "last", a->last);
    hg__json_add_integer(w, "packets", a->packets);
    hg__json_add_real(w, "p", 17, a->p);
    hg__json_add_real(w, "score", 9, (double)v->score);
    hg__json_add_boolean(w, "to_server", v->to_server);
    hg__json_add_integer(w, "server_port", v->server_port);
    hg__json_add_text(w, "words", v->protocol ? v->protocol->name : "");
    hg__json_add_integer(w, "action", v->action);
    hg__json_add_integer(w, "largest", v->largest);
    hg__json_add_real(w, "amount", 17, v->amount);
    hg__json_add_real(w, "most", 17, v->most);
    add_floats(w, "bits", v->bits, hg__level_count);
    add_floats(w, "evidence", v->evidence, HG_KINDS);
    add_packet(w, &v->packet);
    hg__json_end(w, '}');
}

static void add_open(void *context, const hg__alert *a) {
    hg__json_break(context, 1);
    add_alert(context, a);
}

void hg__watch_write_state(const hg__alerts *a, hg__text *t) {
    hg__json_writer w = {.to = t};
    hg__json_begin(&w, NULL, '{');
    hg__json_add_integer(&w, "alerts", (int64_t)hg__alerts_count(a));
    hg__json_begin(&w, "open", '[');
    hg__alerts_visit(a, add_open, &w);
    hg__json_end(&w, ']');
    hg__json_end(&w, '}');
    hg__text_add(t, "\n");
}

// ---- and back ---------------------------------------------------------------------------------------

// What is not there, or is something else, is 0, or the nearest that can be: nothing else in the program trusts it.
static int64_t integer_of(const hg__json *x, const char *key, int64_t least, int64_t most) {
    const int64_t n = hg__json_integer_value(hg__json_object_get(x, key));
    return n < least ? least : n > most ? most : n;
}

static float number_of(const hg__json *x) {
    const double n = hg__json_number_value(x);
    return n > -1e30 && n < 1e30 ? (float)n : 0;
}

static const char digits[] = "0123456789abcdef";

static void take_bytes(const hg__json *x, const char *key, uint8_t *bytes, size_t count) {
    const hg__json *text = hg__json_object_get(x, key);
    if (!hg__json_is_string(text) || hg__json_string_size(text) != 2 * count) return;
    const char *s = hg__json_string_value(text);
    for (size_t i = 0; i < count; i++) {
        const char *high = strchr(digits, s[2 * i]), *low = strchr(digits, s[2 * i + 1]);
        if (high && low) bytes[i] = (uint8_t)((high - digits) << 4 | (low - digits));
    }
}

static void take_floats(const hg__json *x, const char *key, float *to, int32_t count) {
    const hg__json *all = hg__json_object_get(x, key);
    for (int32_t i = 0; i < count; i++) {
        to[i] = number_of(hg__json_array_get(all, (size_t)i));
    }
}

static void take_packet(const hg__json *x, hg__packet *p) {
#define TAKE(name) \
 p->name = (__typeof__(p->name))hg__json_integer_value(hg__json_object_get(x, #name));
    PACKET_NUMBERS(TAKE)
#undef TAKE
    take_bytes(x, "from", p->from, 16);
    take_bytes(x, "to", p->to, 16);
    take_bytes(x, "mac_from", p->mac_from, 6);
    take_bytes(x, "mac_to", p->mac_to, 6);
    take_bytes(x, "arp_mac_from", p->arp_mac_from, 6);
    take_bytes(x, "arp_mac_to", p->arp_mac_to, 6);
}

static void take_verdict(const hg__json *x, hg__verdict *v) {
    const hg__json *words = hg__json_object_get(x, "words");
    *v = (hg__verdict){.score = number_of(hg__json_object_get(x, "score")),
                       .to_server = hg__json_is_true(hg__json_object_get(x, "to_server")),
                       .server_port = (uint16_t)integer_of(x, "server_port", 0, UINT16_MAX),
                       .action = (uint32_t)integer_of(x, "action", 0, UINT32_MAX),
                       .largest = (int32_t)integer_of(x, "largest", -1, hg__level_count - 1),
                       .amount = (double)number_of(hg__json_object_get(x, "amount")),
                       .most = (double)number_of(hg__json_object_get(x, "most"))};
    for (size_t i = 0; hg__json_is_string(words) && protocols[i]; i++) {
        if (strcmp(protocols[i]->name, hg__json_string_value(words)) == 0) {
            v->protocol = protocols[i];
        }
    }
    take_floats(x, "bits", v->bits, hg__level_count);
    take_floats(x, "evidence", v->evidence, HG_KINDS);
    take_packet(hg__json_object_get(x, "packet"), &v->packet);
}

static void take_alert(hg__alerts *a, const hg__json *x) {
    const int64_t most = INT64_MAX / 4;
    const double p = hg__json_number_value(hg__json_object_get(x, "p"));
    hg__verdict v;
    take_verdict(x, &v);
    const hg__alert alert = {.verdict = &v,
                             .p = p >= 0 && p <= 1 ? p : 1,
                             .first = integer_of(x, "first", -most, most),
                             .last = integer_of(x, "last", -most, most),
                             .packets = integer_of(x, "packets", 1, most),
                             .number = (uint64_t)integer_of(x, "number", 1, most)};
    hg__alerts_restore(a, &alert);
}

void hg__watch_read_state(hg__alerts *a, const char *folder, const hg_listener *l) {
    char path[1024], line[1200];
    hg__content c = {0};
    hg_error e = {0};
    if (!*folder || hg__join_path(path, sizeof path, folder, HG_WATCH_ALERTS, NULL) < 0) return;
    if (!hg__is_file(path)) return;
    hg__json *all = hg__content_read(&c, path, &e) == HG_OK
                        ? hg__json_read((const char *)c.data, c.size, path, &e)
                        : NULL;
    hg__content_free(&c);
    const hg__json *open = hg__json_object_get(all, "open");
    hg__alerts_count_from(a, (uint64_t)integer_of(all, "alerts", 0, INT64_MAX / 4));
    for (size_t i = 0; i < hg__json_array_size(open); i++) {
        take_alert(a, hg__json_array_get(open, i));
    }
    hg__json_free(all);
    if (all) return;
    snprintf(line, sizeof line, "alerts begin anew: %s", e.message);
    hg__tell(l, line);
}
