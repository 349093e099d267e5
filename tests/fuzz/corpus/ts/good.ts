#c
@problemName x
@timeStamps false
@missing true
@univariate false
@classLabel true a b
@data
1,2:3,4:a
5,?:7,8,9:b
