// SPDX-License-Identifier: Apache-2.0
// gallery_run.c - a page of judged pictures with names from the command line, for an HTML parser:
//
//   gallery_run OUT NAME ...
#include <stdio.h>

#include "judged_case.h"
#include "report/gallery.h"

static int show(hg__gallery *g, const char *name, hg_error *err) {
    judged_case c;
    int code = judged_init(&c, name, name);
    if (code == 0) code = hg__gallery_show(g, &c.is, err);
    if (code == 0) hg__gallery_list(g, &c.is);
    judged_clear(&c);
    return code;
}

int main(int argc, char **argv) {
    if (argc < 2) return 2;
    hg_error err = {0};
    hg__gallery g;
    const hg__judged_head head = {argc > 2 ? argv[2] : "", hg__heat_of(1), 1};
    int code = hg__gallery_open(&g, argv[1], &head, &err);
    for (int i = 2; i < argc && code == 0; i++) {
        hg__gallery_start_group(&g, argv[i]);
        code = show(&g, argv[i], &err);
    }
    if (code == 0) code = hg__gallery_commit(&g, &err);
    hg__gallery_abort(&g);
    if (code) fprintf(stderr, "%s\n", err.message);
    return code != 0;
}
