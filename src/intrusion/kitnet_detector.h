// SPDX-License-Identifier: Apache-2.0
// kitnet_detector.h - KitNET over the features that it was published with, as a model of a network's packets.
//
//   packet ──> 115 features (traffic/kitsune_features.h) ──> KitNET (kitnet.h) ──> score: what the output's autoencoder cannot rebuild
//
// The model's network is that autoencoder, the last of KitNET and the one whose error is the score: its rows are the clusters' errors,
// each in its range of training. So the file says what it is in the terms of every other, and the network can be asked by itself. It
// is a copy for whoever asks: packets are scored by the parts (kitnet.h), which have the clusters too.
//
// What is remembered of hosts, channels and sockets is not kept in the file: at work a detector begins with empty tables, as it began
// in training, and its features take a window (100 s) to become what they were.
#ifndef HG_INTRUSION_KITNET_DETECTOR_H
#define HG_INTRUSION_KITNET_DETECTOR_H
#include "intrusion/packet_detector.h"
#include "traffic/kitsune_features.h"

typedef struct hg__kitnet_detector hg__kitnet_detector;

// Whether the model is one of these.
bool hg__is_kitnet_model(const hg_model *m);
// max_bytes: of the features' tables. `where` starts the sentence of an error.
hg__kitnet_detector *hg__kitnet_detector_new(const hg_model *m, size_t max_bytes, const char *where,
                                             hg_error *err);
void hg__kitnet_detector_free(hg__kitnet_detector *d); // NULL is fine

// As hg__packet_detector_take() and hg__packet_detector_judge(). A verdict has its packet, its scores and the smaller port as the
// server's; the rest is 0.
bool hg__kitnet_detector_take(hg__kitnet_detector *d, const hg__packet *p);
// Only its features: there will be no verdict of it.
void hg__kitnet_detector_observe(hg__kitnet_detector *d, const hg__packet *p);
hg__verdict *hg__kitnet_detector_judge(hg__kitnet_detector *d, int32_t *count);

// groups 0: nothing was held out.
uint64_t hg__kitnet_detector_forgotten(const hg__kitnet_detector *d); // hosts, channels and sockets
const hg__thresholds *hg__kitnet_detector_thresholds(const hg__kitnet_detector *d);
int hg__kitnet_detector_ask(hg__kitnet_detector *d, double fpr, hg_error *err);

// "mean size from this IP, over 0.2 s: 1400, at most 612 before". Of the `most` clusters whose errors lie farthest beyond those of
// training the feature that lies farthest from the middle of its range. v: one of those that judge() gave last.
void hg__kitnet_detector_explain(const hg__kitnet_detector *d, const hg__verdict *v, int32_t most,
                                 char text[HG_WHY]);

// What the model is, for people: "KitNET on 115 features of a packet in 14 clusters, learned from 40000 packets". Any that was read.
int hg__kitnet_model_describe(const hg_model *m, const char *where, char *text, size_t size,
                              hg_error *err);

// ---- making one ---------------------------------------------------------------------------------

typedef struct hg__kitnet_fit_options {
    uint64_t seed;
    hg__kitsune_mode features;
    size_t max_bytes; // of the features' tables
    double held;      // share of the packets, the last of them, that thresholds are of; 0: none
    double fpr;
} hg__kitnet_fit_options;

// From the first packets the clusters: a tenth of them, 5000 at most. What comes next goes on behind these: nothing else is to read s.
hg__kitnet_detector *hg__kitnet_fit_open(const hg__packet_source *s,
                                         const hg__kitnet_fit_options *o, hg__meter *meter,
                                         hg_error *err);
// The model, of which nothing is trained yet.
hg_model *hg__kitnet_fit_model(const hg__kitnet_detector *d, hg_error *err);
// Learns packets, then scores those held out, and puts all of it into m.
int hg__kitnet_fit_end(hg__kitnet_detector *d, const hg__packet_source *s,
                       const hg__kitnet_fit_options *o, hg__meter *meter, hg_model *m,
                       hg_error *err);
#endif
