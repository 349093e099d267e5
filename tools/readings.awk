# SPDX-License-Identifier: Apache-2.0
# Readings of four pumps, a row every ten minutes: awk -v rows=5000 -v seed=1 [-v faults=1] -f tools/readings.awk
#
# Flow, pressure, temperature and vibration follow from load and from the hour. With faults=1 the middle of each block of
# 200 rows has one: hot for its load, a leak, a mode never heard of, a bearing, a stuck sensor. Each but the mode
# is a number that other rows have too. The same rows from every awk: it draws its own random numbers.
function draw() { x = x * 16807 % 2147483647; return x / 2147483647 }
function normal() { return draw() + draw() + draw() + draw() + draw() + draw() - 3 }
BEGIN {
    x = 1000 * seed + 1
    for (i = 0; i < 10; i++) draw()
    print "id,time,pump,mode,load,flow,pressure,temperature,vibration"
    for (i = 0; i < rows; i++) {
        hour = int(i / 6) % 24; day = 1 + int(i / 144) % 28
        pump = 1 + int(4 * draw()); standby = draw() < 0.15
        load = standby ? 0.05 + 0.02 * draw() : 0.3 + 0.7 * draw()
        flow = 120 * load * (1 + 0.02 * normal())
        pressure = 1.2 + 5 * load * load + 0.08 * normal()
        warm = hour > 7 && hour < 20 ? 6 : 0
        temperature = 22 + warm + 2 * pump + 35 * load + 0.8 * normal()
        vibration = exp(-1 + 1.5 * load + 0.25 * normal())
        mode = standby ? "standby" : "run"
        if (faults && i % 200 == 100) {
            kind = int(i / 200) % 5
            if (kind == 0) temperature = 25 + 2 * pump + (load > 0.5 ? 0 : 35)
            if (kind == 1) flow = flow * 0.6
            if (kind == 2) mode = "purge"
            if (kind == 3) vibration = exp(-1 + 1.5 * (1 - load) + 1.5)
            if (kind == 4) pressure = 6.2 - 5 * load * load
        }
        printf "%d,2024-03-%02d %02d:%d0,P%d,%s,%.3f,%.1f,%.2f,%.1f,%.3f\n", 10000 * seed + i, day, hour, i % 6, pump, mode, load, flow, pressure, temperature, vibration
    }
}
