// SPDX-License-Identifier: Apache-2.0
// test_part_set.c - which pictures of parts a path stands for, how they are labelled, and what is refused.
#include "faults.h"
#include "image_samples.h"
#include "parts/coco_read.h"
#include "parts/part_set.h"

// ---- folders of small pictures ------------------------------------------------------------------

static void put_text_file(const char *name, const char *text) {
    assert_int_equal(hg__write_file(at(name), text, strlen(text), NULL), HG_OK);
}

// A picture of one grey, with the folders that it needs. Names are separated by blanks.
static void put_pictures(const char *names) {
    for (size_t size; *names; names += size + (names[size] == ' ')) {
        char name[100];
        size = strcspn(names, " ");
        assert_true(size < sizeof name);
        memcpy(name, names, size);
        name[size] = '\0';
        char *slash = strrchr(name, '/');
        if (slash) *slash = '\0';
        if (slash) assert_int_equal(hg__make_folder(at(name), NULL), HG_OK);
        if (slash) *slash = '/';
        put_text_file(name, "P5\n2 2\n255\nabcd");
    }
}

static hg__part_set open_set(const char *path, const hg__part_options *o) {
    hg__part_set s;
    hg_error err = {0};
    if (hg__part_set_open(&s, path, o, &err) != HG_OK) fail_msg("%s", err.message);
    return s;
}

// Each part as "path kind" or, without a label, "path ?"; "+m" with a mask, "+p" with a pair, "+2b" with two boxes.
static void describe(const hg__part_set *s, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (int32_t i = 0; i < s->count; i++) {
        const hg__part *p = &s->part[i];
        char boxes[16] = "";
        if (p->boxes) snprintf(boxes, sizeof boxes, "+%db", p->boxes);
        assert_true(p->has_label || !p->is_defect);
        assert_int_equal(p->has_label, p->kind[0] != 0);
        used += (size_t)snprintf(text + used, size - used, "%s%s %s%s%s%s", i ? ", " : "", p->path,
                                 p->has_label ? p->kind : "?", p->mask ? "+m" : "",
                                 p->pair ? "+p" : "", boxes);
        assert_true(used < size);
    }
    assert_int_equal(s->good + s->defects + s->unlabelled, s->count);
}

static void expect_parts(const char *path, const hg__part_options *o, const char *layout,
                         const char *wanted) {
    char text[2000];
    hg__part_set s = open_set(path, o);
    describe(&s, text, sizeof text);
    assert_string_equal(text, wanted);
    assert_string_equal(s.layout, layout);
    hg__part_set_clear(&s);
}

