module chart

go 1.26
