// SPDX-License-Identifier: Apache-2.0
// number_text.c - numbers as people write them, taken apart and read.
#include "csv/number_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "csv/csv_number.h"

enum { BODY = 64, MAX_DECIMALS = 15, MAX_TEXT = 128 };

// ---- characters ---------------------------------------------------------------------------------

typedef enum sort { OTHER, DIGIT, BLANK, APOSTROPHE, POINT, PLUS, MINUS, OPEN, CLOSE, WORD } sort;

typedef struct spelling {
    const char *bytes;
    sort sort;
} spelling;

// Those of more than one byte that mean something; all others are letters.
static const spelling signs[] = {
    {"\xc2\xa0",     BLANK     }, // U+00A0 no-break space
    {"\xe2\x80\x87", BLANK     }, // U+2007 figure space
    {"\xe2\x80\x89", BLANK     }, // U+2009 thin space
    {"\xe2\x80\xaf", BLANK     }, // U+202F narrow no-break space
    {"\xe2\x80\x98", APOSTROPHE}, // U+2018
    {"\xe2\x80\x99", APOSTROPHE}, // U+2019
    {"\xe2\x88\x92", MINUS     }, // U+2212 minus
    {"\xe2\x80\x92", MINUS     }, // U+2012 figure dash
    {"\xe2\x80\x93", MINUS     }, // U+2013 en dash
    {"\xef\xbc\x8d", MINUS     }, // U+FF0D full-width
};

static bool is_letter(char c) { // in every locale
    return (unsigned char)((c | 0x20) - 'a') < 26;
}

static sort look_at_byte(char c) {
    static const struct {
        char byte;
        sort sort;
    } known[] = {
        {'.',  POINT     },
        {',',  POINT     },
        {' ',  BLANK     },
        {'\t', BLANK     },
        {'\'', APOSTROPHE},
        {'+',  PLUS      },
        {'-',  MINUS     },
        {'(',  OPEN      },
        {')',  CLOSE     },
        {'%',  WORD      },
        {'$',  WORD      },
        {'/',  WORD      },
        {'^',  WORD      },
    };
    if (c >= '0' && c <= '9') return DIGIT;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (known[i].byte == c) return known[i].sort;
    }
    return is_letter(c) ? WORD : OTHER;
}

// What stands at p, before end, and its bytes.
static sort look(const char *p, const char *end, size_t *size) {
    *size = 1;
    if ((unsigned char)*p < 0x80) return look_at_byte(*p);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        const size_t n = strlen(signs[i].bytes);
        if ((size_t)(end - p) < n || memcmp(p, signs[i].bytes, n) != 0) continue;
        *size = n;
        return signs[i].sort;
    }
    return WORD; // byte by byte
}

static bool is_digit(const char *p, const char *end) {
    return p < end && *p >= '0' && *p <= '9';
}

// ---- taken apart --------------------------------------------------------------------------------

typedef struct reading {
    const char *p, *end;
    hg__number_text *n;
    bool sign, open, closed;
} reading;

static bool add_affix(char *affix, const char *bytes, size_t size) {
    const size_t length = strlen(affix);
    if (length + size >= HG_AFFIX) return false;
    memcpy(affix + length, bytes, size);
    affix[length + size] = '\0';
    return true;
}

// Where the body begins: at a digit, or at a point before one ("Rs.500": there it ends a word).
static bool is_body(const reading *r, sort s) {
    if (s == DIGIT) return true;
    return s == POINT && is_digit(r->p + 1, r->end) && !(*r->n->prefix && r->p[-1] != ' ');
}