static void expect_refused(const char *path, const hg__part_options *o, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void expect_refused(const char *path, const hg__part_options *o, const char *format, ...) {
    char sentence[600];
    hg__part_set s;
    hg_error err = {0};
    va_list list;
    va_start(list, format);
    (void)vsnprintf(sentence, sizeof sentence, format, list);
    va_end(list);
    const int code = hg__part_set_open(&s, path, o, &err);
    if (code >= 0) fail_msg("taken; expected: %s", sentence);
    assert_string_equal(err.message, sentence);
    assert_int_equal(code, err.code);
    assert_null(s.part);
    assert_int_equal(hg__part_set_open(&s, path, o, NULL), code);
}

// The same entry with on_bad=skip: it is left out, the others stay.
static void expect_skipped(const char *path, const hg__part_options *o, const char *layout,
                           const char *wanted, const char *why) {
    char text[2000];
    hg__part_options skip = *o;
    skip.on_bad = "skip";
    hg__part_set s = open_set(path, &skip);
    describe(&s, text, sizeof text);
    assert_string_equal(text, wanted);
    assert_string_equal(s.layout, layout);
    assert_int_equal(s.skipped, 1);
    assert_string_equal(s.first_skipped, why);
    hg__part_set_clear(&s);
}

static const hg__part_options all = {0}, train = {.purpose = HG_PARTS_TRAIN},
                              test = {.purpose = HG_PARTS_TEST};

// ---- mvtec --------------------------------------------------------------------------------------

static void mvtec_has_two_splits_kinds_and_masks(void **state) {
    (void)state;
    put_pictures("m/train/good/1.pgm m/train/good/0.pgm m/test/good/0.pgm m/test/crack/0.pgm "
                 "m/test/crack/1.pgm m/test/cut/0.pgm m/ground_truth/crack/0_mask.pgm "
                 "m/ground_truth/crack/1.png m/ground_truth/cut/0_MASK.pgm m/preview.pgm");
    expect_parts(at("m"), &train, "mvtec", "train/good/0.pgm good, train/good/1.pgm good");
    expect_parts(at("m"), &test, "mvtec",
                 "test/crack/0.pgm crack+m, test/crack/1.pgm crack+m, test/cut/0.pgm cut+m, "
                 "test/good/0.pgm good");
    expect_parts(at("m/"), &all, "mvtec",
                 "test/crack/0.pgm crack+m, test/crack/1.pgm crack+m, test/cut/0.pgm cut+m, "
                 "test/good/0.pgm good, train/good/0.pgm good, train/good/1.pgm good");
    hg__part_set s = open_set(at("m"), &test);
    char path[300];
    assert_int_equal(hg__part_path(&s, 2, path, sizeof path, NULL), HG_OK);
    assert_string_equal(path, at("m/test/cut/0.pgm"));
    assert_string_equal(s.part[2].mask, at("m/ground_truth/cut/0_MASK.pgm"));
    assert_int_equal(s.part[2].split, HG_SPLIT_TEST);
    assert_int_equal(s.good, 1);
    assert_int_equal(s.defects, 3);
    hg__part_set_clear(&s);
}

static void a_folder_within_mvtec_is_known_for_what_it_is(void **state) {
    (void)state;
    expect_parts(at("m/train/good"), &train, "mvtec", "0.pgm good, 1.pgm good");
    expect_parts(at("m/train"), &train, "mvtec", "good/0.pgm good, good/1.pgm good");
    expect_parts(at("m/train/good"), &test, "mvtec", "0.pgm good, 1.pgm good");
    expect_parts(at("m/test"), &test, "mvtec",
                 "crack/0.pgm crack+m, crack/1.pgm crack+m, cut/0.pgm cut+m, good/0.pgm good");
    expect_parts(at("m/test/crack"), &test, "mvtec", "0.pgm crack+m, 1.pgm crack+m");
    char *place = hg__resolve_both(at("m"), at("m"));
    assert_non_null(place);
    expect_refused(at("m/test"), &train,
                   "%s: expected good pictures to train on, got those of a test split; give %s",
                   at("m/test"), place);
    hg__free(place);
}

static void masks_and_pictures_need_each_other(void **state) {
    (void)state;
    char why[500];
    put_pictures(
        "n/train/ok/0.pgm n/train/ok/1.pgm n/test/ok/0.pgm n/test/ko/0.pgm n/test/ko/1.pgm "
        "n/ground_truth/ko/0.pgm");
    snprintf(why, sizeof why, "%s: expected a mask ko/1_mask.* as others have, found none",
             at("n/test/ko/1.pgm"));
    expect_refused(at("n"), &test, "%s", why);
    expect_skipped(at("n"), &test, "mvtec", "test/ko/0.pgm ko+m, test/ok/0.pgm good", why);
    expect_parts(at("n"), &train, "mvtec", "train/ok/0.pgm good, train/ok/1.pgm good");
    put_pictures("n/ground_truth/ko/1_mask.pgm n/ground_truth/ko/2_mask.pgm");
    snprintf(why, sizeof why, "%s: expected a picture of this mask, ko/2.*, found none",
             at("n/ground_truth/ko/2_mask.pgm"));
    expect_refused(at("n"), &test, "%s", why);
    expect_refused(
        at("n/test/ko"), &test,
        "%s/n/ground_truth/ko/2_mask.pgm: expected a picture of this mask, ko/2.*, found "
        "none",
        folder);
    expect_parts(at("n/test/ok"), &test, "mvtec", "0.pgm good"); // no masks of its own
    expect_skipped(at("n"), &test, "mvtec",
                   "test/ko/0.pgm ko+m, test/ko/1.pgm ko+m, test/ok/0.pgm good", why);
}

static void nothing_of_a_test_split_is_trained_on(void **state) {
    (void)state;
    put_pictures("o/test/good/0.pgm o/test/good/1.pgm o/test/cut/0.pgm");
    expect_refused(at("o"), &train,
                   "%s: expected at least 2 good pictures to train on, got 0 among 3", at("o"));
    expect_parts(at("o"), &test, "mvtec",
                 "test/cut/0.pgm cut, test/good/0.pgm good, test/good/1.pgm good");
    put_pictures("r/train/good/0.pgm r/train/good/1.pgm r/train/bad/0.pgm");
    expect_parts(at("r"), &train, "mvtec", "train/good/0.pgm good, train/good/1.pgm good");
    expect_parts(at("r"), &test, "mvtec",
                 "train/bad/0.pgm bad, train/good/0.pgm good, train/good/1.pgm good");
}

static void several_kinds_of_parts_are_not_one(void **state) {
    (void)state;
    put_pictures("many/nut/train/good/0.pgm many/bolt/train/good/0.pgm");
    expect_refused(
        at("many"), &train,
        "%s: expected pictures of one kind of part, got a folder for each kind; give one "
        "of them, such as %s",
        at("many"), at("many/bolt"));
}

// ---- normal, plain ------------------------------------------------------------------------------

static void folders_named_good_and_bad_are_labels(void **state) {
    (void)state;
    put_pictures("g/normal/0.pgm g/normal/1.pgm g/abnormal/1.pgm g/abnormal/2.pgm g/masks/1.pgm "
                 "g/masks/abnormal/2_mask.pgm g/loose.pgm");
    expect_parts(at("g"), &train, "normal", "normal/0.pgm good, normal/1.pgm good");
    expect_parts(at("g"), &test, "normal",
                 "abnormal/1.pgm abnormal+m, abnormal/2.pgm abnormal+m, loose.pgm ?, "
                 "normal/0.pgm good, normal/1.pgm good");
    put_pictures("k/OK/0.pgm k/OK/1.pgm k/dent/0.pgm k/scratch/a/0.pgm");
    expect_parts(at("k"), &all, "normal",
                 "OK/0.pgm good, OK/1.pgm good, dent/0.pgm dent, scratch/a/0.pgm scratch");
    put_pictures(
        "v/Data/Images/Normal/0.pgm v/Data/Images/Anomaly/0.pgm v/Data/Masks/Anomaly/0.pgm");
    expect_parts(at("v"), &test, "normal",
                 "Data/Images/Anomaly/0.pgm Anomaly+m, Data/Images/Normal/0.pgm good");
    put_pictures("two/good/0.pgm two/cut/0.pgm two/dent/0.pgm two/masks/0.pgm");
    expect_refused(at("two"), &test,
                   "%s: expected the mask of one picture, got that of \"dent/0.pgm\" too",
                   at("two/masks/0.pgm"));
}

static void a_plain_folder_is_good_to_train_on_and_unknown_to_test(void **state) {
    (void)state;
    put_pictures("p/b.pgm p/a.pgm p/deep/c.pgm");
    expect_parts(at("p"), &train, "plain", "a.pgm ?, b.pgm ?, deep/c.pgm ?");
    expect_parts(at("p"), &test, "plain", "a.pgm ?, b.pgm ?, deep/c.pgm ?");
    expect_parts(at("p/a.pgm"), &all, "list", "a.pgm ?");
}

static void too_few_pictures_are_refused(void **state) {
    (void)state;
    put_pictures("one/good/0.pgm one/bad/0.pgm one/bad/1.pgm");
    expect_refused(at("one"), &train,
                   "%s: expected at least 2 good pictures to train on, got 1 among 3", at("one"));
    expect_refused(at("p/a.pgm"), &train,
                   "%s: expected at least 2 good pictures to train on, got 1 among 1",
                   at("p/a.pgm"));
    assert_int_equal(hg__make_folder(at("empty"), NULL), HG_OK);
    expect_refused(at("empty"), &train, "%s: expected image files, got none", at("empty"));
    expect_refused(at("nowhere"), &train, "%s: expected pictures of parts, got none",
                   at("nowhere"));
}

static void links_to_files_are_followed_to_folders_not(void **state) {
    (void)state;
    assert_int_equal(hg__make_folder(at("l/sub"), NULL), HG_OK);
    assert_int_equal(symlink(at("p"), at("l/far")), 0);
    assert_int_equal(symlink(at("p/deep"), at("l/sub/far")), 0);
    expect_refused(at("l"), &all,
                   "%s: expected pictures of parts, got none but 1 link to folders, which are not "
                   "followed; give the folder itself",
                   at("l"));
    assert_int_equal(symlink(at("p/a.pgm"), at("l/x.pgm")), 0);
    assert_int_equal(symlink(at("p/b.pgm"), at("l/sub/y.pgm")), 0);
    assert_int_equal(symlink("nowhere", at("l/broken.pgm")), 0);
    hg__part_set s = open_set(at("l"), &train);
    char text[200];
    describe(&s, text, sizeof text);
    assert_string_equal(text, "sub/y.pgm ?, x.pgm ?");
    assert_string_equal(s.note, "2 links to folders were not followed");
    hg__part_set_clear(&s);
}

// ---- lists and splits ---------------------------------------------------------------------------

static void a_list_may_have_labels_and_masks(void **state) {
    (void)state;
    char why[500];
    put_text_file("list.txt", "p/b.pgm\r\n\np/a.pgm\n");
    expect_parts(at("list.txt"), &train, "list", "p/b.pgm ?, p/a.pgm ?");
    assert_false(hg__is_parts_file(at("list.txt")));
    put_pictures("p/a,1.pgm");
    put_text_file("list.txt", "path,label,mask\np/b.pgm, good\np/a.pgm,1,g/masks/1.pgm\n"
                              "p/a,1.pgm\np/deep/c.pgm,0,\n");
    assert_true(hg__is_parts_file(at("list.txt")));
    expect_parts(at("list.txt"), &all, "list",
                 "p/b.pgm good, p/a.pgm defect+m, p/a,1.pgm ?, p/deep/c.pgm good");
    expect_parts(at("list.txt"), &train, "list", "p/b.pgm good, p/deep/c.pgm good");
    put_text_file("list.txt", "p/b.pgm\tok\np/a,1.pgm\tNG\n");
    expect_parts(at("list.txt"), &all, "list", "p/b.pgm good, p/a,1.pgm defect");
    put_text_file("list.txt", "p/b.pgm,good\np/a.pgm,crack\n");
    snprintf(why, sizeof why, "%s:2: expected good, defect, 0 or 1 as label, got \"crack\"",
             at("list.txt"));
    expect_refused(at("list.txt"), &all, "%s", why);
    expect_skipped(at("list.txt"), &all, "list", "p/b.pgm good", why);
    put_text_file("list.txt", "p/b.pgm,good\np/z.pgm,good\n");
    expect_refused(at("list.txt"), &all,
                   "%s:2: expected the path of an image, found no file \"p/z.pgm\"",
                   at("list.txt"));
    put_text_file("list.txt", "p/b.pgm,1,p/z.pgm\n");
    expect_refused(at("list.txt"), &all, "%s:1: expected the path of a mask, found no file p/z.pgm",
                   at("list.txt"));
    put_text_file("list.txt", "p/b.pgm\np/a.pgm\np/b.pgm\n");
    snprintf(why, sizeof why, "%s: expected each picture once, got \"p/b.pgm\" twice",
             at("list.txt"));
    expect_refused(at("list.txt"), &all, "%s", why);
    expect_skipped(at("list.txt"), &all, "list", "p/b.pgm ?, p/a.pgm ?", why);
    char text[600];
    snprintf(text, sizeof text, "%s\n%s\n", at("p/a.pgm"), at("p/b.pgm"));
    put_text_file("list.txt", text);
    hg__part_set s = open_set(at("list.txt"), &train);
    assert_int_equal(hg__part_path(&s, 1, text, sizeof text, NULL), HG_OK);
    assert_string_equal(text, at("p/b.pgm"));
    hg__part_set_clear(&s);
    snprintf(text, sizeof text, "p/a.pgm\n%s\n", at("p/b.pgm"));
    put_text_file("list.txt", text);
    expect_refused(at("list.txt"), &train,
                   "%s: expected paths that are all relative or all absolute, got \"%s\"",
                   at("list.txt"), at("p/b.pgm"));
}

static const char split_text[] = "object,split,label,image,mask\n"
                                 "nut,train,normal,p/a.pgm,\n"
                                 "nut,train,normal,\"p/a,1.pgm\",\n"
                                 "nut,test,normal,p/b.pgm,\n"
                                 "nut,test,anomaly,p/deep/c.pgm,g/masks/1.pgm\n";

static void a_split_says_what_is_for_training(void **state) {
    (void)state;
    char text[1000];
    assert_int_equal(hg__make_folder(at("split_csv"), NULL), HG_OK);
    put_text_file("split_csv/1cls.csv", split_text);
    assert_true(hg__is_parts_file(at("split_csv/1cls.csv")));
    expect_parts(at("split_csv/1cls.csv"), &train, "split", "p/a,1.pgm good, p/a.pgm good");
    const hg__part_options one = {.purpose = HG_PARTS_TEST, .object = "nut"};
    expect_parts(folder, &one, "split", "p/b.pgm good, p/deep/c.pgm anomaly+m");
    put_text_file("own.csv", split_text); // beside the pictures
    expect_parts(at("own.csv"), &one, "split", "p/b.pgm good, p/deep/c.pgm anomaly+m");
    snprintf(text, sizeof text, "%sbolt,test,normal,p/none.pgm,\n", split_text);
    put_text_file("own.csv", text);
    expect_parts(at("own.csv"), &one, "split", "p/b.pgm good, p/deep/c.pgm anomaly+m");
    expect_refused(at("own.csv"), &test,
                   "%s: expected one object, or object= with one of nut, bolt, got 2",
                   at("own.csv"));
    const hg__part_options bolt = {.purpose = HG_PARTS_TEST, .object = "bolt"},
                           wing = {.object = "wing"};
    expect_refused(at("own.csv"), &bolt,
                   "%s:6: expected the path of an image, found no file p/none.pgm", at("own.csv"));
    expect_refused(at("own.csv"), &wing, "%s: expected the object 'wing', got nut, bolt",
                   at("own.csv"));
}

static void bad_records_of_a_split_are_named(void **state) {
    (void)state;
    static const struct {
        const char *record, *sentence;
    } bad[] = {
        {"nut,train,normal,p/b.pgm",         "expected 5 columns, got 4"                            },
        {"nut,val,normal,p/b.pgm,",          "expected train or test as split, got another word"    },
        {"nut,test,fine,p/b.pgm,",           "expected normal or anomaly as label, got another word"},
        {"nut,test,normal,,",                "expected the path of an image, got none"              },
        {"nut,test,anomaly,p/b.pgm,p/m.pgm", "expected the path of a mask, found no file p/m.pgm"   },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[500], why[600];
        snprintf(text, sizeof text, "object,split,label,image,mask\nnut,test,normal,p/a.pgm,\n%s\n",
                 bad[i].record);
        put_text_file("bad.csv", text);
        snprintf(why, sizeof why, "%s:3: %s", at("bad.csv"), bad[i].sentence);
        expect_refused(at("bad.csv"), &test, "%s", why);
        expect_skipped(at("bad.csv"), &test, "split", "p/a.pgm good", why);
    }
}

// ---- templates and boxes ------------------------------------------------------------------------

static void templates_are_found_by_name(void **state) {
    (void)state;
    char why[500], target[300];
    put_pictures("t/a.png t/b.pgm t/b.png t/deep/c.png");
    snprintf(target, sizeof target, "%s", at("t"));
    const hg__part_options o = {.target = target};
    put_text_file("list.txt", "p/a.pgm\np/b.pgm\np/deep/c.pgm\n");
    expect_parts(at("list.txt"), &o, "list", "p/a.pgm ?+p, p/b.pgm ?+p, p/deep/c.pgm ?+p");
    hg__part_set s = open_set(at("list.txt"), &o);
    assert_string_equal(s.part[1].pair, at("t/b.pgm"));
    hg__part_set_clear(&s);
    snprintf(why, sizeof why, "%s: expected a template %s/a,1.*, found none", at("p/a,1.pgm"),
             at("t"));
    expect_refused(at("p"), &o, "%s", why);
    expect_skipped(at("p"), &o, "plain", "a.pgm ?+p, b.pgm ?+p, deep/c.pgm ?+p", why);
}

static void boards_have_their_templates_and_boxes(void **state) {
    (void)state;
    char why[500];
    put_pictures("d/g/1/b_temp.pgm d/g/1/b_test.pgm d/g/1/d_temp.pgm d/g/1/d_test.pgm d/g/1_not/x");
    put_pictures("d/g/1/a_temp.pgm d/g/1/a_test.pgm d/g/1/c_temp.pgm d/g/1/c_test.pgm");
    unlink(at("d/g/1_not/x"));
    put_text_file("d/g/1_not/a.txt", "1 2 3 4 6");
    put_text_file("d/g/1_not/b.txt", "10 20 30 45 1\r\n1,2,3,4,6\n\n");
    put_text_file("d/g/1_not/c.txt", "1 2 3 4 6");
    put_text_file("d/g/1_not/d.txt", "");
    // one half's templates are trained on, the other half is tested
    expect_parts(at("d"), &train, "deeppcb", "g/1/a_temp.pgm good, g/1/c_temp.pgm good");
    expect_parts(at("d"), &test, "deeppcb",
                 "g/1/b_temp.pgm good, g/1/b_test.pgm defect+p+2b, g/1/d_temp.pgm good, "
                 "g/1/d_test.pgm good+p");
    expect_parts(at("d/g/1"), &test, "deeppcb",
                 "b_temp.pgm good, b_test.pgm defect+p+2b, d_temp.pgm good, d_test.pgm good+p");
    hg__part_set s = open_set(at("d"), &all);
    assert_int_equal(s.count, 8); // and to be judged there are all boards
    for (int32_t i = 0; i < s.count; i++) {
        assert_int_equal(s.part[i].split, i % 2 ? HG_SPLIT_TEST : HG_SPLIT_TRAIN);
    }
    hg__part_set_clear(&s);
    s = open_set(at("d"), &test);
    assert_string_equal(s.part[1].pair, at("d/g/1/b_temp.pgm"));
    const hg__part_box wanted[] = {
        {10, 20, 20, 25},
        {1,  2,  2,  2 }
    };
    assert_memory_equal(s.part[1].box, wanted, sizeof wanted);
    hg__part_set_clear(&s);
    static const char *const wrong[] = {"30 20 10 45 1", "1 2 3", "1 2 3 4 5 6", "a b c d 1",
                                        "-1 2 3 4 1"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        put_text_file("d/g/1_not/d.txt", wrong[i]);
        snprintf(why, sizeof why, "%s:1: expected a box, x1 y1 x2 y2 type in pixels, got \"%s\"",
                 at("d/g/1_not/d.txt"), wrong[i]);
        expect_refused(at("d"), &test, "%s", why);
        expect_skipped(at("d"), &test, "deeppcb", "g/1/b_temp.pgm good, g/1/b_test.pgm defect+p+2b",
                       why);
    }
    unlink(at("d/g/1_not/d.txt"));
    expect_refused(at("d"), &test, "%s: expected its boxes in %s, found no such file",
                   at("d/g/1/d_test.pgm"), at("d/g/1_not/d.txt"));
}

static const char coco_text[] =
    "{\"images\": [{\"id\": 7, \"file_name\": \"b.pgm\"}, {\"id\": 3, \"file_name\": "
    "\"far/a.pgm\"},"
    "{\"id\": 4, \"file_name\": \"deep/c.pgm\"}], \"categories\": [{\"id\": 1, \"name\": \"dent\"},"
    "{\"id\": 2, \"name\": \"cut\"}], \"annotations\": ["
    "{\"image_id\": 7, \"category_id\": 1, \"bbox\": [1, 2, 3.5, 4]},"
    "{\"image_id\": 4, \"category_id\": 1, \"bbox\": [0, 0, 1, 1]},"
    "{\"image_id\": 4, \"category_id\": 2, \"bbox\": [0, 1, 1, 1]},"
    "{\"image_id\": 7, \"category_id\": 1, \"bbox\": [5, 6, 7, 8]}]}";

static void annotations_give_boxes_and_labels(void **state) {
    (void)state;
    char labels[300];
    unlink(at("p/a,1.pgm"));
    put_text_file("coco.json", coco_text);
    snprintf(labels, sizeof labels, "%s", at("coco.json"));
    hg__part_options o = {.labels = labels};
    expect_parts(at("p"), &o, "plain", "a.pgm good, b.pgm dent+2b, deep/c.pgm defect+2b");
    hg__part_set s = open_set(at("p"), &o);
    const hg__part_box wanted[] = {
        {1, 2, 3.5, 4},
        {5, 6, 7,   8}
    };
    assert_memory_equal(s.part[1].box, wanted, sizeof wanted);
    hg__part_set_clear(&s);
    put_pictures("p/e.pgm");
    o.purpose = HG_PARTS_TRAIN;
    expect_refused(at("p"), &o, "%s: expected an image of that name in %s, found none",
                   at("p/e.pgm"), labels);
    o.on_bad = "skip";
    expect_refused(
        at("p"), &o,
        "%s: expected at least 2 good pictures to train on, got 1 among 3; the first that "
        "was left out: %s: expected an image of that name in %s, found none",
        at("p"), at("p/e.pgm"), labels);
    unlink(at("p/e.pgm"));
    put_pictures("p/far/a.pgm");
    o = (hg__part_options){.labels = labels};
    expect_refused(at("p"), &o, "%s: expected one picture of \"far/a.pgm\", got %s too", labels,
                   at("p/far/a.pgm"));
    unlink(at("p/far/a.pgm"));
}

static void annotations_of_pictures_that_are_not_there_are_named(void **state) {
    (void)state;
    char labels[300], why[600];
    snprintf(labels, sizeof labels, "%s", at("coco.json"));
    put_text_file("coco.json", "{\"images\": [{\"id\": 1, \"file_name\": \"z.pgm\"},"
                               "{\"id\": 2, \"file_name\": \"p/a.pgm\"}], \"annotations\": []}");
    put_text_file("list.txt", "p/a.pgm\n");
    const hg__part_options o = {.labels = labels};
    snprintf(why, sizeof why, "%s: expected a picture %s/z.pgm as it says, found none", labels,
             folder);
    expect_refused(at("list.txt"), &o, "%s", why);
    expect_skipped(at("list.txt"), &o, "list", "p/a.pgm good", why);
    put_text_file("coco.json",
                  "{\"images\": [{\"id\": 1, \"file_name\": \"0.pgm\"}], \"annotations\": "
                  "[{\"image_id\": 1, \"bbox\": [0, 0, 1, 1]}]}");
    expect_refused(at("k/OK"), &o, "%s: expected an image of that name in %s, found none",
                   at("k/OK/1.pgm"), labels);
    expect_refused(at("k"), &o, "%s: expected no defect in a good part, got 1 in %s",
                   at("k/OK/0.pgm"), labels);
}

// Files of another make, and those that broke other readers: tests/museum/README.md says which and how.
static void what_is_no_annotation_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *text, *sentence;
    } bad[] = {
        {"[]",                                                                                      "x: expected COCO's annotations, an object, got another value"  },
        {"{}",                                                                                      "x: expected a list 'images' as COCO has it, got none"          },
        {"{\"images\": 1}",                                                                         "x: expected a list 'images' as COCO has it, got something else"},
        {"{\"images\": []}",                                                                        "x: expected a list 'annotations' as COCO has it, got none"     },
        {"{\"images\": [{\"id\": 1}], \"annotations\": []}",
         "x: images[0]: expected an \"id\" and a \"file_name\", got none"                                                                                           },
        {"{\"images\": [{\"id\": 1, \"file_name\": \"a\"}, {\"id\": 1, \"file_name\": \"b\"}], "
         "\"annotations\": []}",                                                           "x: expected each id of an image once, got 1 twice"             },
        {"{\"images\": [{\"id\": 1, \"file_name\": \"a\"}, {\"id\": 2, \"file_name\": \"a\"}], "
         "\"annotations\": []}",                                                           "x: expected each image once, got \"a\" twice"                  },
        {"{\"images\": [{\"id\": 1, \"file_name\": \"a\"}], \"annotations\": [{\"image_id\": 2}]}",
         "x: annotations[0]: expected an \"image_id\" that is an image's, got none"                                                                                 },
        {"{\"images\": [{\"id\": 1, \"file_name\": \"a\"}], \"annotations\": [{\"image_id\": 1, "
         "\"bbox\": [0, 0, 0, 5]}]}",                                                      "x: annotations[0]: expected \"bbox\": [x, y, width, height] with sides above 0, got "
         "something else"                                                                                             },
        {"{\"images\": [{\"id\": 1, \"file_name\": \"a\"}], \"annotations\": [{\"image_id\": 1, "
         "\"bbox\": [0, 0, 1e300, 5]}]}",                                                  "x: annotations[0]: expected \"bbox\": [x, y, width, height] with sides above 0, got "
         "something else"                                                                                         },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hg__coco c;
        hg_error err = {0};
        assert_int_equal(hg__coco_read(&c, bad[i].text, strlen(bad[i].text), "x", &err),
                         HG_ERR_DATA);
        assert_string_equal(err.message, bad[i].sentence);
        assert_null(c.image);
    }
    hg__coco c;
    hg_error err = {0};
    for (size_t size = 0; size < sizeof coco_text - 1; size++) {
        assert_int_equal(hg__coco_read(&c, coco_text, size, "x", &err), HG_ERR_DATA);
        assert_true(err.message[0]);
    }
}

