package app

import (
	"errors"
	"io"
	stdlog "log"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	sloggokit "github.com/tjhop/slog-gokit"
	"golang.org/x/time/rate"

	"oss_cname_exporter/internal/config"
)

// newLogger returns the process' logger, of which each line has one ts, one
// level and one msg. Level and format are as the flags allow them.
func newLogger(w io.Writer, least, format string) log.Logger {
	w = log.NewSyncWriter(w)
	logger := log.NewLogfmtLogger(w)
	if format == "json" {
		logger = log.NewJSONLogger(w)
	}
	logger = log.WithPrefix(logger, "ts", log.DefaultTimestampUTC)
	return level.NewFilter(logger, level.Allow(level.ParseDefault(least, level.InfoValue())))
}

// slogger returns logger for code that logs with the standard library.
func slogger(logger log.Logger) *slog.Logger {
	return slog.New(sloggokit.NewGoKitHandler(uniform{logger}, slog.LevelDebug))
}

// uniform leaves out the keys of the standard library's records that other lines
// do not have: the caller, and a second time. It leaves out http2 as well, with
// which the toolkit names its own default: see protocols.
type uniform struct{ next log.Logger }

// Log implements log.Logger.
func (u uniform) Log(keyvals ...any) error {
	kept := make([]any, 0, len(keyvals))
	for pair := range slices.Chunk(keyvals, 2) {
		if pair[0] != "caller" && pair[0] != slog.TimeKey && pair[0] != "http2" {
			kept = append(kept, pair...)
		}
	}
	return u.next.Log(kept...)
}

// netLines logs the lines that net/http prints, a few a minute. Each is about one
// peer, and more of them tell nothing new.
type netLines struct {
	logger  log.Logger
	limiter *rate.Limiter

	mu      sync.Mutex // guards dropped
	dropped int
}

func newNetLines(logger log.Logger) *netLines {
	return &netLines{logger: logger, limiter: rate.NewLimiter(rate.Every(10*time.Second), 5)}
}

// newStdlog returns a logger of the standard library that writes to n.
func (n *netLines) newStdlog() *stdlog.Logger { return stdlog.New(n, "", 0) }

// Write implements io.Writer: one line a call.
func (n *netLines) Write(p []byte) (int, error) {
	text := strings.TrimSpace(string(p))
	// What a peer sends unasked may be anything, such as a token's value.
	text, _, _ = strings.Cut(text, " starting with ")
	n.mu.Lock()
	defer n.mu.Unlock()
	logger := n.logger
	if n.dropped > 0 {
		logger = log.With(logger, "dropped", n.dropped)
	}
	if !n.limiter.Allow() {
		n.dropped++
		return len(p), nil
	}
	n.dropped = 0
	return len(p), level.Warn(logger).Log("msg", text)
}

// maxLoggedFaults bounds the lines about one refused configuration.
const maxLoggedFaults = 10

// logFailure logs err after msg: a refused configuration one line a fault.
func logFailure(logger log.Logger, msg string, err error) {
	logger = level.Error(logger)
	faults, ok := errors.AsType[config.Faults](err)
	if !ok {
		logger.Log("msg", msg, "err", err)
		return
	}
	for i, f := range faults {
		if i == maxLoggedFaults {
			logger.Log("msg", msg, "err", "more faults, which --config.check lists", "more", len(faults)-i)
			return
		}
		logger.Log("msg", msg, "file", f.File, "line", f.Line, "err", f.Text)
	}
}

// logFormat finds, in a command line that may be refused, how it wants its log:
// for the line that says so.
func logFormat(args []string, getenv func(string) string) string {
	format := getenv("OSS_CNAME_EXPORTER_LOG_FORMAT")
	for i, arg := range args {
		if name, value, ok := strings.Cut(arg, "="); ok && name == "--log.format" {
			format = value
		} else if arg == "--log.format" && i+1 < len(args) {
			format = args[i+1]
		}
	}
	return format
}
