@problemName x
@classLabel true a
@data
1:2:a
1:a
