// SPDX-License-Identifier: Apache-2.0
// test_frames.c - frames of sound beside published ones, in whatever blocks samples come, at both ends, and what setups are refused.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "array/data.h"
#include "base/mem.h"
#include "faults.h"
#include "signal/mel.h"
#include "sound_case.h"

#include <cmocka.h>

// ---- signals ------------------------------------------------------------------------------------

typedef struct frames_made {
    float *at; // owned, (count, width)
    int32_t count;
} frames_made;

// Numbers in [-1, 1) that are the same everywhere: (count).
static float *draw(int32_t count, uint64_t seed) {
    float *x = hg__alloc((size_t)count, sizeof *x, NULL);
    uint64_t state = seed;
    for (int32_t i = 0; i < count; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
        x[i] = (float)(int32_t)(state >> 32) * 0x1p-31F;
    }
    return x;
}

// x (count, channels) in blocks of `block` samples, with room for `room` frames at a time.
static frames_made run(hg__frames *f, const float *x, int32_t count, int32_t channels,
                       int32_t block, int32_t room) {
    const hg__frames_setup *s = hg__frames_setup_of(f);
    const size_t width = (size_t)hg__frames_width(f);
    const int32_t most = count / s->hop + 2;
    frames_made m = {hg__alloc((size_t)(most + room) * width, sizeof *m.at, NULL), 0};
    for (int32_t at = 0; at < count;) {
        const int32_t n = count - at < block ? count - at : block;
        int32_t taken, made;
        made = hg__frames_push(f, x + (size_t)at * (size_t)channels, n,
                               m.at + (size_t)m.count * width, room, &taken);
        assert_true(taken == n || made == room);
        at += taken;
        m.count += made;
        assert_int_equal(hg__frames_next(f), s->skip + m.count);
    }
    for (int32_t made = room; made == room;) {
        made = hg__frames_flush(f, m.at + (size_t)m.count * width, room);
        m.count += made;
    }
    assert_int_equal(hg__frames_next(f), s->skip);
    return m;
}

static hg__frames_setup small(bool centred, int32_t hop) {
    hg__frames_setup s = hg__frames_setup_default(HG_FRAMES_SPECTRUM, 0);
    s.fft = 256;
    s.low = 1.5 / 256;
    s.hop = hop;
    s.bands = 8;
    s.centred = centred;
    return s;
}

// ---- the published features ---------------------------------------------------------------------

static void log_mel_frames_are_those_of_mlperf_tiny(void **state) {
    (void)state;
    enum { WINDOWS = 196, WIDTH = 640, MELS = 128 };
    int32_t count = 0;
    char path[2048];
    snprintf(path, sizeof path, "%s/normal_id_01_00000000.wav", clip_folder());
    float *x = read_clip(path, &count);
    if (!x) {
        print_message("skipped: %s is not here\n", clip_folder());
        skip();
    }
    snprintf(path, sizeof path, "%s/normal_id_01_00000000.npy", clip_folder());
    const hg__data_options o = {.label = "", .ignore = "", .on_bad = "stop", .memory = 1 << 20};
    hg__data *known = hg__data_open(path, &o, NULL);
    assert_non_null(known);
    assert_int_equal(known->rows, WINDOWS);
    assert_int_equal(known->width, WIDTH);
    hg__frames_setup s = hg__frames_setup_default(HG_FRAMES_LOGMEL, 16000);
    s.skip = 50;
    s.most = WINDOWS + 4;
    hg__frames *f = hg__frames_new(&s, 1, NULL);
    frames_made m = run(f, x, count, 1, 4096, 64);
    assert_int_equal(m.count, s.most);
    double most = 0;
    for (int32_t w = 0; w < WINDOWS; w++) {
        float row[WIDTH];
        assert_int_equal(hg__data_row(known, w, row, NULL), HG_OK);
        const float *mine = m.at + (size_t)w * MELS;
        for (int32_t i = 0; i < WIDTH; i++) most = fmax(most, fabs((double)(row[i] - mine[i])));
    }
    if (!(most < 1e-5)) fail_msg("differs by up to %g dB", most);
    hg__free(m.at);
    hg__free(x);
    hg__frames_free(f);
    hg__data_close(known);
}

