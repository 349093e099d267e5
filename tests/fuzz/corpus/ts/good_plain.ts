@problemName x
@data
1,2,3
4