static bool read_front(reading *r) {
    hg__number_text *n = r->n;
    size_t size;
    bool apart = false; // a blank behind the prefix
    for (; r->p < r->end; r->p += size) {
        const sort s = look(r->p, r->end, &size);
        if (is_body(r, s)) return true;
        if (s == BLANK) {
            apart = *n->prefix != '\0';
        } else if ((s == PLUS || s == MINUS) && !r->sign) {
            r->sign = true;
            n->negative = s == MINUS;
            n->plus = s == PLUS;
            n->odd = n->odd || size > 1;
        } else if (s == OPEN && !r->open && !r->sign) {
            r->open = r->sign = n->negative = n->odd = true;
        } else if ((s != WORD && s != POINT) || apart || !add_affix(n->prefix, r->p, size)) {
            return false;
        }
    }
    return false;
}

// Digits, marks between digits, a point at the very end, an exponent.
static void read_body(reading *r) {
    size_t size;
    r->n->body = r->p;
    while (r->p < r->end) {
        const sort s = look(r->p, r->end, &size);
        const bool is_mark = s == POINT || s == BLANK || s == APOSTROPHE;
        if (s != DIGIT && !(is_mark && is_digit(r->p + size, r->end))) break;
        r->p += size;
    }
    if (r->p + 1 == r->end && *r->p == '.') r->p++;
    const char *q = r->p;
    if (q < r->end && (*q | 0x20) == 'e') {
        q++;
        if (q < r->end && (*q == '-' || *q == '+')) q++;
        if (is_digit(q, r->end)) {
            while (is_digit(q, r->end)) q++;
            r->p = q;
        }
    }
    r->n->size = (size_t)(r->p - r->n->body);
}

// "12.-", as prices without decimals are written in Switzerland.
static void pass_dash(reading *r) {
    size_t size;
    if (r->end - r->p < 2 || *r->p != '.' || look(r->p + 1, r->end, &size) != MINUS) return;
    if (r->p + 1 + size != r->end) return;
    r->p = r->end;
    r->n->odd = true;
}

static bool read_back(reading *r) {
    hg__number_text *n = r->n;
    size_t size;
    bool
        apart = false,
        minus =
            false; // minus: before the suffix, where only a currency may follow: "5.00-$", not "12-JAN"
    pass_dash(r);
    for (; r->p < r->end; r->p += size) {
        const sort s = look(r->p, r->end, &size);
        if (s == BLANK) {
            n->gap = n->gap || !*n->suffix;
            apart = *n->suffix != '\0';
        } else if (s == MINUS && !r->sign) {
            r->sign = n->negative = n->odd = true;
            minus = !*n->suffix;
        } else if (s == CLOSE && r->open && !r->closed) {
            r->closed = true;
        } else {
            const bool is_word = s == WORD || (*n->suffix && (s == POINT || s == DIGIT));
            if (!is_word || apart || !add_affix(n->suffix, r->p, size)) return false;
        }
    }
    return r->open == r->closed && (!minus || !*n->suffix || hg__is_currency(n->suffix));
}

// "$ -", as spreadsheets write nothing where accounts are kept.
static bool is_dash(const reading *r) {
    hg__number_text *n = r->n;
    if (r->p < r->end || !n->negative || r->open || !hg__is_currency(n->prefix)) return false;
    n->negative = false;
    n->odd = true;
    n->body = "0";
    n->size = 1;
    return true;
}

bool hg__number_scan(const char *text, size_t size, hg__number_text *n) {
    *n = (hg__number_text){0};
    if (size == 0 || size > MAX_TEXT) return false;
    reading r = {.p = text, .end = text + size, .n = n};
    size_t first;
    if (look(r.p, r.end, &first) == APOSTROPHE) {
        r.p += first;
        n->odd = true;
    }
    if (!read_front(&r)) return is_dash(&r);
    read_body(&r);
    return read_back(&r);
}

// ---- the body -----------------------------------------------------------------------------------

// Runs of digits between marks of thousands.
typedef struct groups {
    char mark;     // 0: none yet
    int runs, run; // run: digits of the last
    bool threes;   // all but the first have three
    bool twos;     // or: all between the first and the last have two, as in India
    bool octets;   // no run is above 255
    int first, value;
} groups;