// ---- streaming ----------------------------------------------------------------------------------

static void expect_same_in_any_blocks(const hg__frames_setup *s, int32_t count, int32_t channels) {
    static const int32_t blocks[] = {1, 7, 64, 255, 256, 1000, 5000};
    float *x = draw(count * channels, 3);
    hg__frames *f = hg__frames_new(s, channels, NULL);
    assert_non_null(f);
    frames_made all = run(f, x, count, channels, count, count / s->hop + 2);
    int32_t expected = s->centred ? count / s->hop + 1 : 0;
    if (!s->centred && count >= s->fft) expected = (count - s->fft) / s->hop + 1;
    assert_int_equal(all.count, expected);
    assert_int_equal(hg__frames_count(s, count), expected);
    const size_t width = (size_t)hg__frames_width(f);
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        for (int32_t room = 1; room < 20; room += 9) {
            frames_made m = run(f, x, count, channels, blocks[i], room);
            assert_int_equal(m.count, all.count);
            assert_memory_equal(m.at, all.at, (size_t)m.count * width * sizeof *m.at);
            hg__free(m.at);
        }
    }
    hg__free(all.at);
    hg__free(x);
    hg__frames_free(f);
}

static void blocks_of_any_size_give_the_same_bits(void **state) {
    (void)state;
    static const int32_t hops[] = {1, 100, 127, 128, 129, 256, 700};
    static const int32_t counts[] = {1, 2, 100, 128, 129, 130, 256, 257, 600, 3001};
    for (size_t h = 0; h < sizeof hops / sizeof *hops; h++) {
        for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
            if (hops[h] == 1 && counts[k] > 300) continue;
            for (int centred = 0; centred < 2; centred++) {
                const hg__frames_setup s = small(centred, hops[h]);
                expect_same_in_any_blocks(&s, counts[k], 1 + (int32_t)k % 3);
            }
        }
    }
}

// Frame k of centred frames of x are those, not centred, of x with its mirror images written out.
static void ends_are_mirrored_as_numpy_does(void **state) {
    (void)state;
    enum { MOST = 1000, PAD = 128 };
    static const int32_t counts[] = {1, 2, 3, 50, 128, 129, 130, 512, 1000};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        const int32_t n = counts[k];
        float *x = draw(n, 5), whole[MOST + 2 * PAD];
        for (int32_t i = -PAD; i < n + PAD; i++) { // as it is walked: forth and back
            int32_t at = 0, way = 1;
            for (int32_t step = 0; n > 1 && step < abs(i); step++) {
                if (i < 0 && step == 0) way = 1;
                if (at + way < 0 || at + way >= n) way = -way;
                at += way;
            }
            whole[i + PAD] = x[at];
        }
        const hg__frames_setup s = small(true, 64), plain = small(false, 64);
        hg__frames *f = hg__frames_new(&s, 1, NULL), *g = hg__frames_new(&plain, 1, NULL);
        frames_made a = run(f, x, n, 1, 77, 3), b = run(g, whole, n + 2 * PAD, 1, 77, 3);
        assert_int_equal(a.count, b.count);
        assert_memory_equal(a.at, b.at, (size_t)a.count * 8 * sizeof *a.at);
        hg__free(a.at);
        hg__free(b.at);
        hg__free(x);
        hg__frames_free(f);
        hg__frames_free(g);
    }
}

