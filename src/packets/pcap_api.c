// SPDX-License-Identifier: Apache-2.0
// pcap_api.c - libpcap's functions, found when the first capture is met.
#include "packets/pcap_api.h"

#include <pthread.h>
#include <string.h>

#include "base/system.h"

#define NAME(name) #name,

static struct {
    hg__pcap_functions functions;
    bool is_found;
    char version[24];
    pthread_once_t once;
} pcap = {.once = PTHREAD_ONCE_INIT};

// "libpcap version 1.10.3 (with TPACKET_V3)"
static void find_version(void) {
    const char *text = pcap.functions.lib_version();
    text += strcspn(text, "0123456789");
    snprintf(pcap.version, sizeof pcap.version, "%.*s", (int)strspn(text, "0123456789."), text);
}

static void find_pcap(void) {
    static const char *const files[] = {"libpcap.so.0.8", "libpcap.so.1", NULL};
    static const char *const names[] = {HG_PCAP_FUNCTIONS(NAME)};
    pcap.is_found =
        hg__library_open(files, "pcap_", names, sizeof names / sizeof *names, &pcap.functions);
    if (pcap.is_found) find_version();
}

const hg__pcap_functions *hg__pcap_get(const char *path, hg_error *err) {
    pthread_once(&pcap.once, find_pcap);
    if (pcap.is_found) return &pcap.functions;
    hg__fail(err, HG_ERR_MISSING,
             "%s: captures need the Debian package libpcap0.8, found no libpcap.so.0.8", path);
    return NULL;
}

const char *hg__pcap_version(void) {
    return hg__pcap_get("", NULL) ? pcap.version : "";
}