static void every_piece_in_the_museum_is_refused_with_its_sentence(void **state) {
    (void)state;
    static const struct {
        const char *name, *sentence;
    } museum[] = {
        {"coco_deep.json",          ": expected JSON at most 64 deep, got text that never ends"                },
        {"coco_endless_box.json",   ": annotations[0]: expected \"bbox\": [x, y, width, height] with "
                                  "sides above 0, got something else"         },
        {"coco_id_too_big.json",    ": expected JSON, got an integer too large at byte 18"                     },
        {"coco_key_twice.json",     ": expected JSON, got a key twice at byte 42"                              },
        {"coco_nan.json",           ": expected JSON, got something else at byte 116"                          },
        {"coco_negative_side.json", ": annotations[0]: expected \"bbox\": [x, y, width, height] "
                                    "with sides above 0, got something else"},
        {"coco_page.json",          ": expected JSON, got something else at byte 1"                            },
        {"split_endless_line.csv",  ":2: expected 5 columns, got 3004"                                         },
        {"split_open_quote.csv",    ":2: expected a closing quote, got the end of the file"                    },
    };
    for (size_t i = 0; i < sizeof museum / sizeof *museum; i++) {
        char path[100];
        snprintf(path, sizeof path, "tests/museum/%s", museum[i].name);
        const bool is_json = strstr(path, ".json") != NULL;
        const hg__part_options o = {.labels = is_json ? path : NULL};
        expect_refused(is_json ? at("p") : path, &o, "%s%s", path, museum[i].sentence);
    }
}