static void channels_are_apart_from_each_other(void **state) {
    (void)state;
    enum { COUNT = 2000 };
    const hg__frames_setup s = small(true, 100);
    float *x = draw(2 * COUNT, 9), left[COUNT];
    for (int i = 0; i < COUNT; i++) left[i] = x[2 * i];
    x[2 * 1000 + 1] = NAN; // of the right one
    hg__frames *two = hg__frames_new(&s, 2, NULL), *one = hg__frames_new(&s, 1, NULL);
    frames_made a = run(two, x, COUNT, 2, 300, 5), b = run(one, left, COUNT, 1, 300, 5);
    assert_int_equal(a.count, b.count);
    for (int32_t k = 0; k < a.count; k++) {
        assert_memory_equal(a.at + 16 * k, b.at + 8 * k, 8 * sizeof(float));
        // Frames that have sample 1000: k 100 - 128 <= 1000 < k 100 + 128.
        const bool has = k * 100 - 128 <= 1000 && 1000 < k * 100 + 128;
        for (int i = 8; i < 16; i++) assert_int_equal(isnan(a.at[16 * k + i]) != 0, has);
    }
    hg__free(a.at);
    hg__free(b.at);
    hg__free(x);
    hg__frames_free(two);
    hg__frames_free(one);
}

// Those of a recording without a limit, from `skip` on.
static void frames_may_be_left_out_at_both_ends(void **state) {
    (void)state;
    static const int32_t counts[] = {100, 127, 700, 2000, 2500};
    for (int k = 0; k < 5 * 2 * 7; k++) {
        hg__frames_setup s = small(k % 2, 100);
        const int32_t n = counts[k / 2 % 5];
        float *x = draw(n, 31);
        hg__frames *f = hg__frames_new(&s, 1, NULL);
        frames_made all = run(f, x, n, 1, 400, 7);
        hg__frames_free(f);
        s.skip = k / 10;
        s.most = k / 10 % 3 * 5;
        f = hg__frames_new(&s, 1, NULL);
        for (int32_t block = 1; block < n; block += 333) {
            frames_made some = run(f, x, n, 1, block, 7);
            int32_t left = all.count > s.skip ? all.count - s.skip : 0;
            if (s.most > 0 && left > s.most) left = s.most;
            assert_int_equal(some.count, left);
            assert_int_equal(hg__frames_count(&s, n), left);
            assert_memory_equal(some.at, all.at + (size_t)s.skip * 8,
                                (size_t)left * 8 * sizeof *all.at);
            hg__free(some.at);
        }
        hg__frames_free(f);
        hg__free(all.at);
        hg__free(x);
    }
}

static void a_restart_forgets(void **state) {
    (void)state;
    const hg__frames_setup s = small(true, 100);
    float *x = draw(900, 11), out[100 * 8];
    hg__frames *f = hg__frames_new(&s, 1, NULL);
    frames_made a = run(f, x, 900, 1, 900, 20);
    int32_t taken;
    assert_int_equal(hg__frames_push(f, x + 17, 333, out, 100, &taken), 3); // of 333 - 128 / 100
    hg__frames_restart(f);
    frames_made b = run(f, x, 900, 1, 900, 20);
    assert_memory_equal(a.at, b.at, (size_t)a.count * 8 * sizeof *a.at);
    assert_int_equal(hg__frames_flush(f, out, 100), 0); // nothing came
    hg__free(a.at);
    hg__free(b.at);
    hg__free(x);
    hg__frames_free(f);
}

// ---- levels -------------------------------------------------------------------------------------

static double level_of(const hg__frames_setup *s, const float *x, int32_t band) {
    hg__frames *f = hg__frames_new(s, 1, NULL);
    float out[HG_MAX_BANDS];
    int32_t taken;
    assert_int_equal(hg__frames_push(f, x, s->fft, out, 1, &taken), 1);
    hg__frames_free(f);
    return (double)out[band];
}