static void end_run(groups *g) {
    if (g->runs == 0) g->first = g->run;
    if (g->runs > 0) g->threes = g->threes && g->run == 3;
    g->octets = g->octets && g->value <= 255;
    g->runs++;
}

static bool are_thousands(const groups *g, const char *body) {
    if (g->runs < 2) return true;
    if (*body == '0' || g->run != 3 || g->first < 1 || g->first > 3) return false;
    if (g->mark == '.' && g->runs == 4 && g->octets) return false; // 192.168.100.200
    return g->threes || (g->mark == ',' && g->runs > 2 && g->twos && g->first <= 2);
}

static bool add_mark(groups *g, char mark) {
    if (g->run == 0 || (g->mark && g->mark != mark)) return false;
    if (g->runs > 0) g->twos = g->twos && g->run == 2;
    g->mark = mark;
    end_run(g);
    g->run = g->value = 0;
    return true;
}

static void add_digit(groups *g, char digit) {
    g->run++;
    if (g->value <= 255) g->value = g->value * 10 + (digit - '0');
}

static char mark_of(sort s, char byte) {
    if (s == BLANK) return ' ';
    return s == APOSTROPHE ? '\'' : byte;
}

// The body without marks and with "." for the point; false where it is no number so. *places: behind the point.
static bool tidy(const hg__number_text *n, char point, char plain[BODY + HG_CSV_PAD], groups *g,
                 int *places) {
    const char *p = n->body, *end = p + n->size;
    size_t used = 0, size;
    bool fraction = false;
    *g = (groups){.threes = true, .twos = true, .octets = true};
    if (n->negative) plain[used++] = '-';
    for (; p < end && (*p | 0x20) != 'e'; p += size) {
        const sort s = look(p, end, &size);
        if (used + 2 >= BODY) return false;
        if (s == DIGIT) {
            if (fraction) {
                ++*places;
            } else {
                add_digit(g, *p);
            }
            plain[used++] = *p;
        } else if (s == POINT && *p == point && !fraction) {
            fraction = true;
            plain[used++] = '.';
        } else if (fraction || !add_mark(g, mark_of(s, *p))) {
            return false;
        }
    }
    end_run(g);
    if (!are_thousands(g, n->body) || (p < end && g->mark)) return false;
    for (; p < end; p++) {
        if (used + 2 >= BODY) return false;
        plain[used++] = *p;
    }
    return true;
}

static int exponent_of(const char *plain) {
    const char *e = strpbrk(plain, "eE");
    if (!e) return 0;
    const bool negative = e[1] == '-';
    int x = 0;
    for (e += 1 + (e[1] == '-' || e[1] == '+'); *e && x < 1000; e++) x = x * 10 + (*e - '0');
    return negative ? -x : x;
}

bool hg__number_value_of(const hg__number_text *n, char point, hg__number_value *v) {
    char plain[BODY + HG_CSV_PAD] = {0};
    groups g;
    int places = 0;
    if (!tidy(n, point, plain, &g, &places)) return false;
    if (g.mark == ' ' && n->plus) return false; // a telephone's
    const char *end = hg__csv_plain_double(plain, '.', &v->x);
    if (!end || *end || !isfinite(v->x)) return false;
    places -= exponent_of(plain);
    v->decimals = places < 0 ? 0 : places > MAX_DECIMALS ? MAX_DECIMALS : places;
    v->mark = g.mark;
    v->digits = 0;
    for (const char *p = plain; *p; p++) v->digits += *p >= '0' && *p <= '9';
    return true;
}

// ---- read and written ---------------------------------------------------------------------------

bool hg__number_read(const hg__number_format *f, const char *text, size_t size,
                     hg__number_value *v) {
    hg__number_text n;
    if (!hg__number_scan(text, size, &n)) return false;
    const bool same = strcmp(n.prefix, f->prefix) == 0 && strcmp(n.suffix, f->suffix) == 0;
    const bool bare = !*n.prefix && !*n.suffix;
    if (!(same || bare) || !hg__number_value_of(&n, f->point, v)) return false;
    return same || strcmp(f->suffix, "%") != 0 || v->x == 0;
}

