// SPDX-License-Identifier: Apache-2.0
// banned.h - functions nobody here may call; forced into every file by the Makefile. Each has a
// safer way: snprintf, hg__text, hg__parse_int, Philox, strspn, arenas.
#ifndef HG_BASE_BANNED_H
#define HG_BASE_BANNED_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#if defined(__GNUC__) && !defined(__cplusplus)
# undef alloca
# undef sprintf
# undef vsprintf
# pragma GCC poison strcpy strcat sprintf vsprintf gets atoi atol atof rand srand strtok gmtime \
     localtime ctime asctime alloca tmpnam mktemp
#endif
#endif