// A sine of amplitude 2 has a mean square of 2, all of it in its band; an offset is in none.
static void a_sine_is_in_its_band_and_an_offset_in_none(void **state) {
    (void)state;
    hg__frames_setup s = hg__frames_setup_default(HG_FRAMES_SPECTRUM, 1000);
    s.bands = 10;
    float x[1024];
    for (int i = 0; i < 1024; i++) {
        x[i] = (float)(50 + 2 * sin(2 * 3.14159265358979 * 270 * i / 1000));
    }
    double low, high, total = 0;
    for (int32_t b = 0; b < 10; b++) {
        hg__frames_band(&s, b, &low, &high);
        const double level = level_of(&s, x, b);
        total += pow(10, level / 10);
        if (low < 270 && 270 < high) {
            assert_true(fabs(level - 10 * log10(2.0)) < 0.01);
        } else {
            assert_true(level < -50);
        }
    }
    assert_true(fabs(total - 2) < 0.01);
    hg__frames_setup o = hg__frames_setup_default(HG_FRAMES_OCTAVES, 1000);
    for (int32_t b = 0; b < o.bands; b++) {
        hg__frames_band(&o, b, &low, &high);
        assert_true(fabs(high / low - pow(o.high / o.low, 1.0 / o.bands)) < 1e-9);
        const double level = level_of(&o, x, b);
        if (low + 3 < 270 && 270 < high - 3) assert_true(fabs(level - 3.01) < 0.05);
        if (high < 250 || low > 290) assert_true(level < -50);
    }
}

static void silence_is_the_floor(void **state) {
    (void)state;
    float x[1024] = {0};
    for (int kind = 0; kind < HG_FRAME_KIND_COUNT; kind++) {
        hg__frames_setup s = hg__frames_setup_default((hg__frames_kind)kind, 16000);
        s.centred = false;
        assert_true(fabs(level_of(&s, x, 3) - 10 * log10(s.floor)) < 1e-4);
        hg__frames_setup_level(&s, 4e-6);
        assert_true(s.floor == 1e-10 * 4e-6);
        assert_true(fabs(level_of(&s, x, 3) - 10 * log10(s.floor)) < 1e-4);
        hg__frames_setup_level(&s, 0);
        assert_true(s.floor == 1e-10 * 4e-6);
    }
}

static void mels_are_slaneys(void **state) {
    (void)state;
    assert_true(hg__mel_from_hz(0) == 0 && fabs(hg__mel_from_hz(200) - 3) < 1e-15);
    assert_true(fabs(hg__mel_from_hz(6400) - 42) < 1e-12);
    for (int i = 0; i < 200; i++) {
        const double hz = pow(1.05, i);
        assert_true(fabs(hg__hz_from_mel(hg__mel_from_hz(hz)) - hz) < 1e-10);
    }
    const hg__frames_setup s = hg__frames_setup_default(HG_FRAMES_LOGMEL, 16000);
    hg__bands b;
    assert_int_equal(hg__bands_init(&b, &s, NULL), HG_OK);
    for (int32_t i = 0; i < b.count; i++) { // an area of 1 Hz, as far as bins of 15.6 Hz can tell
        double area = 0;
        for (int32_t k = b.start[i]; k < b.start[i + 1]; k++) area += b.weight[k] * 15.625;
        assert_true(area > 0.4 && area < 1.6 && b.first[i] + b.start[i + 1] - b.start[i] <= 513);
    }
    hg__bands_clear(&b);
}

// What a change of a single bit would change; the same on every machine.
static void bits_are_the_same_everywhere(void **state) {
    (void)state;
    float *x = draw(4000, 21);
    uint64_t hash = UINT64_C(14695981039346656037);
    for (int kind = 0; kind < HG_FRAME_KIND_COUNT; kind++) {
        const hg__frames_setup s = hg__frames_setup_default((hg__frames_kind)kind, 16000);
        hg__frames *f = hg__frames_new(&s, 1, NULL);
        frames_made m = run(f, x, 4000, 1, 1000, 4);
        for (int32_t i = 0; i < m.count * s.bands; i++) {
            uint32_t bits;
            memcpy(&bits, &m.at[i], sizeof bits);
            hash = (hash ^ bits) * UINT64_C(1099511628211);
        }
        hg__free(m.at);
        hg__frames_free(f);
    }
    hg__free(x);
    if (hash != UINT64_C(0xd1503413f9a3423b)) fail_msg("%#llx", (unsigned long long)hash);
}

// ---- setups -------------------------------------------------------------------------------------