// ---- masks --------------------------------------------------------------------------------------

static void put_grey(const char *name, int width, int height, const char *pixels) {
    char text[64];
    const int size = snprintf(text, sizeof text, "P5\n%d %d\n255\n", width, height);
    memcpy(text + size, pixels, (size_t)width * (size_t)height);
    assert_int_equal(
        hg__write_file(at(name), text, (size_t)size + (size_t)width * (size_t)height, NULL), HG_OK);
}

static void a_mask_is_zeros_and_ones_of_the_pictures_size(void **state) {
    (void)state;
    hg__raster mask;
    hg_error err = {0};
    char sentence[500];
    put_pictures("q/good/0.pgm q/bad/0.pgm q/bad/1.pgm q/masks/1.pgm");
    put_grey("q/masks/0.pgm", 3, 2, "\0\1\377\0\0\200");
    hg__part_set s = open_set(at("q"), &test);
    assert_int_equal(hg__part_mask_load(&s, 0, 2, 3, &mask, &err), HG_OK);
    const float wanted[] = {0, 1, 1, 0, 0, 1};
    assert_int_equal(mask.channels, 1);
    assert_memory_equal(mask.at, wanted, sizeof wanted);
    hg__raster_clear(&mask);
    assert_int_equal(hg__part_mask_load(&s, 0, 3, 2, &mask, &err), HG_ERR_DATA);
    snprintf(sentence, sizeof sentence,
             "%s: expected a mask of 2 x 3 pixels as bad/0.pgm has, got 3 x 2",
             at("q/masks/0.pgm"));
    assert_string_equal(err.message, sentence);
    assert_null(mask.at);
    assert_int_equal(hg__part_mask_load(&s, 2, 1, 2, &mask, &err), HG_OK); // a good one
    assert_true(mask.at[0] == 0 && mask.at[1] == 0);
    hg__raster_clear(&mask);
    hg__part_set_clear(&s);
    s = open_set(at("k"), &test);
    assert_int_equal(hg__part_mask_load(&s, 2, 2, 2, &mask, &err), HG_ERR_DATA);
    snprintf(sentence, sizeof sentence, "%s: expected a mask of its defect, there is none",
             at("k/dent/0.pgm"));
    assert_string_equal(err.message, sentence);
    hg__part_set_clear(&s);
}

