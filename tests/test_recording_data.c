// SPDX-License-Identifier: Apache-2.0
// test_recording_data.c - public recordings as they are: pumps, traffic, gait, bearings, machines, series of instances.
#include "recording_case.h"

typedef struct expected {
    const char *path; // below the data
    const char *label, *ignore, *normal;
    const char *format;
    int32_t channels;
    double rate, step;
    int64_t rows, made, begins, labels;
    const char *note;
} expected;

static const expected cases[] = {
  // 1 Hz with seconds left out.
    {"skab/data/other/1.csv",                                               "anomaly", "changepoint", "",         "csv",  8, 0,     1,           745,    36,  1,  188,
     "time column 'datetime'; a step every 1 s; 36 gaps (the longest 2 s)"                                                                                                                      },
    {"skab/data/anomaly-free/anomaly-free.csv",                             "",        "",            "",         "csv",  8, 0,     1,           9405,   556, 1,  0,
     "time column 'datetime'; a step every 1 s; 556 gaps (the longest 2 s)"                                                                                                                     },
    {"skab/data/valve1",                                                    "anomaly", "changepoint", "",         "csv",  8, 0,     1,           18160,  855, 19, 6309,
     "time column 'datetime'; a step every 1 s; 858 gaps (the longest 76 s)"                                                                                                                    },
    {"nab/data/realKnownCause/machine_temperature_system_failure.csv",      "",        "",            "",         "csv",  1, 0,     300,
     22683,                                                                                                                                              0,   1,  0,
     "time column 'timestamp'; a step every 5 min; 1 row comes twice; 11 rows "
     "are "
     "late"                                                                                                                                                                                     },
    {"nab/data/realKnownCause/nyc_taxi.csv",                                "",        "",            "",         "csv",  1, 0,     1800,        10320,  0,   1,  0,
     "time column 'timestamp'; a step every 30 min"                                                                                                                                             },
    {"nab/data/realTraffic/TravelTime_451.csv",                             "",        "",            "",         "csv",  1, 0,     600,         2162,   0,   73, 0,
     "time column 'timestamp'; a step every 10 min; irregular sampling (resample= averages over "
     "steps "
     "of one length); 72 gaps (the longest 1.13 d)"                                                                                                                                             },
    {"tsb-ad-daphnet/018_Daphnet_id_1_HumanActivity_tr_9693_1st_20732.csv", "Label",   "",            "",         "csv",
     9,                                                                                                                      0,     0,           38774,  0,   1,  2306, ""                      },
    {"uestc-bearing/N_1000_1.mat",                                          "",        "",            "",         "mat",  1, 20000, 1.0 / 20000, 262144, 0,   1,  0,
     "array 'Data', by far the largest (table= names another); 20000 samples a second"                                                                                                          },
    {"uestc-bearing/O_1000_5.mat",                                          "",        "",            "",         "mat",  1, 20000, 1.0 / 20000, 139264, 0,   1,  0,
     "array 'Data', by far the largest (table= names another); 20000 samples a second"                                                                                                          },
    {"dcase-wav/test/anomaly/anomaly_id_00_00000000.wav",                   "",        "",            "",         "wav",  1, 16000, 1.0 / 16000,
     160000,                                                                                                                                             0,   1,  0,    "16000 samples a second"},
    {"dcase-wav/test/normal",                                               "",        "",            "",         "wav",  1, 16000, 1.0 / 16000, 640000, 0,   4,  0,
     "16000 samples a second"                                                                                                                                                                   },
    {"aeon-ucr/BasicMotions/BasicMotions_TRAIN.ts",                         "class",   "",            "Standing", "ts",   6, 0,     0,           4000,   0,
     40,                                                                                                                                                          3000, ""                      },
    {"aeon-ucr/BasicMotions/BasicMotions_TRAIN.arff",                       "class",   "",            "Standing", "arff", 6, 0,     0,
     4000,                                                                                                                                               0,   40, 3000, ""                      },
    {"aeon-ucr/GunPoint/GunPoint_TRAIN.arff",                               "class",   "",            "1",        "arff", 1, 0,     0,           7500,   0,   50, 3900,
     ""                                                                                                                                                                                         },
};

static void count(hg__recording *r, const expected *e) {
    hg_error err = {0};
    hg__steps s;
    int64_t rows = 0, made = 0, begins = 0, labels = 0;
    int code;
    while ((code = hg__recording_next(r, &s, &err)) == 1) {
        for (int32_t i = 0; i < s.count; i++) {
            rows += s.row[i] >= 0;
            made += s.row[i] < 0;
            begins += s.begins[i];
            labels += s.label ? s.label[i] : 0;
        }
    }
    assert_int_equal(code, 0);
    assert_int_equal(rows, e->rows);
    assert_int_equal(made, e->made);
    assert_int_equal(begins, e->begins);
    assert_int_equal(labels, e->labels);
}

static void recordings_are_read_as_they_are(void **state) {
    (void)state;
    const char *data = getenv("HG_DATA");
    int32_t met = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const expected *e = &cases[i];
        const hg__recording_options o = {
            .label = e->label, .ignore = e->ignore, .normal = e->normal};
        char path[512];
        hg_error err = {0};
        snprintf(path, sizeof path, "%s/%s", data ? data : "../shared/data", e->path);
        if (access(path, R_OK) != 0) continue;
        hg__recording *r = hg__recording_open(path, &o, &err);
        if (!r && err.code == HG_ERR_MISSING) continue; // no libsndfile
        if (!r) fail_msg("%s", err.message);
        if (!r) continue;
        assert_string_equal(r->format, e->format);
        assert_int_equal(r->channels, e->channels);
        assert_true(r->rate == e->rate);
        assert_true(fabs(r->step - e->step) < 1e-12);
        count(r, e);
        assert_string_equal(r->note, e->note);
        hg__recording_close(r);
        met++;
    }
    if (!met) skip();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recordings_are_read_as_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
