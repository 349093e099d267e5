// SPDX-License-Identifier: Apache-2.0
// part_places.c - where to what was found in pictures of parts is written: none of it over what is read.
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/system.h"
#include "jobs/job.h"
#include "jobs/predict_parts.h"
#include "jobs/score_sheet.h"

// What is written is none of the pictures.
static int check_file(const hg__part_places *p, const char *option, const char *out,
                      hg_error *err) {
    char path[2048];
    if (!*out || strcmp(out, "-") == 0 || hg__table_out_is(out)) return HG_OK;
    for (int32_t i = 0; hg__is_file(out) && i < p->set->count; i++) {
        HG_TRY(hg__part_path(p->set, i, path, sizeof path, err));
        if (!hg__is_same_file(path, out)) continue;
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected another file than the pictures that are judged, got %s",
                        option, out);
    }
    HG_TRY(hg__check_out(p->o->values.data, "data", out, err));
    HG_TRY(hg__check_out(p->o->values.model, "model", out, err));
    return hg__check_creatable(out, err);
}

static int check_maps(const hg__part_places *p, hg_error *err) {
    const char *data = p->o->values.data;
    if (!*p->maps) return HG_OK;
    if (hg__is_file(p->maps)) {
        return hg__fail(err, HG_ERR_USAGE, "maps: expected a folder, got the file %s", p->maps);
    }
    if (hg__is_folder(data) && hg__path_is_inside(p->maps, data)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "maps: expected a folder outside %s, whose pictures would be more then, "
                        "got %s",
                        data, p->maps);
    }
    for (int32_t i = 0; i < p->set->count; i++) {
        if (!hg__path_is_climbing(p->set->part[i].path)) continue;
        return hg__fail(err, HG_ERR_DATA, "%s: expected paths below the list's own folder, got %s",
                        data, p->set->part[i].path);
    }
    return hg__check_folder_creatable(p->maps, err);
}

// Sheets and pages.
static int check_files(const hg__part_places *p, hg_error *err) {
    const struct hg__values *v = &p->o->values;
    const struct {
        const char *option, *out;
    } all[] = {
        {"out",     v->out    },
        {"regions", v->regions},
        {"sheet",   v->sheet  },
        {"gallery", v->gallery}
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        HG_TRY(check_file(p, all[i].option, all[i].out, err));
    }
    return HG_OK;
}

// In maps=, unless they have names of their own.
static int place_pages(hg__part_places *p, hg_error *err) {
    if (!*p->sheet) HG_TRY(hg__join_path(p->sheet, sizeof p->sheet, p->maps, "sheet.png", err));
    if (*p->gallery) return HG_OK;
    return hg__join_path(p->gallery, sizeof p->gallery, p->maps, "index.html", err);
}

int hg__part_places_find(hg__part_places *p, const hg_options *o, const hg__part_set *set,
                         hg_error *err) {
    const struct hg__values *v = &o->values;
    *p = (hg__part_places){.o = o, .set = set, .maps = v->maps};
    snprintf(p->sheet, sizeof p->sheet, "%s", v->sheet);
    snprintf(p->gallery, sizeof p->gallery, "%s", v->gallery);
    if (!*p->maps && o->set[HG_OPTION_maps_as]) {
        return hg__fail(err, HG_ERR_USAGE, "maps_as: expected maps= with it, got none");
    }
    HG_TRY(check_maps(p, err));
    HG_TRY(check_files(p, err));
    if (!*p->maps) return HG_OK;
    HG_TRY(place_pages(p, err));
    p->files = hg__map_files_parse(v->maps_as, err);
    if (p->files < 0) return p->files;
    p->name = hg__map_names(p->set, err);
    return p->name ? HG_OK : HG_ERR_MEMORY;
}

void hg__part_places_clear(hg__part_places *p) {
    hg__free(p->name);
    *p = (hg__part_places){0};
}

int hg__part_places_make(const hg__part_places *p, int32_t part, char *stem, size_t size,
                         hg_error *err) {
    HG_TRY(hg__join_path(stem, size, p->maps, p->name[part], err));
    char *slash = strrchr(stem, '/');
    *slash = '\0';
    const int code = hg__make_folder(stem, err);
    *slash = '/';
    return code;
}