// The set of one picture a.pgm with this segmentation and b.pgm with that; a's mask as dots and crosses.
static void expect_outline(const char *a, const char *b, bool has, const char *wanted) {
    enum { ROWS = 5, COLUMNS = 6 };
    char text[1000], labels[300], drawn[ROWS * COLUMNS + 1] = "";
    hg__raster mask;
    hg_error err = {0};
    snprintf(text, sizeof text,
             "{\"images\": [{\"id\": 1, \"file_name\": \"a.pgm\"}, {\"id\": 2, \"file_name\": "
             "\"b.pgm\"}], \"annotations\": [{\"image_id\": 1, \"bbox\": [0, 0, 1, 1], "
             "\"segmentation\": %s}, {\"image_id\": 2, \"bbox\": [0, 0, 1, 1], "
             "\"segmentation\": %s}]}",
             a, b);
    put_text_file("drawn.json", text);
    snprintf(labels, sizeof labels, "%s", at("drawn.json"));
    const hg__part_options o = {.purpose = HG_PARTS_TEST, .labels = labels};
    hg__part_set s = open_set(at("drawn"), &o);
    assert_int_equal(s.defects, 2);
    for (int32_t i = 0; i < 2; i++) assert_true((s.part[i].outline != NULL) == has);
    const int code = hg__part_mask_load(&s, 0, ROWS, COLUMNS, &mask, &err);
    assert_int_equal(code, has ? HG_OK : HG_ERR_DATA);
    for (int32_t i = 0; has && i < ROWS * COLUMNS; i++) drawn[i] = mask.at[i] > 0 ? 'x' : '.';
    hg__raster_clear(&mask);
    assert_string_equal(drawn, wanted);
    hg__part_set_clear(&s);
}

