// SPDX-License-Identifier: Apache-2.0
// fuzz_model.c - behind the checksum: any bytes as a model file whose checksum is made right, then everything that a program does
// with a model. Whatever the file says, each call does its work or says in a sentence why not, in bounds of memory and time.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "detect/table_model.h"
#include "exec/plan_image.h"
#include "inspect/inspector.h"
#include "intrusion/packet_detector.h"
#include "model/model_file.h"
#include "schema/schema.h"

// NOLINTNEXTLINE(readability-identifier-naming)
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_NUMBERS = 1 << 14, MOST_COLUMNS = 64, ROWS = 3 };

// ---- the checksum, and the length of the header -------------------------------------------------

// The header's length where the object before the tensors ends, so that an edited text stays one; false where there is no object.
static bool mend_length(uint8_t *bytes, size_t size) {
    size_t items;
    if (size < 10 || bytes[8] != '{') return false;
    const ptrdiff_t extent = hg__json_extent((const char *)bytes + 8, size - 8, &items);
    if (extent < 0) return false;
    uint64_t length = (uint64_t)extent;
    while (8 + length < size && bytes[8 + length] == ' ' && length % 8) length++;
    for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(length >> 8 * i);
    return true;
}

static bool mend_checksum(uint8_t *bytes, size_t size) {
    static const char key[] = "\"" HG_META_CHECKSUM "\":\"";
    hg__tensors t;
    uint64_t hash;
    char digits[17];
    uint8_t *at = memmem(bytes, size, key, sizeof key - 1);
    if (!at || (size_t)(bytes + size - at) < sizeof key + 16) return false;
    if (hg__tensors_parse(&t, bytes, size, "fuzz", NULL) < 0) return false;
    const int code =
        hg__tensors_hash(t.tensor, t.count, (const char *const *)t.key,
                         (const char *const *)t.value, t.pairs, HG_META_CHECKSUM, &hash, NULL);
    hg__tensors_close(&t);
    if (code < 0) return false;
    snprintf(digits, sizeof digits, "%016" PRIx64, hash);
    memcpy(at + sizeof key - 1, digits, 16);
    return true;
}

// ---- what a program does with it ----------------------------------------------------------------

// A number that a file may say is still one that a test can afford.
static bool is_small(const hg__spec *s) {
    if (s->width > MOST_NUMBERS || s->params > MOST_NUMBERS) return false;
    for (int32_t i = 0; i < s->layers; i++) {
        const hg__layer *l = &s->layer[i];
        size_t count;
        if (!hg__shape_count(&l->out, &count) || count > MOST_NUMBERS) return false;
        if (l->type->scratch_count && l->type->scratch_count(l) > MOST_NUMBERS) return false;
    }
    return true;
}

// Whether the decoder takes what the encoder kept.
static bool is_bridged(const hg__spec *s) {
    for (int32_t i = s->neck; i < s->layers; i++) {
        if (s->layer[i].type->takes_skip && s->layer[i].from < s->neck) return true;
    }
    return false;
}

// Rows through the network, twice: the same bits.
static void check_scorer(const hg_model *m) {
    static float x[ROWS * MOST_NUMBERS], y[ROWS * MOST_NUMBERS], score[2][ROWS];
    hg_error err = {0};
    hg_scorer *s = hg_scorer_new(m, 1, &err);
    if (!s) {
        if (err.code >= 0 || !err.message[0]) abort();
        return;
    }
    for (int32_t i = 0; i < ROWS * m->net.spec.width; i++) x[i] = (float)(i % 7) / 3 - 1;
    for (int k = 0; k < 2; k++) hg_score(s, x, ROWS, score[k]);
    for (int i = 0; i < ROWS; i++) {
        if (score[0][i] != score[1][i] && !isnan(score[0][i])) abort();
    }
    hg_reconstruct_rows(s, x, ROWS, y);
    const bool fits = m->net.spec.code <= MOST_NUMBERS;
    if (fits) hg_encode_rows(s, x, ROWS, y);
    if (fits && !is_bridged(&m->net.spec)) hg_decode_rows(s, y, ROWS, x);
    hg_scorer_free(s);
}

static void check_verdict(const hg_verdict *v) {
    const bool is_fine = (isnan(v->p_value) || (v->p_value >= 0 && v->p_value <= 1)) && v->reason &&
                         v->reason_share >= 0 && v->reason_share <= 1 + 1e-6 && v->unseen >= 0 &&
                         v->missing >= 0 && v->alarm == (v->score > v->threshold) &&
                         (v->column >= 0 || !*v->reason) &&
                         memchr(v->expected, 0, sizeof v->expected);
    if (!is_fine) abort();
}

