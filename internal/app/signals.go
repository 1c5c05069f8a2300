package app

import (
	"os"
	"os/signal"
	"syscall"
)

// signals are those that must not end the process. They end it until
// listenForSignals is called, so call it first.
type signals struct {
	hangups chan os.Signal // keeps one SIGHUP until reloadOnHangup takes it
	pipes   chan os.Signal // is never read
}

// listenForSignals keeps a SIGHUP until a reload, and keeps SIGPIPE from ending
// the process: a write to a pipe without a reader then returns an error, as any
// other failed write. SIGPIPE is received and not ignored, because the programs
// that the exporter starts would inherit an ignored signal.
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