static void outlines_of_annotations_are_masks(void **state) {
    (void)state;
    put_pictures("drawn/a.pgm drawn/b.pgm");
    const char *square = "[[1, 1, 3, 1, 3, 4, 1, 4]]";
    expect_outline(square, square, true, ".......xx....xx....xx.........");
    expect_outline("[[0, 0, 6, 0, 0, 6]]", square, true, "xxxxx.xxxx..xxx...xx....x.....");
    // two of them, one partly outside; a corner twice
    expect_outline("[[-9, 0, 1, 0, 1, 2, -9, 2], [4, 3, 99, 3, 99, 99, 99, 99, 4, 99]]", square,
                   true, "x.....x...............xx....xx");
    expect_outline("[[0.5, 0.6, 0.7, 0.6, 0.7, 0.9]]", square, true, // between middles
                   "..............................");
    // runs, too few corners, what is no number: boxes are what all are known by
    static const char *const others[] = {"{\"counts\": [1, 2], \"size\": [5, 6]}",
                                         "[]",
                                         "[[1, 1, 3, 1]]",
                                         "[[1, 1, 3, 1, 3, 4, 1]]",
                                         "[[1, 1, 3, 1, 3, \"4\"]]",
                                         "[[1, 1, 3, 1, 3, 1e99]]",
                                         "[1, 1, 3, 1, 3, 4]",
                                         "null"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        expect_outline(others[i], square, false, "");
        expect_outline(square, others[i], false, "");
    }
}

