// SPDX-License-Identifier: Apache-2.0
// magic.c - what a file is by its first bytes, and what one of data may ask for.
//
// Rows are asked in order, the more particular before the more general. Where a magic number is letters that a text
// could begin with, the row asks for more: bytes that are no text, or a second look.
#include <stdio.h>
#include <string.h>

#include "base/file.h"

enum { MOST_LOOKED = 4096, TEXT_LOOKED = 512 };

typedef struct bytes {
    const uint8_t *at;
    size_t size;
} bytes;

static bool has(bytes b, size_t at, const char *magic, size_t size) {
    return at <= b.size && size <= b.size - at && memcmp(b.at + at, magic, size) == 0;
}

#define HAS(b, at, magic) has(b, at, magic, sizeof(magic) - 1)

static bool is_among(uint8_t byte, const char *set, size_t size) {
    return memchr(set, byte, size) != NULL;
}

#define AMONG(byte, set) is_among(byte, set, sizeof(set) - 1)

// Somewhere behind its beginning.
static bool holds(bytes b, const char *words) {
    return b.size > 0 && memmem(b.at, b.size, words, strlen(words)) != NULL;
}

static uint32_t little(bytes b, size_t at, size_t width) {
    uint32_t v = 0;
    for (size_t i = width; i-- > 0;) v = v << 8 | (at + i < b.size ? b.at[at + i] : 0U);
    return v;
}

bool hg__magic_is_text(const uint8_t *head, size_t size) {
    for (size_t i = 0; i < size && i < TEXT_LOOKED; i++) {
        if (head[i] == 0 || (head[i] < ' ' && !strchr("\t\r\n\f\v\b\033", head[i]))) return false;
    }
    return true;
}

// ---- second looks -------------------------------------------------------------------------------

static bool is_binary(bytes b) {
    return !hg__magic_is_text(b.at, b.size);
}

static bool is_bmp(bytes b) { // the size of the second header
    static const uint8_t sizes[] = {12, 16, 40, 52, 56, 64, 108, 124};
    return b.size >= 18 && memchr(sizes, (int)b.at[14], sizeof sizes) && little(b, 15, 3) == 0;
}

static bool is_icon(bytes b) { // at least one, few; the first one's reserved byte
    return b.size >= 22 && little(b, 4, 2) - 1 < 256 && b.at[9] == 0;
}

static bool is_pcx(bytes b) { // version, run lengths, bits
    return b.size >= 128 && b.at[1] <= 5 && b.at[1] != 1 && b.at[2] <= 1 &&
           AMONG(b.at[3], "\1\2\4\10") && b.at[64] == 0;
}

// No magic number at all: a header that makes sense throughout.
static bool is_tga(bytes b) {
    if (b.size < 18 || b.at[1] > 1 || !AMONG(b.at[2], "\1\2\3\11\12\13")) return false;
    const bool mapped = b.at[2] % 8 == 1;
    if (b.at[1] != mapped || (!mapped && little(b, 3, 4) != 0)) return false;
    return little(b, 12, 2) && little(b, 14, 2) && AMONG(b.at[16], "\10\17\20\30\40") &&
           (b.at[17] & 0xC0) == 0;
}

static bool is_nifti(bytes b) {
    return HAS(b, 344, "n+1\0") || HAS(b, 344, "ni1\0") || HAS(b, 4, "n+2\0") || HAS(b, 4, "ni2\0");
}

static bool is_pam(bytes b) {
    return holds(b, "\nWIDTH ") && holds(b, "\nHEIGHT ");
}

static bool is_svg(bytes b) {
    return holds(b, "<svg");
}

static bool is_avif(bytes b) { // the brands after the first
    return holds((bytes){b.at, b.size < 64 ? b.size : 64}, "avif");
}

static bool is_webm(bytes b) {
    return holds((bytes){b.at, b.size < 64 ? b.size : 64}, "webm");
}

static bool is_transport_stream(bytes b) {
    return HAS(b, 188, "G") && HAS(b, 376, "G") && is_binary(b);
}

static bool is_jpeg_ls(bytes b) { // SOF55 before any other frame
    size_t at = 2;
    while (at + 4 <= b.size && b.at[at] == 0xFF && b.at[at + 1] != 0xC0 && b.at[at + 1] != 0xDA) {
        if (b.at[at + 1] == 0xF7) return true;
        at += 2 + ((size_t)b.at[at + 2] << 8 | b.at[at + 3]);
    }
    return false;
}

