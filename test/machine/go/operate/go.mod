module operate

go 1.21