bool hg__number_read_sure(const char *text, size_t size, double *x) {
    hg__number_text n;
    hg__number_value a = {0}, b = {0};
    if (!hg__number_scan(text, size, &n) || *n.prefix || *n.suffix) return false;
    const bool with_point = hg__number_value_of(&n, '.', &a);
    const bool with_comma = hg__number_value_of(&n, ',', &b);
    *x = with_point ? a.x : b.x;
    return with_point != with_comma || (with_point && a.x == b.x);
}

bool hg__number_is_endless(const char *text, size_t size) {
    const char *p = text, *end = text + size;
    if (p < end && (*p == '-' || *p == '+')) p++;
    const size_t left = (size_t)(end - p);
    if (left == 3 && strncasecmp(p, "inf", 3) == 0) return true;
    if (left == 8 && strncasecmp(p, "infinity", 8) == 0) return true;
    const char *first = p;
    while (is_digit(p, end)) p++;
    bool any = p > first;
    if (p < end && (*p == '.' || *p == ',')) {
        for (p++; is_digit(p, end); p++) any = true;
    }
    if (!any) return false;
    if (p == end) return size > 300; // fewer digits are a double
    if ((*p++ | 0x20) != 'e') return false;
    if (p < end && *p == '+') p++;
    const char *exponent = p;
    while (is_digit(p, end)) p++;
    return p == end && p > exponent && (size > 300 || p - exponent >= 3);
}

// body, which may begin with a minus, between prefix and suffix.
static void join(const hg__number_format *f, const char *body, char *text, size_t size) {
    const char *sign = *body == '-' ? "-" : "";
    const bool word = is_letter(*f->suffix) || hg__is_currency(f->suffix);
    snprintf(text, size, "%s%s%s%s%s%s", sign, f->prefix, is_letter(*f->prefix) ? " " : "",
             body + (*sign != '\0'), word ? " " : "", f->suffix);
}

void hg__number_example(const hg__number_format *f, char *text, size_t size) {
    join(f, f->point == ',' ? "1.234,5" : "1,234.5", text, size);
}

void hg__number_expected(const hg__number_format *f, bool endless, char *text, size_t size) {
    char example[64];
    hg__number_example(f, example, sizeof example);
    if (endless || !f->point) {
        snprintf(text, size, "%s", endless ? "a finite number" : "a number");
    } else {
        snprintf(text, size, "a number such as %s", example);
    }
}

void hg__number_write(const hg__number_format *f, const char *plain, char *text, size_t size) {
    char body[64];
    snprintf(body, sizeof body, "%s", plain);
    char *point = f->point ? strchr(body, '.') : NULL;
    if (point) *point = f->point;
    join(f, body, text, size);
}

// ---- what is known ------------------------------------------------------------------------------

// " USD EUR "; any case where `fold`.
static bool is_listed(const char *word, const char *list, bool fold) {
    const size_t size = strlen(word);
    for (const char *p = list; size && *p;) {
        p += strspn(p, " ");
        const size_t n = strcspn(p, " ");
        if (n == size && (fold ? strncasecmp(p, word, n) : strncmp(p, word, n)) == 0) return true;
        p += n;
    }
    return false;
}

// U+20A0 .. U+20CF, the block of currency symbols.
static bool is_symbol(const char *word) {
    const unsigned char *c = (const unsigned char *)word;
    if (strlen(word) != 3 || c[0] != 0xe2) return false;
    return (c[1] == 0x82 && c[2] >= 0xa0) || (c[1] == 0x83 && c[2] <= 0x8f);
}

