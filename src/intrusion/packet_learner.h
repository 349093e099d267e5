// SPDX-License-Identifier: Apache-2.0
// packet_learner.h - a model of packets that goes on learning from the packets that it judges.
//
//   hg__packet_detector ──> verdicts, and what each packet answered ──> lessons ──> hg__packet_learner
//            ^                                                                        │ counts on, behind what the model has
//            └──── hg__packet_detector_adopt() <── at a period's end what is known then ┘ keeps the scores that they had, by talk
//
// Scores are given before anything is learned from their packets, by what was known before the period: so thresholds are of another time
// than counts, as they will be when they are used; they are made as those of training (packet_detector_calibrate.c), of the period in eighths, and joined with those of before. What is left out (whoever an alert was of) is not counted, and its scores count with the
// threshold at most: that is not to sink because what passed it is taken away, nor to rise by an attack. What evidence is worth, the
// autoencoder and its scale stay, so that scores mean the same.
//
// Old counts are halved whenever twice as many packets are counted as the longest period had, or the training: what lies further back
// weighs less and less, but nothing is forgotten.
#ifndef HG_INTRUSION_PACKET_LEARNER_H
#define HG_INTRUSION_PACKET_LEARNER_H
#include "intrusion/packet_detector.h"

typedef struct hg__lesson {
    hg__scored_packet scored; // its time never goes back
    bool is_counted;          // what it answers becomes usual
    bool is_alarm;            // whoever it is of
} hg__lesson;

// As many as are judged at once.
typedef struct hg__lessons {
    int32_t count;
    hg__lesson lesson[HG_VERDICTS];
    hg__answers answers[HG_VERDICTS];
} hg__lessons;

// From now on what each packet that is taken answers goes to answers (HG_VERDICTS), in the order of verdicts; NULL: nowhere.
void hg__packet_detector_listen(hg__packet_detector *d, hg__answers *answers);

typedef struct hg__packet_learner hg__packet_learner;

// Beside a detector of the same model, of which nothing is shared. period: ns that one is to last; max_bytes: of counts.
hg__packet_learner *hg__packet_learner_new(const hg_model *m, double period, size_t max_bytes,
                                           const char *where, hg_error *err);
void hg__packet_learner_free(hg__packet_learner *l); // NULL is fine

int hg__packet_learner_take(hg__packet_learner *l, const hg__lessons *x, hg_error *err);

// Of the period so far.
typedef struct hg__learned {
    int64_t packets, counted, alarms; // that came; that were counted; that raised an alarm
    int64_t passed;                   // ns
    int64_t lost;                     // answers that there was no room to count
} hg__learned;
hg__learned hg__packet_learner_period(const hg__packet_learner *l);

// The period is over and the next begins: what is known now, for hg__packet_detector_adopt(); NULL on failure, after which the period goes
// on. m is then a model of it.
hg__packet_detector *hg__packet_learner_end(hg__packet_learner *l, hg_model *m, hg_error *err);
// The period is over, and nothing of it was learned.
int hg__packet_learner_discard(hg__packet_learner *l, hg_error *err);

// d goes on with what `next` knows, and next has what d knew; hosts, flows and talks stay. In no time, between two verdicts; thresholds are
// asked for anew.
void hg__packet_detector_adopt(hg__packet_detector *d, hg__packet_detector *next);

// A period that is not over, in the parts of a model m that is otherwise the one that it goes on from; and back. HG_ERR_MODEL for any flaw.
int hg__packet_learner_save(const hg__packet_learner *l, hg_model *m, hg_error *err);
int hg__packet_learner_load(hg__packet_learner *l, const hg_model *m, const char *where,
                            hg_error *err);
// HG_ERR_MODEL where one could not go on learning from it.
int hg__packet_learner_check(const hg_model *m, const char *where, hg_error *err);
// How many periods were learned before: a period belongs to a model of as many, and of the same hashes.
bool hg__packet_learner_fits(const hg__packet_learner *l, const hg_model *m);
#endif