// ---- faults: the scenario runs in a child -------------------------------------------------------

// Four layouts, a folder of templates and annotations.
static int open_as_child(const char *own) {
    static const struct {
        const char *path;
        int32_t count;
    } sets[] = {
        {"m/test",             4},
        {"split_csv/1cls.csv", 2},
        {"d",                  2},
        {"faults.txt",         2}
    };
    char target[300], labels[300];
    snprintf(folder, sizeof folder, "%s", own);
    snprintf(target, sizeof target, "%s", at("t"));
    snprintf(labels, sizeof labels, "%s", at("faults.json"));
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        const bool is_last = i == 3;
        const hg__part_options o = {.purpose = HG_PARTS_TEST,
                                    .target = is_last ? target : NULL,
                                    .labels = is_last ? labels : NULL};
        hg_error err = {0};
        hg__part_set s;
        const int code = hg__part_set_open(&s, at(sets[i].path), &o, &err);
        const int32_t count = s.count;
        hg__part_set_clear(&s);
        if (code == HG_OK && count == sets[i].count) continue;
        const bool right = code == HG_ERR_MEMORY || code == HG_ERR_IO;
        if (!right) printf("%s: %d: %s\n", sets[i].path, code, err.message);
        return right && (int)err.code == code && err.message[0] ? CHILD_FAILED_WELL
                                                                : CHILD_FAILED_BADLY;
    }
    return CHILD_WORKED;
}

