#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# judge.py FOLDER ATTACK - a line of the scenes' table, of what val and watch said: ATTACK.val, ATTACK.json. An alert counts as the
# attack's when its source is right, it falls into the attack's time, and it is not there, the same, without the attack (without.json).
# judge.py FOLDER false - how many alerts false.json has, and which.
import json, sys, time

SOURCES = {'exfil': ['10.77.0.22'], 'beacon': ['10.77.0.23']}
AT_LEAST = {'exfil': 0.85, 'beacon': 0.85}
folder, name = sys.argv[1:3]


def told(of):
    alerts = [json.loads(line) for line in open('%s/%s.json' % (folder, of))]
    return [a for a in alerts if a['event'] == 'end']


alerts = told(name)
if name == 'false':
    print(len(alerts))
    for a in alerts:
        print('  false alert: %s to %s, %s %s, %d packets: %s' % (a['source'], a['destination'], a['protocol'], a.get('port', ''),
                                                                  a['packets'], '; '.join(a['reasons'])))
    sys.exit()
val = json.load(open('%s/%s.val' % (folder, name)))
right = SOURCES.get(name, ['10.77.0.66', '02:00:0a:4d:00:42'])
usual = {(a['source'], a['first'], a['packets']) for a in told('without')}
window = next(line.split()[1:3] for line in open(folder + '/windows') if line.startswith(name + ' '))
begin, end = ('%s.%s' % (time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(int(t.split('.')[0]))), t.split('.')[1]) for t in window)
ours = [a for a in alerts if a['source'] in right and a['first'] <= end and a['last'] >= begin and (a['source'], a['first'], a['packets']) not in usual]
counting = val['counting_auroc']
auroc = val['auroc']['value']
is_named = 'yes' if ours else 'no'
is_enough = auroc >= AT_LEAST.get(name, 0.95)
best = max(ours or alerts, key=lambda a: a['score'], default=None)
print('%s %d %.3f %.3f %.3f %.3f %.3f %d %s %s %s' % (
    name, val['anomalies'], auroc, counting['rate'], counting['pair_rate'], counting['novelty'], val['recall']['value'], len(alerts),
    is_named, 'yes' if is_enough else 'no', best['source'] + ': ' + '; '.join(best['reasons']) if best else '-'))
