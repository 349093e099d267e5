# table_rows.awk - a table of everything, for tests: numbers that go together, categories, a boolean, a date, a constant, gaps.
# Settings: rows, seed.
BEGIN {
    srand(seed)
    print "when,site,kind,open,size,weight,level,fixed"
    for (i = 0; i < rows; i++) {
        size = 1 + 9 * rand()
        kind = rand() < 0.6 ? "box" : rand() < 0.7 ? "bag" : "tube"
        level = rand() < 0.03 ? "" : sprintf("%.2f", 20 + 5 * rand())
        printf "2024-%02d-%02d %02d:%02d,%s,%s,%s,%.3f,%.3f,%s,7\n", 1 + int(12 * rand()), 1 + int(28 * rand()),
            int(24 * rand()), int(60 * rand()), substr("NSE", 1 + int(3 * rand()), 1), kind, (size > 5 ? "yes" : "no"), size,
            3 * size + (kind == "bag") + 0.3 * rand(), level
    }
}
