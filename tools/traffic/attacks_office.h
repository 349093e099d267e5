// SPDX-License-Identifier: Apache-2.0
// attacks_office.h - attacks on an office, by file: attacks_scan.c, attacks_tunnel.c.
#ifndef ATTACKS_OFFICE_H
#define ATTACKS_OFFICE_H
#include "traffic.h"

host *office_insider(world *w); // someone's machine, from now on the attacks' source
host *office_server(world *w);

void attack_port_scan(world *w, int64_t t, int64_t length);
void attack_host_sweep(world *w, int64_t t, int64_t length);
void attack_syn_flood(world *w, int64_t t, int64_t length);
void attack_brute_force(world *w, int64_t t, int64_t length);
void attack_slowloris(world *w, int64_t t, int64_t length);
void attack_worm(world *w, int64_t t, int64_t length);

#endif
