// SPDX-License-Identifier: Apache-2.0
// place.h - where this program lies, for what lies beside it: plug-ins, models that ship.
#ifndef HG_BASE_PLACE_H
#define HG_BASE_PLACE_H
#include <stdbool.h>

// The folder of the running command, and that of the file which holds this code: the shared library, or the command.
// False where the system does not say.
bool hg__place_of_command(char folder[1024]);
bool hg__place_of_library(char folder[1024]);
#endif
