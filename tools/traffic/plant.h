// SPDX-License-Identifier: Apache-2.0
// plant.h - a plant's hosts and everyday traffic, which two scenes share, and what is done to it.
#ifndef PLANT_H
#define PLANT_H
#include "protocols.h"

void plant_build(world *w);
void plant_tend(world *w);                            // all but the polls
poll plant_poll(const world *w, int rtu, int i);      // the i-th thing the master asks this RTU for
poll plant_set_point(const world *w, int rtu, int i); // the i-th thing an operator writes

host *plant_insider(world *w); // a known machine, from now on the attacks' source

// Attacks of more than one scene (attacks_common.c).
void attack_exfiltration(world *w, int64_t t, int64_t length);
void attack_control(world *w, int64_t t, int64_t length);
void attack_moving_files(world *w, int64_t t, int64_t length);
void attack_arp_spoof(world *w, int64_t t, int64_t length);

#endif