static void check_same(const hg_verdict *a, const hg_verdict *b) {
    if (a->score != b->score && !isnan(a->score)) abort();
    if (a->column != b->column || strcmp(a->expected, b->expected) != 0) abort();
}

static void check_numbers(hg_detector *d, int32_t columns) {
    static double x[ROWS * MOST_COLUMNS];
    hg_error err = {0};
    hg_verdict all[ROWS] = {{.size = sizeof *all}}, one = {.size = sizeof one};
    for (int32_t i = 0; i < ROWS * columns; i++) x[i] = i % 7 ? i * 0.37 - 2 : (double)NAN;
    if (hg_detect(d, x, ROWS, all, &err) != HG_OK) abort();
    for (int32_t r = 0; r < ROWS; r++) {
        check_verdict(&all[r]);
        if (hg_detect(d, x + r * columns, 1, &one, &err) != HG_OK) abort();
        check_same(&all[r], &one);
    }
}

static void check_detector(const hg_model *m) {
    static const char *const words[] = {
        "1", "run", "2024-03-01 10:00", NULL, "-1e300", "", "$ 1,200", "7.5", "\xff"};
    enum { WORDS = sizeof words / sizeof *words };
    const char *cell[MOST_COLUMNS];
    hg_error err = {0};
    const int32_t columns =
        hg__model_schema(m) ? hg__model_schema(m)->table_columns : m->net.spec.width;
    if (columns > MOST_COLUMNS) return;
    hg_detector *d = hg_detector_new(m, NULL, 0, 0, 1, &err);
    if (!d && (err.code >= 0 || !err.message[0])) abort();
    for (int k = 0; d && k < WORDS; k++) {
        hg_verdict first = {.size = sizeof first}, again = {.size = sizeof again};
        for (int32_t i = 0; i < columns; i++) cell[i] = words[(k + i) % WORDS];
        const int code = hg_detect_text(d, cell, &first, &err);
        if (code < 0 && (code != (int)err.code || !err.message[0])) abort();
        if (hg_detect_text(d, cell, &again, &err) != code) abort();
        if (code == HG_OK) check_verdict(&first);
        if (code == HG_OK) check_same(&first, &again);
    }
    if (d) check_numbers(d, columns);
    hg_detector_free(d);
}

static void check_image(const hg_model *m) {
    hg__image_needs needs;
    hg_error err = {0};
    if (hg__image_needs_of(&m->net, &needs, &err) < 0) {
        if (!err.message[0]) abort();
        return;
    }
    if (needs.least < 1 || needs.multiple < 1 || needs.least % needs.multiple) abort();
    (void)hg__image_plan_bytes(&m->net, needs.least, needs.least, 1);
}

// A picture through a model of parts, twice: the same bits.
static void check_parts(const hg_model *m) {
    enum { HEIGHT = 24, WIDTH = 20, MEMORY = 1 << 26 };
    hg_error err = {0};
    hg__pool *pool = hg__pool_new(1, NULL);
    hg__inspector *s = pool ? hg__inspector_new(m, pool, MEMORY, "fuzz", &err) : NULL;
    if (pool && !s && (err.code >= 0 || !err.message[0])) abort();
    float score[2] = {0, 0};
    for (int k = 0; s && k < 2; k++) {
        hg__inspected r = {0};
        const int32_t channels = hg__inspector_view(s)->channels;
        const bool has_pair = hg__inspector_has_pairs(s);
        if (hg__raster_init(&r.picture, HEIGHT, WIDTH, channels, NULL) < 0 ||
            (has_pair && hg__raster_init(&r.pair, HEIGHT, WIDTH, 1, NULL) < 0)) {
            abort();
        }
        for (size_t i = 0; i < hg__raster_count(&r.picture); i++) {
            r.picture.at[i] = (float)(i % 7) / 7;
        }
        if (hg__inspector_run(s, &r, k == 1, &err) < 0 && !err.message[0]) abort();
        score[k] = r.score;
        hg__inspected_clear(&r);
    }
    if (score[0] != score[1] && !isnan(score[0])) abort();
    hg__inspector_free(s);
    hg__pool_free(pool);
}