static void every_failing_allocation_and_read_is_an_error(void **state) {
    (void)state;
    put_pictures("d/g/1/d_test.pgm p/a,1.pgm");
    unlink(at("d/g/1/d_test.pgm"));
    unlink(at("d/g/1/d_temp.pgm"));
    put_text_file("faults.txt", "p/a.pgm\np/b.pgm\n");
    put_text_file(
        "faults.json",
        "{\"images\": [{\"id\": 1, \"file_name\": \"a.pgm\"}, {\"id\": 2, "
        "\"file_name\": \"b.pgm\"}], \"annotations\": [{\"image_id\": 1, \"bbox\": [0, 0, "
        "1, 1], \"segmentation\": [[0, 0, 1, 0, 1, 1]]}]}");
    assert_true(count_faults(folder, "HG_FAIL_ALLOC", "") > 60);
    assert_true(count_faults(folder, "HG_FAIL_ALLOC", "+") > 60);
    assert_true(count_faults(folder, "HG_FAIL_IO", "") >= 5);
}

// ---- real sets ----------------------------------------------------------------------------------

static void expect_counts(const char *name, const hg__part_options *o, int32_t good,
                          int32_t defects, int32_t masks, int32_t boxes) {
    char path[1024];
    const char *data = getenv("HG_DATA");
    snprintf(path, sizeof path, "%s/%s", data ? data : "../shared/data", name);
    if (!hg__is_folder(path)) {
        print_message("%s: not there\n", path);
        skip();
    }
    hg__part_set s = open_set(path, o);
    int32_t with_mask = 0, all_boxes = 0;
    for (int32_t i = 0; i < s.count; i++) {
        with_mask += s.part[i].mask != NULL;
        all_boxes += s.part[i].boxes;
    }
    assert_int_equal(s.good, good);
    assert_int_equal(s.defects, defects);
    assert_int_equal(s.unlabelled, 0);
    assert_int_equal(with_mask, masks);
    assert_int_equal(all_boxes, boxes);
    hg__part_set_clear(&s);
}

static void photographs_of_bricks_are_as_their_source_says(void **state) {
    (void)state;
    expect_counts("brick-crack", &train, 250, 0, 0, 0);
    expect_counts("brick-crack", &test, 100, 350, 0, 0);
    expect_counts("brick-crack/test", &test, 100, 350, 0, 0);
}

static void photographs_of_ball_screws_are_as_their_source_says(void **state) {
    (void)state;
    expect_counts("bsdata", &train, 266, 0, 0, 0);
    expect_counts("bsdata", &test, 82, 87, 87, 0);
    expect_counts("bsdata/test", &test, 82, 87, 87, 0);
}

static void boards_are_as_their_source_says(void **state) {
    (void)state;
    expect_counts("deeppcb/PCBData", &train, 109, 0, 0, 0);
    expect_counts("deeppcb/PCBData", &test, 112, 112, 0, 713);
    expect_counts("deeppcb", &all, 221, 221, 0, 1398);
}

int main(int argc, char **argv) {
    if (argc == 3) return open_as_child(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mvtec_has_two_splits_kinds_and_masks),
        cmocka_unit_test(a_folder_within_mvtec_is_known_for_what_it_is),
        cmocka_unit_test(masks_and_pictures_need_each_other),
        cmocka_unit_test(nothing_of_a_test_split_is_trained_on),
        cmocka_unit_test(several_kinds_of_parts_are_not_one),
        cmocka_unit_test(folders_named_good_and_bad_are_labels),
        cmocka_unit_test(a_plain_folder_is_good_to_train_on_and_unknown_to_test),
        cmocka_unit_test(too_few_pictures_are_refused),
        cmocka_unit_test(links_to_files_are_followed_to_folders_not),
        cmocka_unit_test(a_list_may_have_labels_and_masks),
        cmocka_unit_test(a_split_says_what_is_for_training),
        cmocka_unit_test(bad_records_of_a_split_are_named),
        cmocka_unit_test(templates_are_found_by_name),
        cmocka_unit_test(boards_have_their_templates_and_boxes),
        cmocka_unit_test(annotations_give_boxes_and_labels),
        cmocka_unit_test(annotations_of_pictures_that_are_not_there_are_named),
        cmocka_unit_test(what_is_no_annotation_is_refused),
        cmocka_unit_test(every_piece_in_the_museum_is_refused_with_its_sentence),
        cmocka_unit_test(a_mask_is_zeros_and_ones_of_the_pictures_size),
        cmocka_unit_test(outlines_of_annotations_are_masks),
        cmocka_unit_test(every_failing_allocation_and_read_is_an_error),
        cmocka_unit_test(photographs_of_bricks_are_as_their_source_says),
        cmocka_unit_test(photographs_of_ball_screws_are_as_their_source_says),
        cmocka_unit_test(boards_are_as_their_source_says),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
