// SPDX-License-Identifier: Apache-2.0
// kafka_api.c - what we call of librdkafka, opened at the first such address.
#include "streams/kafka_api.h"

#include <pthread.h>

#include "base/system.h"

#define NAME(result, name, arguments) #name,

static struct {
    hg__kafka functions;
    bool found;
    pthread_once_t once;
} kafka = {.once = PTHREAD_ONCE_INIT};

static void find_kafka(void) {
    static const char *const files[] = {"librdkafka.so.1", NULL};
    static const char *const names[] = {HG_RD_FUNCTIONS(NAME)};
    kafka.found =
        hg__library_open(files, "rd_kafka_", names, sizeof names / sizeof *names, &kafka.functions);
}

const hg__kafka *hg__kafka_get(hg_error *err) {
    pthread_once(&kafka.once, find_kafka);
    if (kafka.found) return &kafka.functions;
    hg__fail(err, HG_ERR_MISSING,
             "kafka: needs the Debian package librdkafka1, found no librdkafka.so.1");
    return NULL;
}
