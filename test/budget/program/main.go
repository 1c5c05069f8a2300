// Command program runs the product on a simulated OSS with one target, makes
// each kind of request, and writes the coverage counters of each one to a
// folder of its own below the folder of its argument: scrape/0, scrape/1 and so
// on. It must be built with -cover -covermode=atomic.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime/coverage"
	"strconv"

	"oss_cname_exporter/internal/app"
	"oss_cname_exporter/internal/demo"
	"oss_cname_exporter/internal/fake/osstest"
)

// repeats is how often each request is counted, after the one that builds all
// that is built once.
const repeats = 5

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir string) error {
	oss := osstest.New(osstest.Options{})
	defer oss.Close()
	oss.AddKey(demo.Getenv("OSS_ACCESS_KEY_ID"), demo.Getenv("OSS_ACCESS_KEY_SECRET"))
	oss.AddBucket(osstest.Bucket{Name: "examplebucket"})
	config := filepath.Join(dir, "config.yaml")
	text := fmt.Sprintf("accounts: {main: {region: cn-hangzhou, endpoint: %q}}\ntargets: [{bucket: examplebucket, cname: www.example.com}]\n", oss.URL())
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	log := &addressLog{address: make(chan string, 1)}
	ended := make(chan error, 1)
	go func() {
		ended <- app.Run(ctx, []string{"--config.file=" + config, "--web.listen-address=127.0.0.1:0", "--web.enable-lifecycle"}, demo.Getenv, io.Discard, log)
	}()
	select {
	case address := <-log.address:
		if err := requests("http://"+address, dir); err != nil {
			return err
		}
	case err := <-ended:
		return fmt.Errorf("the exporter ended: %w", err)
	}
	stop()
	return <-ended
}

// requests makes each request and writes its counters.
func requests(url, dir string) error {
	for _, r := range []struct{ name, method, path string }{
		{"scrape", http.MethodGet, "/metrics"},
		{"probe", http.MethodGet, "/probe?bucket=examplebucket&cname=www.example.com"},
		{"reload", http.MethodPost, "/-/reload"},
	} {
		for i := range repeats + 1 {
			if err := coverage.ClearCounters(); err != nil {
				return err
			}
			if err := request(r.method, url+r.path); err != nil {
				return err
			}
			if i > 0 {
				if err := counters(filepath.Join(dir, r.name, strconv.Itoa(i))); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func request(method, url string) error {
	req, err := http.NewRequestWithContext(context.Background(), method, url, http.NoBody)
	if err != nil {
		return err
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s %s %w", url, resp.Status, body, err)
	}
	return nil
}

func counters(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := coverage.WriteMetaDir(dir); err != nil {
		return err
	}
	return coverage.WriteCountersDir(dir)
}

// addressLog is a log of which only the address is read.
type addressLog struct {
	address chan string
}

var listening = regexp.MustCompile(`msg="Listening on" address=(\S+)`)

// Write implements io.Writer.
func (l *addressLog) Write(line []byte) (int, error) {
	if m := listening.FindSubmatch(bytes.TrimSpace(line)); m != nil {
		l.address <- string(m[1])
	}
	return len(line), nil
}
