package app

import (
	"os"
	"os/signal"
	"syscall"
)

// signals are those that must not end the process. Until listenForSignals is
// called they would: call it first.
type signals struct {
	hangups chan os.Signal // keeps one SIGHUP until somebody reloads
	pipes   chan os.Signal // is never read
}

// listenForSignals keeps a SIGHUP for whoever reloads, and takes the death out
// of SIGPIPE: a write to a pipe that nobody reads is an error then, as any other
// failed write. It is received and not ignored, because the programs that the
// exporter starts would inherit that.
func listenForSignals() signals {
	s := signals{hangups: make(chan os.Signal, 1), pipes: make(chan os.Signal, 1)}
	signal.Notify(s.hangups, syscall.SIGHUP)
	signal.Notify(s.pipes, syscall.SIGPIPE)
	return s
}

func (s signals) stop() {
	signal.Stop(s.hangups)
	signal.Stop(s.pipes)
}
