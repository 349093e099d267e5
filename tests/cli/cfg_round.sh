# What cfg prints, cfg= takes, whatever the text holds.
name=$(printf 'a "b" \\ c\047: # \303\244 \302\205 \342\200\250 \001\t~')
hourglass cfg train name="$name" label=null ignore='~' model='dense 3 relu | dense input' lr=0.1 beta2=0.12345678901234567 \
    max_mem=3145728 val=0 data=true >a.yaml
hourglass cfg train cfg=a.yaml >b.yaml
sed 's/^cfg: .*/cfg: ""/' b.yaml >c.yaml
cmp a.yaml c.yaml && grep -e ^name -e ^label -e ^ignore -e ^data -e ^max_mem a.yaml