static bool is_office(bytes b) {
    return holds(b, "[Content_Types].xml") || holds(b, "docProps/") || holds(b, "_rels/.rels");
}

static bool is_excel(bytes b) {
    return is_office(b) && holds(b, "xl/");
}

static bool is_binary_excel(bytes b) {
    return holds(b, "xl/workbook.bin");
}

static bool is_word(bytes b) {
    return is_office(b) && holds(b, "word/");
}

static bool is_slides(bytes b) {
    return is_office(b) && holds(b, "ppt/");
}

static bool is_spreadsheet(bytes b) {
    return holds(b, "opendocument.spreadsheet");
}

static bool is_open_document(bytes b) {
    return holds(b, "opendocument.");
}

static bool is_numpy_archive(bytes b) {
    return holds((bytes){b.at, b.size < 512 ? b.size : 512}, ".npy");
}

static bool is_pytorch(bytes b) {
    return holds(b, "data.pkl");
}

static bool is_pickle(bytes b) { // protocols 2 to 5
    return b.size > 2 && b.at[1] >= 2 && b.at[1] <= 5 && b.at[2] != 0;
}

static bool is_bzip2(bytes b) {
    return b.size >= 10 && b.at[3] >= '1' && b.at[3] <= '9' &&
           (HAS(b, 4, "1AY&SY") || HAS(b, 4, "\x17\x72\x45\x38\x50\x90"));
}

static bool is_arrow_stream(bytes b) { // the length of the schema's message
    return b.size > 8 && little(b, 4, 4) - 8 < (1U << 24) && b.at[4] % 8 == 0;
}

static bool is_netcdf(bytes b) {
    return b.size > 3 && AMONG(b.at[3], "\1\2\5");
}

static bool is_stata(bytes b) {
    return b.size > 4 && (b.at[1] == 1 || b.at[1] == 2) && b.at[2] == 1 && b.at[3] == 0;
}

// ---- the table ----------------------------------------------------------------------------------

#define PICTURE "convert it to PNG or TIFF first"
#define RAW     "develop it to TIFF first"
#define VIDEO                                                                  \
 "give it as \"ffmpeg -v error -i FILE -f yuv4mpegpipe - | hourglass denoise " \
 "source=- out=clean.y4m\""
#define UNPACK "unpack it first"
#define TABLE  "save it as CSV first"
#define PYTHON "save it as .npy or CSV first"
#define EXPORT "export it as CSV first"

typedef struct row {
    size_t at;
    const char *magic;
    size_t size;
    const char *name;
    const char *advice;     // or NULL
    bool (*is_it)(bytes b); // or NULL: the magic number is enough
} row;

#define ROW(at, magic, name, advice, is_it) \
 { at, magic, sizeof(magic) - 1, name, advice, is_it }

