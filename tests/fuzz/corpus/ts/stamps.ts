@problemName x
@timeStamps true
@data
(0,1),(1,2):a