static void a_setup_is_written_and_read(void **state) {
    (void)state;
    for (int kind = 0; kind < HG_FRAME_KIND_COUNT; kind++) {
        hg__frames_setup s = hg__frames_setup_default((hg__frames_kind)kind, 44100);
        s.skip = 50;
        s.most = 200;
        hg__json *json = hg__frames_setup_to_json(&s, NULL);
        char *text = hg__json_text(json, NULL);
        hg__json *again = hg__json_read(text, strlen(text), "t", NULL);
        hg__frames_setup r;
        assert_int_equal(hg__frames_setup_from_json(again, "t", &r, NULL), HG_OK);
        assert_true(r.kind == s.kind && r.rate == s.rate && r.fft == s.fft && r.hop == s.hop);
        assert_true(r.bands == s.bands && r.low == s.low && r.high == s.high);
        assert_true(r.centred == s.centred && r.power == s.power && r.floor == s.floor);
        assert_true(r.skip == s.skip && r.most == s.most);
        hg__json_free(json);
        hg__json_free(again);
        hg__free(text);
    }
}

static void defaults_suit_the_rate(void **state) {
    (void)state;
    static const struct {
        double rate;
        int32_t fft;
    } known[] = {
        {16000, 1024},
        {8000,  512 },
        {22050, 1024},
        {44100, 2048},
        {48000, 2048}
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const hg__frames_setup s = hg__frames_setup_default(HG_FRAMES_LOGMEL, known[i].rate);
        assert_int_equal(s.fft, known[i].fft);
        assert_int_equal(s.hop, known[i].fft / 2);
        for (int kind = 0; kind < HG_FRAME_KIND_COUNT; kind++) {
            const hg__frames_setup t =
                hg__frames_setup_default((hg__frames_kind)kind, known[i].rate);
            hg__frames *f = hg__frames_new(&t, 1, NULL);
            assert_non_null(f);
            hg__frames_free(f);
        }
    }
}

#define GOOD                                                                                   \
 "\"kind\":\"logmel\",\"centred\":true,\"rate\":16000,\"fft\":1024,\"hop\":512,\"bands\":128," \
 "\"low\":0,\"high\":8000,\"power\":2,\"floor\":1e-16,\"skip\":50,\"most\":200"

static void what_no_setup_can_be_is_refused(void **state) {
    (void)state;
    // What stands in place of what, and the sentence.
    static const struct {
        const char *from, *to, *sentence;
    } bad[] = {
        {"\"kind\":\"logmel\"", "\"kind\":\"mfcc\"",
         "m: frames: expected 'logmel', 'spectrum' or 'octaves' as 'kind', got 'mfcc'"                                   },
        {"\"kind\":\"logmel\"", "\"kind\":3",
         "m: frames: expected 'logmel', 'spectrum' or 'octaves' as 'kind', got none"                                     },
        {"true",                "1",                 "m: frames: expected true or false as 'centred', got something else"},
        {"\"fft\":1024",        "\"fft\":1000",      "m: frames: expected a power of two as 'fft', got 1000"             },
        {"\"fft\":1024",        "\"fft\":128",       "m: frames: expected 'fft' from 256 to 8192, got 128"               },
        {"\"fft\":1024",        "\"fft\":1024.5",
         "m: frames: expected a whole number as 'fft', got something else"                                               },
        {"\"hop\":512,",        "",                  "m: frames: expected a whole number as 'hop', got none"             },
        {"\"hop\":512",         "\"hop\":0",         "m: frames: expected 'hop' from 1 to 65536, got 0"                  },
        {"\"bands\":128",       "\"bands\":2000",    "m: frames: expected 'bands' from 1 to 1024, got 2000"              },
        {"\"high\":8000",       "\"high\":9000",
         "m: frames: expected 'high' up to half the rate, 8000, got 9000"                                                },
        {"\"low\":0",           "\"low\":8000",      "m: frames: expected 'low' below 'high', 8000, got 8000"            },
        {"logmel",              "octaves",           "m: frames: expected 'low' above 0 and below 'high', 8000, got 0"   },
        {"\"power\":2",         "\"power\":3",       "m: frames: expected 'power' from 1 to 2, got 3"                    },
        {"1e-16",               "0",                 "m: frames: expected 'floor' from 1e-300 to 1e+200, got 0"          },
        {"1e-16",               "\"x\"",             "m: frames: expected a number as 'floor', got something else"       },
        {"16000",               "-1",                "m: frames: expected 'rate' from 1e-06 to 1e+09, got -1"            },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[1024];
        const char *at = strstr(GOOD, bad[i].from);
        assert_non_null(at);
        snprintf(text, sizeof text, "{%.*s%s%s}", (int)(at - GOOD), GOOD, bad[i].to,
                 at + strlen(bad[i].from));
        hg_error err = {0};
        hg__frames_setup s;
        hg__json *json = hg__json_read(text, strlen(text), "t", NULL);
        assert_non_null(json);
        assert_int_equal(hg__frames_setup_from_json(json, "m", &s, &err), HG_ERR_MODEL);
        assert_string_equal(err.message, bad[i].sentence);
        hg__json_free(json);
    }
}

