// SPDX-License-Identifier: Apache-2.0
// camera.h - a camera in small: from a finished picture back to what its sensor saw, noise there, and its processing once more.
//
//   picture  -- inverse tone curve, gamma, colour matrix, white balance -->  light on the sensor     (camera_colour.c)
//   light    -- one colour a pixel, shot and read noise, lines, hot pixels, whole steps, clipping -->  mosaic   (camera_sensor.c)
//   mosaic   -- demosaicking -->  three planes                                                       (camera_mosaic.c)
//   planes   -- white balance, colour matrix, gamma, tone -->  luma and chroma -- smoothed, sharpened -->  picture
//                                                                          (camera_colour.c, camera_process.c)
// Both the noisy picture and the clean one go this way, the clean one without the noise: what is learnt is to take noise away, not to
// sharpen or to demosaic. All that depends on the noise (how strongly the camera smooths) comes from the sensor's numbers, not from
// the picture.
//
// Brooks et al., "Unprocessing images for learned raw denoising", CVPR 2019: the way back, its matrices and gains. Foi et al.,
// "Practical Poissonian-Gaussian noise modeling and fitting for single-image raw-data", 2008: variance = a x + b. Wei et al., "A
// physics-based noise formation model for extreme low-light raw denoising", CVPR 2020: noise of lines, quantisation.
#ifndef HG_CORRUPT_CAMERA_H
#define HG_CORRUPT_CAMERA_H
#include "corrupt/damage_internal.h"
#include "corrupt/noise_type.h"

enum {
    HG_CAMERA_MARGIN = 8, // pixels around a picture: the effects of its border end there
    HG_CAMERA_NODES = 512 // of a curve
};

typedef enum hg__demosaic { HG_BILINEAR, HG_GRADIENT, HG_DIRECTED } hg__demosaic;

typedef struct hg__camera {
    // sensor; white = 1
    float shot;              // what one electron adds: the variance of x is shot x + read^2
    float read, row, column; // standard deviations
    float steps;             // of the analogue-to-digital converter, from black to white
    bool is_cut;             // black level is 0: nothing below it is kept
    int32_t hot;             // hot pixels
    int32_t phase;           // of the mosaic: bit 0 red in odd columns, bit 1 in odd lines
    // colour
    float gain[3];                     // by which white balance and exposure multiply
    float to_sensor[9], to_picture[9]; // (3, 3) colour matrices
    float tone;                        // 0: gamma alone, 1: an S-curve on top
    // processing
    hg__demosaic demosaic;
    int32_t luma_radius, chroma_passes;
    float luma;    // differences of luma up to this are smoothed
    float chroma;  // share of chroma that is blurred
    float sharpen; // share of what is finer than a pixel or two that is added, or taken away
    double scale;  // pixels of the sensor for one of the picture
} hg__camera;

// A picture on its way: planes one after the other.
typedef struct hg__planes {
    int32_t height, width;
    float *plane[3]; // (height, width)
} hg__planes;

// One of values from 0 to 1, by the square root of where: fine near black.
typedef struct hg__curve {
    float node[HG_CAMERA_NODES + 2];
} hg__curve;

void hg__camera_draw(hg__camera *c, double iso, hg__draws *d);
// The standard deviation of the noise of mid grey in the finished picture, before any smoothing.
float hg__camera_level(const hg__camera *c);

// Planes of the picture's colours -> what falls on the sensor, in place.
void hg__camera_unprocess(const hg__camera *c, hg__planes *p, const hg__curve *back);
// Planes of the sensor's colours -> luma and two differences of the picture, tone curve and all; and the way from there.
void hg__camera_develop(const hg__camera *c, hg__planes *p, const hg__curve *curve);
void hg__camera_join(hg__planes *p);
void hg__camera_curves(float tone, hg__curve *back, hg__curve *forth);

// mosaic (height, width) of what falls on the sensor; noise on it. normal: (count of pixels, height + width), padded to 16 each.
void hg__camera_sample(const hg__camera *c, const hg__planes *p, float *mosaic);
void hg__camera_add_noise(const hg__camera *c, const hg__noise_row *r, hg__planes *p, float *mosaic,
                          float *normal);
// p = the mosaic's three colours everywhere.
void hg__camera_demosaic(const hg__camera *c, const float *mosaic, hg__planes *p);
// Luma smoothed and sharpened, chroma smoothed. spare: two planes.
void hg__camera_process(const hg__camera *c, hg__planes *p, float *spare);

// to (m) = from (n floats, `step` apart) at scale: place i of `to` is (i + 1/2 - shift) scale + 1/2 less of `from`; beyond its ends it is
// mirrored. Triangles, as wide as a place of the coarser side.
typedef struct hg__resample {
    const float *from;
    float *to;
    int32_t n, m;                                   // places of from, to
    int32_t lines;                                  // how many such lines
    int32_t from_step, from_line, to_step, to_line; // floats to the next place, to the next line
    double scale, shift;
} hg__resample;
void hg__camera_resample(const hg__resample *r);
#endif
