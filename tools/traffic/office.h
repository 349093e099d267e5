// SPDX-License-Identifier: Apache-2.0
// office.h - an office's hosts, and what is done to it.
#ifndef OFFICE_H
#define OFFICE_H
#include "traffic.h"

int office_people(const world *w);
host *office_person(world *w, int i);

#endif
