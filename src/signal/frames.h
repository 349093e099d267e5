// SPDX-License-Identifier: Apache-2.0
// frames.h - sound and vibration as frames: how loud each band of frequencies is, a row every hop samples.
//
//   samples (T, C) ──> pieces of `fft` samples, one every `hop` ──> Hann's window ──> power spectrum ──> bands ──> dB
//
// Frame k covers samples k hop - pad .. k hop - pad + fft - 1, where pad is fft / 2 if the frames are centred, else 0. So it can be made
// when sample k hop + fft - pad - 1 has come (the first of centred ones: when sample pad has). Centred frames take for samples before the
// first and after the last those that lie as far on the other side (numpy's "reflect"), and there are T / hop + 1 of them, rounded down;
// of others (T - fft) / hop + 1. The same bits on every machine, in whatever blocks the samples come.
#ifndef HG_SIGNAL_FRAMES_H
#define HG_SIGNAL_FRAMES_H
#include "base/bytes.h"
#include "base/json.h"

enum {
    HG_MIN_FRAME = 256, // of fft
    HG_MAX_FRAME = 8192,
    HG_MAX_HOP = 65536,
    HG_MAX_BANDS = 1024,
    HG_BAND_NAME = 128,
    HG_FRAMES_TEXT = 400,
};

// The kinds of frames: name, bands unless said otherwise.
#define HG_FRAME_KINDS(X)    \
 X(LOGMEL, "logmel", 128)    \
 X(SPECTRUM, "spectrum", 64) \
 X(OCTAVES, "octaves", 24)

// logmel: triangles on Slaney's mel scale, each over half its width in Hz, as librosa.feature.melspectrogram has them.
// spectrum: bands as wide as each other. octaves: each as many times as wide as the one before, as thirds of an octave are.
// Of the last two a band is the mean square of what the samples do there (a sine of amplitude a is a^2 / 2), so that all bands from 0 to
// rate / 2 together are about the mean square of the samples.
#define X(id, name, bands) HG_FRAMES_##id,
typedef enum hg__frames_kind { HG_FRAME_KINDS(X) HG_FRAME_KIND_COUNT } hg__frames_kind;
#undef X
extern const char *const hg__frames_kind_names[HG_FRAME_KIND_COUNT];

// What a model file says of its frames.
typedef struct hg__frames_setup {
    hg__frames_kind kind;
    double rate; // samples a second; 1 where nobody knows: what is Hz here is then cycles a sample
    int32_t fft; // samples of a frame, a power of two
    int32_t hop; // samples from one frame to the next
    int32_t bands;    //
    double low, high; // Hz, of all bands together; octaves: low > 0
    bool centred;     //
    int32_t power;    // logmel: 2: of squared magnitudes, 1: of magnitudes; else 2
    double floor; // added to each band before the logarithm: 20 / power log10(band + floor). > 0
    int32_t skip; // frames at the beginning that are left out: the first is number `skip`
    int32_t
        most; // frames that are made at most, of each beginning: what comes later is passed over; 0: all
} hg__frames_setup;

// logmel: frames of at most 64 ms, half of each new, centred; 0 to rate / 2 in 128 mels; floor 2.2e-16. At 16 kHz this is the front end of
// MLPerf Tiny's anomaly detection. Others: frames of 1024, half of each new, from the third frequency on, so that what the samples are
// around (gravity, an offset) is in no band. rate 0: nobody knows.
hg__frames_setup hg__frames_setup_default(hg__frames_kind kind, double rate);

// A floor 100 dB below signals of this mean square around their mean, for what is in units of any size. 0: leaves it as it is.
void hg__frames_setup_level(hg__frames_setup *s, double mean_square);

// Whether all is in range; code: what a failure is. Sentence: "WHERE: frames: expected ..., got ..."; where may be "".
int hg__frames_setup_check(const hg__frames_setup *s, const char *where, hg_code code,
                           hg_error *err);

hg__json *hg__frames_setup_to_json(const hg__frames_setup *s, hg_error *err);
// HG_ERR_MODEL where something is missing, of another kind or out of range.
int hg__frames_setup_from_json(const hg__json *from, const char *where, hg__frames_setup *to,
                               hg_error *err);

// As a user writes it: a kind, then settings by the names of the struct, "logmel", "logmel bands=64 hop=256 skip=50 most=200". What is not
// said suits the rate of the recording (0: nobody knows) and what is; the floor of spectrum and octaves is then 0: hg__framed_new() finds
// it. HG_ERR_USAGE.
int hg__frames_setup_parse(const char *text, double rate, hg__frames_setup *to, hg_error *err);
void hg__frames_setup_format(const hg__frames_setup *s, char text[HG_FRAMES_TEXT]); // all of it

// A band's frequencies, in Hz: where its triangle begins and ends, or its edges.
void hg__frames_band(const hg__frames_setup *s, int32_t band, double *low, double *high);
// "mel 17", of a channel by name "left mel 17"; "band 17" of spectra. The first is 1.
void hg__frames_band_name(const hg__frames_setup *s, int32_t band, const char *channel,
                          char name[HG_BAND_NAME]);

// Frames of so many samples, from the first to the flush.
int64_t hg__frames_count(const hg__frames_setup *s, int64_t samples);

typedef struct hg__frames hg__frames;

// HG_ERR_USAGE where the setup is out of range, or a band has none of the fft's frequencies. NULL on failure.
hg__frames *hg__frames_new(const hg__frames_setup *s, int32_t channels, hg_error *err);
void hg__frames_free(hg__frames *f); // NULL is fine

const hg__frames_setup *hg__frames_setup_of(const hg__frames *f);
int32_t hg__frames_width(const hg__frames *f); // channels * bands: of a row
int32_t hg__frames_pad(const hg__frames *f);   // samples that frame 0 begins before sample 0
int64_t
hg__frames_next(const hg__frames *f); // the next frame's number, since new, flush or restart

// Takes samples x (count, channels), until all are taken or `room` frames are made: out (room, channels, bands) in dB. *taken: samples
// that it took; where they are fewer than count, or as many frames came as there was room for, call again with the rest (perhaps none).
// A frame over a sample that is not finite (NaN: missing) is NaN in all bands of that channel. The frames made.
int32_t hg__frames_push(hg__frames *f, const float *x, int32_t count, float *out, int32_t room,
                        int32_t *taken);

// What came was all: the frames that are left, and begins anew. As many as there was room for: call again before any other push.
int32_t hg__frames_flush(hg__frames *f, float *out, int32_t room);

void hg__frames_restart(hg__frames *f); // forgets what came

// What it needs to go on with the same bits, at the end of `to`; and back, into a new one of the same setup. False: it is of another one,
// or none, and f begins anew.
void hg__frames_write(const hg__frames *f, hg__text *to);
bool hg__frames_read(hg__frames *f, hg__bytes *from);
#endif