// clang-format off
static const row rows[] = {
    // images
    ROW(0, "\x89PNG\r\n\x1a\n",                "a PNG image",                       NULL,    NULL),
    ROW(0, "\x89PNG",                          "a damaged PNG image",               NULL,    NULL),
    ROW(0, "\xff\xd8",                         "a JPEG-LS file",                    PICTURE, is_jpeg_ls),
    ROW(0, "\xff\xd8\xff",                     "a JPEG image",                      NULL,    NULL),
    ROW(0, "II*\0\x10\0\0\0CR",                "a camera's raw file (CR2)",            RAW,     NULL),
    ROW(0, "II*\0",                            "a TIFF image",                      NULL,    NULL),
    ROW(0, "MM\0*",                            "a TIFF image",                      NULL,    NULL),
    ROW(0, "II+\0",                            "a BigTIFF image",                   NULL,    NULL),
    ROW(0, "MM\0+",                            "a BigTIFF image",                   NULL,    NULL),
    ROW(8, "WEBPVP8",                          "a WebP image",                      NULL,    NULL),
    ROW(128, "DICM",                           "a DICOM file",                      NULL,    NULL),
    ROW(0, "GIF8",                             "a GIF file",                        PICTURE, NULL),
    ROW(0, "BM",                               "a BMP file",                        PICTURE, is_bmp),
    ROW(4, "jP  \r\n\x87\n",                   "a JPEG 2000 file",                  PICTURE, NULL),
    ROW(0, "\xff\x4f\xff\x51",                 "a JPEG 2000 file",                  PICTURE, NULL),
    ROW(4, "JXL \r\n\x87\n",                   "a JPEG XL file",                    PICTURE, NULL),
    ROW(0, "\xff\x0a",                         "a JPEG XL file",                    PICTURE, is_binary),
    ROW(0, "II\xbc",                           "a JPEG XR file",                    PICTURE, NULL),
    ROW(4, "ftypavif",                         "an AVIF file",                      PICTURE, NULL),
    ROW(4, "ftypavis",                         "an AVIF file",                      PICTURE, NULL),
    ROW(4, "ftypmif1",                         "an AVIF file",                      PICTURE, is_avif),
    ROW(4, "ftypmsf1",                         "an AVIF file",                      PICTURE, is_avif),
    ROW(4, "ftyphei",                          "a HEIC file",                       PICTURE, NULL),
    ROW(4, "ftyphev",                          "a HEIC file",                       PICTURE, NULL),
    ROW(4, "ftypmif1",                         "a HEIC file",                       PICTURE, NULL),
    ROW(4, "ftypmsf1",                         "a HEIC file",                       PICTURE, NULL),
    ROW(0, "8BPS",                             "a Photoshop file (PSD)",            PICTURE, is_binary),
    ROW(0, "gimp xcf",                         "a GIMP file (XCF)",                 PICTURE, NULL),
    ROW(0, "\x76\x2f\x31\x01",                 "an OpenEXR file",                   PICTURE, NULL),
    ROW(0, "#?RADIANCE",                       "a Radiance HDR file",               PICTURE, NULL),
    ROW(0, "#?RGBE",                           "a Radiance HDR file",               PICTURE, NULL),
    ROW(0, "P7\n",                             "a PAM file (P7)",                   PICTURE, is_pam),
    ROW(0, "PF\n",                             "a PFM file",                        PICTURE, is_binary),
    ROW(0, "Pf\n",                             "a PFM file",                        PICTURE, is_binary),
    ROW(0, "qoif",                             "a QOI file",                        PICTURE, is_binary),
    ROW(0, "\0\0\1\0",                         "an icon (ICO)",                     PICTURE, is_icon),
    ROW(0, "\0\0\2\0",                         "a cursor (CUR)",                    PICTURE, is_icon),
    ROW(0, "icns",                             "an icon (ICNS)",                    PICTURE, is_binary),
    ROW(0, "\x0a",                             "a PCX file",                        PICTURE, is_pcx),
    ROW(0, "DDS ",                             "a DDS texture",                     PICTURE, is_binary),
    ROW(0, "\xabKTX ",                         "a KTX texture",                     PICTURE, NULL),
    ROW(0, "\x59\xa6\x6a\x95",                 "a Sun raster file",                 PICTURE, NULL),
    ROW(0, "\x01\xda\0",                       "an SGI image",                      PICTURE, NULL),
    ROW(0, "\x01\xda\1",                       "an SGI image",                      PICTURE, NULL),
    ROW(0, "\x8aMNG",                          "an MNG file",                       PICTURE, NULL),
    ROW(0, "FLIF",                             "a FLIF file",                       PICTURE, is_binary),
    ROW(0, "BPG\xfb",                          "a BPG file",                        PICTURE, NULL),
    ROW(0, "AT&TFORM",                         "a DjVu file",                       PICTURE, NULL),
    ROW(0, "/* XPM */",                        "an XPM file",                       PICTURE, NULL),
    ROW(40, " EMF",                            "an EMF drawing",                    PICTURE, is_binary),
    ROW(0, "\xd7\xcd\xc6\x9a",                 "a WMF drawing",                     PICTURE, NULL),
    ROW(0, "<svg",                             "an SVG drawing",                    PICTURE, NULL),
    ROW(0, "<?xml",                            "an SVG drawing",                    PICTURE, is_svg),
    ROW(0, "<!--",                             "an SVG drawing",                    PICTURE, is_svg),
    ROW(0, "<!DOCTYPE svg",                    "an SVG drawing",                    PICTURE, NULL),
    ROW(0, "\xc5\xd0\xd3\xc6",                 "an EPS drawing",                    PICTURE, NULL),
    ROW(0, "%!PS",                             "a PostScript or EPS file",          PICTURE, NULL),
    ROW(0, "%PDF",                             "a PDF",                             PICTURE, NULL),
    // cameras
    ROW(4, "ftypcrx",                          "a camera's raw file (CR3)",            RAW,     NULL),
    ROW(0, "II\x1a\0\0\0HEAPCCDR",             "a camera's raw file (CRW)",            RAW,     NULL),
    ROW(0, "FUJIFILMCCD-RAW",                  "a camera's raw file (RAF)",         RAW,     NULL),
    ROW(0, "IIRO",                             "a camera's raw file (ORF)",         RAW,     is_binary),
    ROW(0, "IIRS",                             "a camera's raw file (ORF)",         RAW,     is_binary),
    ROW(0, "MMOR",                             "a camera's raw file (ORF)",         RAW,     is_binary),
    ROW(0, "IIU\0",                            "a camera's raw file (RW2)",        RAW,     NULL),
    ROW(0, "\0MRM",                            "a camera's raw file (MRW)",          RAW,     NULL),
    ROW(0, "FOVb",                             "a camera's raw file (X3F)",            RAW,     is_binary),
    // science
    ROW(0, "SIMPLE  =",                        "a FITS file",                       PICTURE, NULL),
    ROW(0, "",                                 "a NIfTI file",                      PICTURE, is_nifti),
    ROW(0, "NRRD000",                          "an NRRD file",                      PICTURE, NULL),
    ROW(0, "ObjectType = Image",               "a MetaImage file",                  PICTURE, NULL),
    ROW(0, "ZISRAWFILE",                       "a Zeiss CZI file",                  PICTURE, NULL),
    ROW(0, "\xda\xce\xbe\x0a",                 "a Nikon ND2 file",                  PICTURE, NULL),
    ROW(208, "MAP ",                           "an MRC map",                        PICTURE, is_binary),
    ROW(0, "GRIB",                             "a GRIB file",                       NULL,    is_binary),
    ROW(0, "CDF",                              "a NetCDF file",                     EXPORT,  is_netcdf),
    ROW(0, "\x89HDF\r\n\x1a\n",                "an HDF5 file",                      PYTHON,  NULL),
    ROW(0, "\x89HDF",                          "an HDF5 file",                      PYTHON,  NULL),
    ROW(0, "\x0e\x03\x13\x01",                 "an HDF4 file",                      EXPORT,  NULL),
    ROW(0, "LASF",                             "a LAS point cloud",                 NULL,    is_binary),
    // video and sound
    ROW(0, "YUV4MPEG2 ",                       "a Y4M video",                       NULL,    NULL),
    ROW(4, "ftypqt",                           "a QuickTime video (MOV)",           VIDEO,   NULL),
    ROW(4, "ftypM4A",                          "a sound file (M4A)",                NULL,    NULL),
    ROW(4, "ftyp",                             "an MP4 video",                      VIDEO,   is_binary),
    ROW(4, "moov",                             "a QuickTime video (MOV)",           VIDEO,   is_binary),
    ROW(4, "mdat",                             "a QuickTime video (MOV)",           VIDEO,   is_binary),
    ROW(8, "AVI LIST",                         "an AVI video",                      VIDEO,   NULL),
    ROW(0, "\x1a\x45\xdf\xa3",                 "a WebM video",                      VIDEO,   is_webm),
    ROW(0, "\x1a\x45\xdf\xa3",                 "a Matroska video (MKV)",            VIDEO,   NULL),
    ROW(0, "\x30\x26\xb2\x75\x8e\x66\xcf\x11", "a Windows Media file",              VIDEO,   NULL),
    ROW(0, "FLV\1",                            "a Flash video",                     VIDEO,   NULL),
    ROW(0, "\0\0\1\xba",                       "an MPEG video",                     VIDEO,   NULL),
    ROW(0, "\0\0\1\xb3",                       "an MPEG video",                     VIDEO,   NULL),
    ROW(0, "G",                                "an MPEG video (TS)",                VIDEO,   is_transport_stream),
    ROW(0, "OggS",                             "an Ogg file",                       VIDEO,   is_binary),
    ROW(8, "WAVEfmt ",                         "a WAV sound",                       NULL,    NULL),
    ROW(0, "fLaC",                             "a FLAC sound",                      NULL,    is_binary),
    ROW(0, "ID3",                              "an MP3 sound",                      NULL,    is_binary),
    // archives
    ROW(0, "PK\3\4",                           "a binary Excel workbook (.xlsb)",   TABLE,   is_binary_excel),
    ROW(0, "PK\3\4",                           "an Excel workbook (.xlsx)",         TABLE,   is_excel),
    ROW(0, "PK\3\4",                           "a Word document",                   NULL,    is_word),
    ROW(0, "PK\3\4",                           "a presentation",                    NULL,    is_slides),
    ROW(0, "PK\3\4",                           "an OpenDocument spreadsheet (.ods)", TABLE,  is_spreadsheet),
    ROW(0, "PK\3\4",                           "an OpenDocument file",              NULL,    is_open_document),
    ROW(0, "PK\3\4",                           "an Excel workbook or like (.xlsx)", TABLE,   is_office),
    ROW(0, "PK\3\4",                           "a NumPy archive (.npz)",            NULL,    is_numpy_archive),
    ROW(0, "PK\3\4",                           "a PyTorch file",                    PYTHON,  is_pytorch),
    ROW(0, "PK\3\4",                           "a zip archive",                     UNPACK,  NULL),
    ROW(0, "PK\5\6",                           "an empty zip archive",              NULL,    NULL),
    ROW(0, "\x1f\x8b",                         "a gzip file",                       UNPACK,  NULL),
    ROW(0, "BZh",                              "a bzip2 file",                      UNPACK,  is_bzip2),
    ROW(0, "\xfd" "7zXZ\0",                    "an xz file",                        UNPACK,  NULL),
    ROW(0, "\x28\xb5\x2f\xfd",                 "a Zstandard file",                  UNPACK,  NULL),
    ROW(0, "\x04\x22\x4d\x18",                 "an LZ4 file",                       UNPACK,  NULL),
    ROW(0, "LZIP\1",                           "an lzip file",                      UNPACK,  NULL),
    ROW(0, "\x1f\x9d",                         "a compress file (.Z)",              UNPACK,  NULL),
    ROW(0, "7z\xbc\xaf\x27\x1c",               "a 7z archive",                      UNPACK,  NULL),
    ROW(0, "Rar!\x1a\x07",                     "a RAR archive",                     UNPACK,  NULL),
    ROW(257, "ustar",                          "a tar archive",                     UNPACK,  NULL),
    // tables and objects
    ROW(0, "PAR1",                             "a Parquet file",                    TABLE,   is_binary),
    ROW(0, "PARE",                             "an encrypted Parquet file",         TABLE,   is_binary),
    ROW(0, "ARROW1",                           "an Arrow file (Feather)",           TABLE,   is_binary),
    ROW(0, "FEA1",                             "an Arrow file (Feather)",           TABLE,   is_binary),
    ROW(0, "\xff\xff\xff\xff",                 "an Arrow stream",                   TABLE,   is_arrow_stream),
    ROW(0, "ORC",                              "an ORC file",                       TABLE,   is_binary),
    ROW(0, "Obj\1",                            "an Avro file",                      TABLE,   NULL),
    ROW(0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel or Office file (.xls)", TABLE,  NULL),
    ROW(0, "SQLite format 3",                  "an SQLite database",                NULL,    NULL),
    ROW(8, "DUCK",                             "a DuckDB database",                 EXPORT,  is_binary),
    ROW(4, "Standard Jet DB",                  "an Access database",                EXPORT,  NULL),
    ROW(4, "Standard ACE DB",                  "an Access database",                EXPORT,  NULL),
    ROW(0, "\x93NUMPY",                        "a NumPy array",                     NULL,    NULL),
    ROW(0, "MATLAB 5",                         "a MATLAB file",                     NULL,    NULL),
    ROW(0, "\x80",                             "a Python pickle",                   PYTHON,  is_pickle),
    ROW(0, "RDX2\n",                           "an R data file",                    EXPORT,  NULL),
    ROW(0, "RDX3\n",                           "an R data file",                    EXPORT,  NULL),
    ROW(0, "X\n\0\0\0",                        "an R object (RDS)",                 EXPORT,  NULL),
    ROW(0, "$FL2",                             "an SPSS file",                      EXPORT,  is_binary),
    ROW(0, "$FL3",                             "an SPSS file",                      EXPORT,  is_binary),
    ROW(0, "HEADER RECORD*******LIB",          "a SAS transport file",              EXPORT,  NULL),
    ROW(12, "\xc2\xea\x81\x60\xb3\x14\x11\xcf", "a SAS file",                       EXPORT,  NULL),
    ROW(0, "<stata_dta>",                      "a Stata file",                      EXPORT,  NULL),
    ROW(0, "r",                                "a Stata file",                      EXPORT,  is_stata),
    ROW(0, "s",                                "a Stata file",                      EXPORT,  is_stata),
    ROW(0, "\xd4\xc3\xb2\xa1",                 "a packet capture (pcap)",           NULL,    NULL),
    ROW(0, "\xa1\xb2\xc3\xd4",                 "a packet capture (pcap)",           NULL,    NULL),
    ROW(0, "\x0a\x0d\x0d\x0a",                 "a packet capture (pcapng)",         NULL,    is_binary),
    ROW(0, "bplist00",                         "a property list",                   NULL,    NULL),
    ROW(0, "\0\5\x16\7",                       "an AppleDouble file (a Mac's notes on another file)", NULL, NULL),
    // texts and programs
    ROW(0, "version https://git-lfs",          "a Git LFS pointer, not the file itself", "fetch it with \"git lfs pull\"", NULL),
    ROW(0, "<!DOCTYPE",                        "a web page",                        NULL,    NULL),
    ROW(0, "<!doctype",                        "a web page",                        NULL,    NULL),
    ROW(0, "<html",                            "a web page",                        NULL,    NULL),
    ROW(0, "<HTML",                            "a web page",                        NULL,    NULL),
    ROW(0, "<?xml",                            "an XML file",                       NULL,    NULL),
    ROW(0, "{\\rtf",                           "an RTF document",                   NULL,    NULL),
    ROW(0, "\xff\xfe\0\0",                     "UTF-32 text",                       "save it as UTF-8 first", NULL),
    ROW(0, "\0\0\xfe\xff",                     "UTF-32 text",                       "save it as UTF-8 first", NULL),
    ROW(0, "\xff\xfe",                         "UTF-16 text",                       "save it as UTF-8 first", NULL),
    ROW(0, "\xfe\xff",                         "UTF-16 text",                       "save it as UTF-8 first", NULL),
    ROW(0, "\x7f" "ELF",                       "a program (ELF)",                   NULL,    NULL),
    ROW(0, "MZ",                               "a Windows program",                 NULL,    is_binary),
    ROW(0, "\xca\xfe\xba\xbe",                 "a Java class or Mac program",       NULL,    NULL),
    ROW(0, "",                                 "a TGA file",                        PICTURE, is_tga),
};
// clang-format on

// Markup may have blanks and a byte order mark before it.
static bytes pass_blanks(bytes b) {
    if (HAS(b, 0, "\xef\xbb\xbf")) b = (bytes){b.at + 3, b.size - 3};
    while (b.size && AMONG(b.at[0], " \t\r\n")) b = (bytes){b.at + 1, b.size - 1};
    return b.size && b.at[0] == '<' ? b : (bytes){(const uint8_t *)"", 0};
}

static const row *find_in(bytes b) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const row *r = &rows[i];
        if (has(b, r->at, r->magic, r->size) && (!r->is_it || r->is_it(b))) return r;
    }
    return NULL;
}