// What one host asks another by Modbus, and is answered; of every third packet the words are nobody's.
static void make_packet(hg__packet *p, uint32_t number) {
    static const uint8_t words[12] = {0, 1, 0, 0, 0, 6, 1, 3, 0, 3, 0, 8};
    const bool is_answer = number % 2;
    *p = (hg__packet){.time = (int64_t)number * 100000000,
                      .length = 66,
                      .captured = 66,
                      .version = 4,
                      .ttl = 64,
                      .protocol = 6,
                      .ether_type = 0x800,
                      .layers = HG_LAYER_ETHERNET | HG_LAYER_IP | HG_LAYER_TCP,
                      .port_from = is_answer ? 502 : 40000,
                      .port_to = is_answer ? 40000 : 502,
                      .tcp_flags = 24,
                      .payload = words + number % 3,
                      .payload_length = 9,
                      .payload_captured = 9};
    p->from[15] = (uint8_t)(1 + is_answer);
    p->to[15] = (uint8_t)(2 - is_answer);
}

// Packets through a model of packets, twice: the same bits.
static void check_packets(const hg_model *m) {
    enum { PACKETS = 20, MEMORY = 1 << 20 };
    hg_error err = {0};
    float score[2][PACKETS];
    hg__pool *pool = hg__pool_new(1, NULL);
    for (int k = 0; pool && k < 2; k++) {
        hg__packet_detector *d = hg__packet_detector_new(m, pool, MEMORY, "fuzz", &err);
        if (!d && (err.code >= 0 || !err.message[0])) abort();
        if (!d) break;
        int32_t count = 0;
        for (uint32_t i = 0; i < PACKETS; i++) {
            hg__packet p;
            make_packet(&p, i);
            if (hg__packet_detector_take(d, &p)) abort();
        }
        const hg__verdict *v = hg__packet_detector_judge(d, &count);
        if (count != PACKETS) abort();
        for (int32_t i = 0; i < count; i++) {
            char why[HG_WHY];
            hg__verdict_explain(&v[i], HG_KINDS, why);
            if (!memchr(why, 0, sizeof why)) abort();
            score[k][i] = v[i].score;
            if (isnan(score[k][i]) || (k == 1 && score[0][i] != score[1][i])) abort();
        }
        hg__packet_detector_free(d);
    }
    hg__pool_free(pool);
}

// ---- the jobs that look at a file ---------------------------------------------------------------

static int ask(const char *job, const char *path, bool json) {
    hg_error err = {0};
    hg_result r = {.size = sizeof r, .json = json};
    hg_options *o = hg_options_new(job, NULL);
    if (!o || hg_options_set(o, "model", path, NULL) < 0) abort();
    const int code = hg_run(o, NULL, &r, &err);
    if ((code == HG_OK) != (r.text != NULL) || (code < 0 && !err.message[0])) abort();
    hg_text_free(r.text);
    hg_options_free(o);
    return code;
}

// Of a model that can be loaded, verify says that it is whole; of any other that it is not.
static void check_looks(const uint8_t *bytes, size_t size, bool is_whole) {
    char path[64];
    const int fd = (int)syscall(SYS_memfd_create, "fuzz", 0U);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size) abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if ((ask("verify", path, size % 2) == HG_OK) != is_whole) abort();
    if (is_whole) (void)ask("info", path, false);
    if (is_whole) (void)ask("info", path, true);
    close(fd);
}

// What the module calls a tensor is a name in a file too.
static void check_names(const hg_model *m) {
    hg_tensor_info t = {.size = sizeof t};
    for (int32_t i = 0; hg_model_tensor_at(m, i, &t); i++) {
        if (strlen(t.module_name) >= sizeof((hg__tensor *)NULL)->name) abort();
        if (t.module_name[0] && !hg_model_module(m)) abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    hg__tensors t;
    hg_model *m = NULL;
    hg_error err = {0};
    uint8_t *bytes = malloc(size ? size : 1);
    if (!bytes) abort();
    memcpy(bytes, data, size);
    if (mend_length(bytes, size) && mend_checksum(bytes, size) &&
        hg__tensors_parse(&t, bytes, size, "fuzz", NULL) == HG_OK) {
        const int code = hg__model_from_tensors(&m, &t, &err);
        if ((code == HG_OK) != (m != NULL) || (code < 0 && !err.message[0])) abort();
        hg__tensors_close(&t);
        check_looks(bytes, size, m != NULL);
    }
    if (m) check_names(m);
    if (m && is_small(&m->net.spec)) {
        if (hg__is_part_model(m)) check_parts(m);
        if (hg__is_packet_model(m)) check_packets(m);
        check_scorer(m);
        check_detector(m);
        check_image(m);
    }
    hg_model_free(m);
    free(bytes);
    return 0;
}