static void a_setup_is_written_as_a_text(void **state) {
    (void)state;
    hg__frames_setup s, r;
    char text[HG_FRAMES_TEXT];
    assert_int_equal(hg__frames_setup_parse("logmel skip=50 most=200", 16000, &s, NULL), HG_OK);
    hg__frames_setup_format(&s, text);
    assert_string_equal(text,
                        "logmel centred=1 rate=16000 fft=1024 hop=512 bands=128 low=0 high=8000 "
                        "power=2 floor=2.2204460492503131e-16 skip=50 most=200");
    assert_int_equal(hg__frames_setup_parse(text, 0, &r, NULL), HG_OK);
    assert_true(r.rate == 16000 && r.centred && r.skip == 50 && r.most == 200 && r.high == 8000);
    // What is not said suits what is.
    assert_int_equal(hg__frames_setup_parse(" octaves  fft=512 centred=1", 0, &s, NULL), HG_OK);
    assert_true(s.kind == HG_FRAMES_OCTAVES && s.hop == 256 && s.low == 1.5 / 512 && s.rate == 1);
    assert_true(s.centred && s.floor == 0 && s.high == 0.5 && s.bands == 24);
    assert_int_equal(hg__frames_setup_parse("spectrum rate=2000 floor=1e-9", 50, &s, NULL), HG_OK);
    assert_true(s.high == 1000 && s.floor == 1e-9 && !s.centred);
    s.rate = s.high = s.low = s.floor = -1.2345678901234567e-300; // the longest numbers
    s.fft = s.hop = s.bands = s.skip = s.most = INT32_MIN;
    hg__frames_setup_format(&s, text);
    assert_non_null(strstr(text, "most=-2147483648"));
}

static void what_no_text_can_mean_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *sentence;
    } bad[] = {
        {"",                 "frames: expected logmel, spectrum or octaves, got ''; there are logmel, spectrum, "
             "octaves"                                                             },
        {"logmell",
         "frames: expected logmel, spectrum or octaves, got 'logmell'; did you mean 'logmel'?" },
        {"logmel 512",       "frames: expected a setting such as hop=512, got '512'; there are"},
        {"logmel hopp=512",
         "frames: expected a setting such as hop=512, got 'hopp'; did you mean 'hop'?"         },
        {"logmel hop",       "frames: expected a setting such as hop=512, got 'hop'"           },
        {"logmel hop=x",     "frames: expected a whole number as 'hop', got 'x'"               },
        {"logmel hop=1.5",   "frames: expected a whole number as 'hop', got '1.5'"             },
        {"logmel low=",      "frames: expected a number as 'low', got ''"                      },
        {"logmel centred=2", "frames: expected 'centred' from 0 to 1, got 2"                   },
        {"logmel hop=0",     "frames: expected 'hop' from 1 to 65536, got 0"                   },
        {"logmel fft=1000",  "frames: expected a power of two as 'fft', got 1000"              },
        {"spectrum power=1", "frames: expected 2 as 'power' of 'spectrum', got 1"              },
    };
    hg__frames_setup s;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hg_error err = {0};
        assert_int_equal(hg__frames_setup_parse(bad[i].text, 16000, &s, &err), HG_ERR_USAGE);
        const size_t size = strlen(bad[i].sentence);
        if (strncmp(err.message, bad[i].sentence, size) != 0) fail_msg("%s", err.message);
    }
    char longest[400];
    memset(longest, ' ', sizeof longest);
    longest[399] = '\0';
    assert_int_equal(hg__frames_setup_parse(longest, 16000, &s, NULL), HG_ERR_USAGE);
}

