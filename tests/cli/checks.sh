hourglass checks | sed 's/ .*//' | grep -v '^$'
hourglass checks --json | grep -c '"libraries":\[{"name":"zlib","found":true'
