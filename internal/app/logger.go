package app

import (
	"fmt"
	"io"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
)

// newLogger returns the process' logger. Level and format are as the flags
// allow them.
func newLogger(w io.Writer, least, format string) log.Logger {
	w = log.NewSyncWriter(w)
	logger := log.NewLogfmtLogger(w)
	if format == "json" {
		logger = log.NewJSONLogger(w)
	}
	logger = log.WithPrefix(logger, "ts", log.DefaultTimestampUTC)
	return level.NewFilter(logger, level.Allow(level.ParseDefault(least, level.InfoValue())))
}

// printer lets promhttp complain to a go-kit logger.
type printer struct{ log.Logger }

// Println implements promhttp.Logger.
func (p printer) Println(v ...any) {
	level.Error(p).Log("msg", "serving metrics", "err", fmt.Sprint(v...))
}