static void bands_without_a_frequency_are_refused(void **state) {
    (void)state;
    hg__frames_setup s = hg__frames_setup_default(HG_FRAMES_LOGMEL, 16000);
    s.fft = 256;
    hg_error err = {0};
    assert_null(hg__frames_new(&s, 1, &err));
    assert_int_equal(err.code, HG_ERR_USAGE);
    assert_string_equal(
        err.message, "frames: expected bands that hold a frequency of the transform each, got none "
                     "in band 1 of 128 (0 to 46.77): fewer bands, or a longer fft than 256");
}

static void bands_have_names(void **state) {
    (void)state;
    char name[HG_BAND_NAME];
    hg__frames_setup s = hg__frames_setup_default(HG_FRAMES_LOGMEL, 16000);
    hg__frames_band_name(&s, 16, NULL, name);
    assert_string_equal(name, "mel 17");
    hg__frames_band_name(&s, 16, "left", name);
    assert_string_equal(name, "left mel 17");
    s.kind = HG_FRAMES_OCTAVES;
    hg__frames_band_name(&s, 0, "x", name);
    assert_string_equal(name, "x band 1");
    char longest[300];
    memset(longest, 'a', sizeof longest - 1);
    longest[299] = '\0';
    hg__frames_band_name(&s, 1023, longest, name);
    assert_string_equal(name + 96, " band 1024");
}

// ---- faults -------------------------------------------------------------------------------------

static int run_scenario(void) {
    const hg__frames_setup s = hg__frames_setup_default(HG_FRAMES_LOGMEL, 16000);
    hg_error err = {0};
    hg__json *json = hg__frames_setup_to_json(&s, &err);
    if (!json) return err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
    hg__json_free(json);
    hg__frames *f = hg__frames_new(&s, 2, &err);
    if (!f) return err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
    hg__frames_free(f);
    return CHILD_WORKED;
}

static void every_allocation_may_fail(void **state) {
    (void)state;
    assert_true(count_faults("frames", "HG_FAIL_ALLOC", "") > 10);
    assert_true(count_faults("frames", "HG_FAIL_ALLOC", "+") > 10);
}

int main(int argc, char **argv) {
    if (argc > 2 && strcmp(argv[1], "child") == 0) return run_scenario();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_mel_frames_are_those_of_mlperf_tiny),
        cmocka_unit_test(blocks_of_any_size_give_the_same_bits),
        cmocka_unit_test(ends_are_mirrored_as_numpy_does),
        cmocka_unit_test(channels_are_apart_from_each_other),
        cmocka_unit_test(frames_may_be_left_out_at_both_ends),
        cmocka_unit_test(a_restart_forgets),
        cmocka_unit_test(a_sine_is_in_its_band_and_an_offset_in_none),
        cmocka_unit_test(silence_is_the_floor),
        cmocka_unit_test(mels_are_slaneys),
        cmocka_unit_test(bits_are_the_same_everywhere),
        cmocka_unit_test(a_setup_is_written_and_read),
        cmocka_unit_test(defaults_suit_the_rate),
        cmocka_unit_test(what_no_setup_can_be_is_refused),
        cmocka_unit_test(a_setup_is_written_as_a_text),
        cmocka_unit_test(what_no_text_can_mean_is_refused),
        cmocka_unit_test(bands_without_a_frequency_are_refused),
        cmocka_unit_test(bands_have_names),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
