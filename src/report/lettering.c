// SPDX-License-Identifier: Apache-2.0
// lettering.c - the letters as strokes on a small grid, and how they are drawn.
//
//      0 1 2 3 4      Each point is two digits, x and y; a stroke is a run of points, strokes are parted by blanks.
//   0  . . * . .      'A' is "06 20 46" in one stroke, "062046", and its bar "1434". Capitals stand between the
//   1  . . . . .      lines 0 and 6, small letters begin at 2, tails end at 8. A point alone, such as a dot, is
//   ...               written twice.
//   6  * . . . *
#include <math.h>
#include <string.h>

#include "report/canvas.h"

typedef struct glyph {
    float width; // in units of the grid, from 0 to the rightmost point
    const char *strokes;
} glyph;

// From ' ' to '~'.
static const glyph glyphs[] = {
    {2, ""                                   }, // blank
    {0, "0004 0606"                          }, // !
    {2, "0002 2022"                          }, // "
    {4, "1016 3036 0242 0444"                }, // #
    {4, "413010010213334445361605 2026"      }, // $
    {4, "4006 0010110100 3545463635"         }, // %
    {4, "4612112031320405162644"             }, // &
    {0, "0002"                               }, // '
    {1, "10010516"                           }, // (
    {1, "00111506"                           }, // )
    {4, "2125 0244 4204"                     }, // *
    {4, "2125 0343"                          }, // +
    {1, "151607"                             }, // ,
    {3, "0333"                               }, // -
    {0, "0606"                               }, // .
    {3, "0630"                               }, // /
    {4, "103041453616050110"                 }, // 0
    {2, "011016 0626"                        }, // 1
    {4, "01103041420646"                     }, // 2
    {4, "0110304142334445361605 1333"        }, // 3
    {4, "36300444"                           }, // 4
    {4, "4000023243453606"                   }, // 5
    {4, "413010010516364544331304"           }, // 6
    {4, "004016"                             }, // 7
    {4, "103041423313020110 1304051636454433"}, // 8
    {4, "051636454130100102133342"           }, // 9
    {0, "0303 0606"                          }, // :
    {1, "1313 151607"                        }, // ;
    {3, "310335"                             }, // <
    {4, "0242 0444"                          }, // =
    {3, "013305"                             }, // >
    {3, "01102031321314 1616"                }, // ?
    {4, "32221213142534 32344442301001051636"}, // @
    {4, "062046 1434"                        }, // A
    {4, "003041423303 334445360600"          }, // B
    {4, "4130100105163645"                   }, // C
    {4, "00204244260600"                     }, // D
    {4, "40000646 0333"                      }, // E
    {4, "400006 0333"                        }, // F
    {4, "41301001051636454323"               }, // G
    {4, "0006 4046 0343"                     }, // H
    {0, "0006"                               }, // I
    {3, "3035261605"                         }, // J
    {4, "0006 400346"                        }, // K
    {3, "000636"                             }, // L
    {4, "0600234046"                         }, // M
    {4, "06004640"                           }, // N
    {4, "103041453616050110"                 }, // O
    {4, "06003041423303"                     }, // P
    {4, "103041453616050110 3446"            }, // Q
    {4, "06003041423303 2346"                }, // R
    {4, "413010010213334445361605"           }, // S
    {4, "0040 2026"                          }, // T
    {4, "000516364540"                       }, // U
    {4, "002640"                             }, // V
    {4, "0016223640"                         }, // W
    {4, "0046 4006"                          }, // X
    {4, "002340 2326"                        }, // Y
    {4, "00400646"                           }, // Z
    {1, "10000717"                           }, // [
    {3, "0036"                               }, // backslash
    {1, "00101707"                           }, // ]
    {4, "022042"                             }, // ^
    {4, "0747"                               }, // _
    {1, "0011"                               }, // `
    {3, "3236 3322120305162635"              }, // a
    {3, "0006 0312223335261605"              }, // b
    {3, "3322120305162635"                   }, // c
    {3, "3036 3322120305162635"              }, // d
    {3, "04343322120305162635"               }, // e
    {2, "201116 0222"                        }, // f
    {3, "3237281807 3322120305162635"        }, // g
    {3, "0006 0312223336"                    }, // h
    {0, "0206 0000"                          }, // i
    {1, "121708 1010"                        }, // j
    {3, "0006 3204 1336"                     }, // k
    {1, "000516"                             }, // l
    {4, "0206 03122326 23324346"             }, // m
    {3, "0206 0312223336"                    }, // n
    {3, "122233352616050312"                 }, // o
    {3, "0208 0312223335261605"              }, // p
    {3, "3238 3322120305162635"              }, // q
    {2, "0206 031222"                        }, // r
    {3, "3212031424352606"                   }, // s
    {2, "101526 0222"                        }, // t
    {3, "0205162635 3236"                    }, // u
    {4, "022642"                             }, // v
    {4, "0216233642"                         }, // w
    {3, "0236 3206"                          }, // x
    {3, "0205162635 32372808"                }, // y
    {3, "02320636"                           }, // z
    {2, "20111203141627"                     }, // {
    {0, "0007"                               }, // |
    {2, "00111223141607"                     }, // }
    {3, "04132433"                           }, // ~
};

static const float units_high = 6, letter_gap = 1.7F;

// The next character of UTF-8, and *text moved behind it.
static const glyph *next_glyph(const char **text) {
    const unsigned char first = (unsigned char)*(*text)++;
    if (first >= 0xC0) { // the bytes that go on
        while (((unsigned char)**text & 0xC0) == 0x80) (*text)++;
    }
    return &glyphs[(first >= ' ' && first <= '~' ? first : '?') - ' '];
}

float hg__text_width(const char *text, float size) {
    float units = 0;
    while (*text) units += next_glyph(&text)->width + letter_gap;
    return units > 0 ? (units - letter_gap) * size / units_high : 0;
}

static void draw_glyph(hg__canvas *c, const glyph *g, float x, float y, float unit,
                       hg__colour colour) {
    const float thick = fmaxf(unit * 0.75F, 1);
    const char *p = g->strokes;
    while (*p) {
        for (; p[2] && p[2] != ' '; p += 2) {
            hg__canvas_line(c, x + (float)(p[0] - '0') * unit, y + (float)(p[1] - '0') * unit,
                            x + (float)(p[2] - '0') * unit, y + (float)(p[3] - '0') * unit, thick,
                            colour);
        }
        p += p[2] ? 3 : 2;
    }
}

void hg__canvas_write(hg__canvas *c, float x, float y, float size, hg__align align,
                      hg__colour colour, const char *text) {
    const float unit = size / units_high;
    if (align != HG_LEFT) {
        x -= hg__text_width(text, size) / (align == HG_CENTRE ? 2 : 1);
    }
    while (*text) {
        const glyph *g = next_glyph(&text);
        draw_glyph(c, g, x, y - size / 2, unit, colour);
        x += (g->width + letter_gap) * unit;
    }
}
