// SPDX-License-Identifier: Apache-2.0
// mosquitto_api.c - what we call of libmosquitto, opened at the first such address.
#include "streams/mosquitto_api.h"

#include <pthread.h>

#include "base/system.h"

#define NAME(result, name, arguments) #name,

static struct {
    hg__mosquitto functions;
    bool found;
    pthread_once_t once;
} mosquitto = {.once = PTHREAD_ONCE_INIT};

static void find_mosquitto(void) {
    static const char *const files[] = {"libmosquitto.so.1", NULL};
    static const char *const names[] = {HG_MOSQ_FUNCTIONS(NAME)};
    mosquitto.found = hg__library_open(files, "mosquitto_", names, sizeof names / sizeof *names,
                                       &mosquitto.functions) &&
                      mosquitto.functions.lib_init() == HG_MOSQ_OK;
}

const hg__mosquitto *hg__mosquitto_get(hg_error *err) {
    pthread_once(&mosquitto.once, find_mosquitto);
    if (mosquitto.found) return &mosquitto.functions;
    hg__fail(err, HG_ERR_MISSING,
             "mqtt: needs the Debian package libmosquitto1, found no libmosquitto.so.1");
    return NULL;
}
