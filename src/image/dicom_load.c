// SPDX-License-Identifier: Apache-2.0
// dicom_load.c - the plug-in that reads DICOM, opened when the first DICOM file is met: HG_PLUGINS, beside the command,
// beside the library.
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/system.h"
#include "image/dicom.h"
#include "image/image.h"

static const char plugin_name[] = "hourglass-dicom.so";

static struct {
    const hg__dicom_plugin *entry; // NULL: not there
    char reason[300];              // why it could not be opened; "" where there is no such file
    pthread_once_t once;
} plugin = {.once = PTHREAD_ONCE_INIT};

// "folder/between/hourglass-dicom.so" is opened where there is one.
static void *open_in(const char *folder, const char *between) {
    char path[2048];
    const int length = snprintf(path, sizeof path, "%s%s/%s", folder, between, plugin_name);
    if (length < 0 || (size_t)length >= sizeof path || !hg__is_file(path)) return NULL;
    void *opened = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const char *reason = opened ? "" : dlerror();
    snprintf(plugin.reason, sizeof plugin.reason, "%s", reason ? reason : "");
    return opened;
}

// Beside the command, where `make install` puts it, and beside the library that holds this code.
static void *open_near(void) {
    char folder[1024];
    void *opened = NULL;
    if (hg__place_of_command(folder)) {
        opened = open_in(folder, "");
        if (!opened) opened = open_in(folder, "/../lib/hourglass");
    }
    if (!opened && hg__place_of_library(folder)) opened = open_in(folder, "/hourglass");
    return opened;
}

static void find_plugin(void) {
    const char *folder = getenv("HG_PLUGINS");
    void *opened = folder && *folder ? open_in(folder, "") : NULL;
    if (!opened) opened = open_near();
    const hg__dicom_plugin *entry = opened ? dlsym(opened, HG_DICOM_SYMBOL) : NULL;
    if (entry && entry->interface == HG_DICOM_INTERFACE) {
        plugin.entry = entry; // never closed: DCMTK's tables live there
    } else if (opened) {
        snprintf(plugin.reason, sizeof plugin.reason, "it belongs to another release");
    }
}

const hg__dicom_plugin *hg__dicom_load(void) {
    pthread_once(&plugin.once, find_plugin);
    return plugin.entry;
}

const char *hg__image_dicom_version(void) {
    const hg__dicom_plugin *p = hg__dicom_load();
    return p ? p->version : "";
}

int hg__dicom_need(const char *name, hg_error *err) {
    if (hg__dicom_load()) return HG_OK;
    if (!plugin.reason[0]) {
        return hg__fail(
            err, HG_ERR_MISSING,
            "%s: DICOM needs %s, which is not here; apt-get install libdcmtk-dev g++ and "
            "build again",
            name, plugin_name);
    }
    return hg__fail(err, HG_ERR_MISSING,
                    "%s: DICOM needs the package libdcmtk17: cannot open %s: %s", name, plugin_name,
                    plugin.reason);
}
