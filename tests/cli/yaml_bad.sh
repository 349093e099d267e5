try() { printf -- "$1" >bad.yaml; hourglass cfg train cfg=bad.yaml >/dev/null; echo "$?"; }
try 'epochs: -1\n'
try '\n# note\nepoch: 3\n'
try 'lr: 1\nlr: 2\n'
try 'lr: [1, 2]\n'
try 'lr:\n  start: 1\n'
try '- lr\n'
try 'just words\n'
try 'lr: &a 1\nbatch: *a\n'
try 'lr: !!float 1\n'
try '*a : 1\n'
try 'lr: "1\n'
try '\tlr: 1\n'
try 'lr: 1\n---\nlr: 2\n'
try 'name: "\\0"\n'
try 'name: \377\n'
hourglass cfg train cfg=none.yaml; echo $?
mkdir folder; hourglass cfg train cfg=folder; echo $?