bool hg__is_currency(const char *word) {
    static const char codes[] =
        "USD EUR GBP JPY CNY CHF AUD CAD NZD SEK NOK DKK ISK PLN CZK HUF RON BGN HRK RSD TRY RUB "
        "UAH KZT INR PKR BDT LKR NPR IDR KRW THB VND PHP MYR SGD HKD TWD MOP ZAR EGP MAD NGN KES "
        "GHS ILS AED SAR QAR KWD BHD OMR JOD BRL MXN ARS CLP COP PEN UYU BTC ETH RMB "
        "kr kr. Kc Ft lei lv RM Rp Rs Rs. Fr. SFr. Euro Euros Dollar Dollars Yen";
    static const char symbols[] =
        "$ \xc2\xa2 \xc2\xa3 \xc2\xa4 \xc2\xa5 \xef\xbc\x84 \xef\xbf\xa5 \xef\xbf\xa1 \xe0\xb8\xbf "
        "\xd8\x8b US$ U$ A$ AU$ C$ CA$ CAD$ HK$ NZ$ S$ SG$ NT$ MX$ R$ K\xc4\x8d z\xc5\x82 "
        "\xd0\xbb\xd0\xb2 \xd1\x80\xd1\x83\xd0\xb1 \xd1\x80\xd1\x83\xd0\xb1. "
        "\xe5\x85\x83 \xe5\x86\x86 \xec\x9b\x90 EUR\xe2\x82\xac";
    return is_symbol(word) || is_listed(word, codes, true) || is_listed(word, symbols, false);
}

bool hg__is_unit(const char *word, bool gap) {
    static const char units[] =
        "% \xe2\x80\xb0 \xc2\xb0 \xc2\xb0"
        "C \xc2\xb0"
        "F \xe2\x84\x83 \xe2\x84\x89 degC degF deg C F K "
        "ng ug \xc2\xb5g \xce\xbcg mg g kg t lb lbs oz st "
        "nm um \xc2\xb5m \xce\xbcm mm cm dm m km mi mile miles in inch ft yd "
        "mm2 cm2 m2 km2 ha sqm sqft mm\xc2\xb2 cm\xc2\xb2 m\xc2\xb2 km\xc2\xb2 cm3 m3 cm\xc2\xb3 "
        "m\xc2\xb3 "
        "ul \xc2\xb5l ml mL cl dl dL l L gal "
        "ns us \xc2\xb5s \xce\xbcs ms s sec secs second seconds min mins minute minutes h hr hrs "
        "hour hours "
        "d day days week weeks month months yr yrs year years "
        "m/s km/h kmh kph mph kn kt m/s2 m/s\xc2\xb2 rpm rad rad/s deg/s "
        "uV \xc2\xb5V mV V kV uA \xc2\xb5"
        "A mA A mW W kW MW GW Wh kWh MWh GWh VA kVA mAh Ah J kJ MJ cal kcal "
        "ohm Ohm \xce\xa9 \xe2\x84\xa6 k\xce\xa9 F uF nF pF N kN Nm N/m Pa hPa kPa MPa GPa bar "
        "mbar psi atm mmHg "
        "Hz kHz MHz GHz dB dBm dBA lx lm cd T mT "
        "B kB KB MB GB TB PB KiB MiB GiB TiB byte bytes bit bits b/s kb/s kbps Mbps Gbps Mbit/s "
        "Gbit/s "
        "kbit/s B/s kB/s MB/s MiB/s GB/s "
        "ppm ppb ppt mol mmol mmol/L mg/L ug/L \xc2\xb5g/L g/L mg/dL g/dL U/L IU/L mg/kg g/m3 "
        "g/m\xc2\xb3 "
        "ug/m3 \xc2\xb5g/m3 \xc2\xb5g/m\xc2\xb3 kg/m3 kg/m\xc2\xb3 m3/h m\xc2\xb3/h l/h L/h l/min "
        "L/min "
        "km/l mpg bpm x px pt pcs pc Stk St";
    const bool capital = strlen(word) == 1 && *word >= 'A' && *word <= 'Z';
    return hg__is_currency(word) || (is_listed(word, units, false) && (gap || !capital));
}
