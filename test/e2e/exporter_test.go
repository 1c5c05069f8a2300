//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"testing"
)

// exporter is the binary under test, listening on a port of its own.
type exporter struct {
	*process
	address string
}

func startExporter(t *testing.T, args ...string) exporter {
	t.Helper()
	return startExporterIn(t, nil, args...)
}

// startExporterIn starts it with some variables more, each NAME=value, in its environment.
func startExporterIn(t *testing.T, environment []string, args ...string) exporter {
	t.Helper()
	command := append(environment, "oss_cname_exporter", "--web.listen-address=127.0.0.1:0")
	p := start(t, "env", append(command, args...)...)
	return exporter{process: p, address: p.address(t)}
}

// get asks the exporter once; an answer other than 200 fails the test.
func (e exporter) get(t *testing.T, path, accept string) (body []byte, contentType string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	body, contentType, err := get(ctx, "http://"+e.address+path, accept)
	if err != nil {
		t.Fatal(err)
	}
	return body, contentType
}

// get keeps no connection: a connection kept is a goroutine leaked, and a SIGTERM that waits for it.
func get(ctx context.Context, url, accept string) (body []byte, contentType string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, "", err
	}
	req.Close = true
	req.Header.Set("Accept", accept)
	resp, err := new(http.Client).Do(req)
	if err != nil {
		return nil, "", fmt.Errorf("asking %q: %w", url, err)
	}
	defer resp.Body.Close()
	if body, err = io.ReadAll(resp.Body); err != nil {
		return nil, "", fmt.Errorf("reading %q: %w", url, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, "", fmt.Errorf("asking %q: %s: %s", url, resp.Status, body)
	}
	return body, resp.Header.Get("Content-Type"), nil
}
