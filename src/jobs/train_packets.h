// SPDX-License-Identifier: Apache-2.0
// train_packets.h - what trainings of packets share: train_packets.c and train_kitnet.c.
#ifndef HG_JOBS_TRAIN_PACKETS_H
#define HG_JOBS_TRAIN_PACKETS_H
#include "intrusion/kitnet_detector.h"
#include "jobs/trainer.h"
#include "packets/capture.h"

typedef struct hg__packet_data {
    hg__capture *capture; // owned
    hg_listener later; // the trainer's, where a signal has ended the capture and not the training
    bool has_once;     // they come once: from a pipe or an interface
    double until;      // on hg__seconds(): when the capture ends; 0: nobody said
    hg__packet_source source;
    hg__packet_fit fit;
    hg__packet_fit_options options;
    hg_model *former;            // owned: pretrained=, whose counts go on; or NULL
    hg__kitnet_detector *kitnet; // owned: model=kitnet
    hg__kitnet_fit_options kitnet_options;
} hg__packet_data;

// What suits a kind of model. Set where nobody else did, so that args.yaml repeats it.
typedef struct hg__packet_option {
    int option;
    const char *name, *value;
} hg__packet_option;

// t->data: rows of this source, of which the capture's name and fingerprint are told.
int hg__packets_dataset(hg__trainer *t, const hg__row_source *source, hg_error *err);

// train_kitnet.c: the options that suit it, `count` of them; the data and the model, mapped.
const hg__packet_option *hg__kitnet_options_all(size_t *count);
int hg__open_kitnet(hg__trainer *t, double fpr, hg_error *err);
#endif
