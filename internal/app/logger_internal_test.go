package app

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-kit/log"

	"oss_cname_exporter/internal/config"
)

// hanging is a writer that hangs until it is let go.
type hanging struct {
	bytes.Buffer
	until chan struct{}
}

func (h *hanging) Write(p []byte) (int, error) {
	<-h.until
	return h.Buffer.Write(p)
}

// TestLogThatHangs has a stderr that nobody reads for an hour: one line waits, the others are lost, and none holds anybody up.
func TestLogThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &hanging{until: make(chan struct{})}
		l := newNonBlockingWriter(w)
		began := time.Now()
		for range 100 {
			fmt.Fprintln(l, "while it hangs")
		}
		if took := time.Since(began); took != writeTimeout {
			t.Errorf("100 lines took %v, want %v", took, writeTimeout)
		}
		close(w.until)
		synctest.Wait()
		fmt.Fprintln(l, "after")
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if got := w.String(); got != "while it hangs\nafter\n" {
			t.Errorf("got %q", got)
		}
	})
}

// TestLinesOfTheStandardLibrary has what net/http prints of its peers.
func TestLinesOfTheStandardLibrary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines bytes.Buffer
		n := newNetLines(log.NewLogfmtLogger(&lines))
		stdlog := n.newStdlog()
		stdlog.Print(`Unsolicited response received on idle HTTP channel starting with "HTTP/1.1 200 OK\r\n\r\n<Token>sesame</Token>"; err=<nil>`)
		for range 100 {
			stdlog.Print("http: TLS handshake error from 192.0.2.1:4711: EOF")
		}
		time.Sleep(10 * time.Second)
		stdlog.Print("http: TLS handshake error from 192.0.2.2:4711: EOF")
		want := "level=warn msg=\"Unsolicited response received on idle HTTP channel\"\n" +
			strings.Repeat("level=warn msg=\"http: TLS handshake error from 192.0.2.1:4711: EOF\"\n", 4) +
			"dropped=96 level=warn msg=\"http: TLS handshake error from 192.0.2.2:4711: EOF\"\n"
		if got := lines.String(); strings.Replace(got, "level=warn dropped=96", "dropped=96 level=warn", 1) != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	})
}

func TestFailureIsALineAFault(t *testing.T) {
	var faults config.Faults
	for i := range 12 {
		faults = append(faults, config.Fault{File: "c.yaml", Line: i + 1, Text: "wrong"})
	}
	for _, test := range []struct {
		err   error
		lines int
		last  string
	}{
		{errors.New("a\nb"), 1, `level=error msg=failed err="a\nb"`},
		{faults[:2], 2, `level=error msg=failed file=c.yaml line=2 err=wrong`},
		{fmt.Errorf("wrapped: %w", faults), 11, `level=error msg=failed err="more faults, which --config.check lists" more=2`},
	} {
		var b bytes.Buffer
		logFailure(log.NewLogfmtLogger(&b), "failed", test.err)
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		if len(lines) != test.lines || lines[len(lines)-1] != test.last {
			t.Errorf("got\n%s", &b)
		}
	}
}

// TestWarningsAreNotRepeated has a configuration with many, loaded again with one more.
func TestWarningsAreNotRepeated(t *testing.T) {
	var b bytes.Buffer
	first, second := &config.Config{}, &config.Config{}
	for i := range 12 {
		first.Warnings = append(first.Warnings, config.Fault{File: "c.yaml", Line: i, Text: fmt.Sprint("odd ", i)})
		second.Warnings = append(second.Warnings, config.Fault{File: "c.yaml", Line: i + 1, Text: fmt.Sprint("odd ", i)})
	}
	second.Warnings = append(second.Warnings, config.Fault{File: "c.yaml", Line: 99, Text: "new"})
	logger := log.NewLogfmtLogger(&b)
	warnOf(first, nil, logger)
	if lines := strings.Split(strings.TrimSpace(b.String()), "\n"); len(lines) != 11 || lines[10] != `level=warn msg=configuration warning="more of that, which --config.check lists" more=2` {
		t.Errorf("logged\n%s", &b)
	}
	b.Reset()
	warnOf(second, first, logger)
	if got := b.String(); got != "level=warn msg=configuration file=c.yaml line=99 warning=new\n" {
		t.Errorf("logged\n%s", got)
	}
}