static const row *find(const uint8_t *head, size_t size) {
    const bytes b = {head, size < MOST_LOOKED ? size : MOST_LOOKED};
    if (size == 0) return NULL;
    const row *r = find_in(b);
    const bytes markup = pass_blanks(b);
    return r || !markup.size ? r : find_in(markup);
}

const char *hg__magic_name(const uint8_t *head, size_t size) {
    const row *r = find(head, size);
    return r ? r->name : NULL;
}

const char *hg__magic_advice(const uint8_t *head, size_t size) {
    const row *r = find(head, size);
    return r ? r->advice : NULL;
}

bool hg__magic_is_video(const uint8_t *head, size_t size) {
    const char *advice = hg__magic_advice(head, size);
    return advice && strcmp(advice, VIDEO) == 0;
}

void hg__magic_describe(const uint8_t *head, size_t size, char text[64]) {
    const char *name = hg__magic_name(head, size);
    if (!name && size == 0) name = "an empty file";
    if (!name && hg__magic_is_text(head, size)) name = "text";
    snprintf(text, 64, "%s", name ? name : "a file that begins with");
    for (size_t i = 0; !name && i < 4 && i < size; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, 64 - used, " %02x", head[i]);
    }
}

const hg__data_limits hg__data_limit = {
    .rows = 1ULL << 48,
    .width = HG_MAX_WIDTH,
    .line = 16 << 20,
    .cell = 4096,
    .header = 64 << 10,
    .entries = 1024,
};
