package ossclient_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/ossclient"
)

// TestNoProxyHearsTheMetadataService runs itself anew: net/http reads the
// environment once in a process.
func TestNoProxyHearsTheMetadataService(t *testing.T) {
	const proxy = "http://proxy.example.com:3128"
	if os.Getenv("HTTP_PROXY") != proxy {
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		again.Env = append(os.Environ(), "HTTP_PROXY="+proxy, "HTTPS_PROXY="+proxy, "NO_PROXY=")
		if said, err := again.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, said)
		}
		return
	}
	through := ossclient.NewLibraryTransport().Proxy
	for url, want := range map[string]string{
		"http://100.100.100.200/latest/api/token": "",
		"https://sts.aliyuncs.com/":               proxy,
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		got, err := through(req)
		if err != nil || got == nil && want != "" || got != nil && got.String() != want {
			t.Errorf("%s: got %v, %v; want %q", url, got, err, want)
		}
	}
}

// hanging is a source of keys that heeds no bound.
type hanging struct {
	asked   atomic.Int32
	release chan struct{}
}

func (h *hanging) Key(context.Context) (ossclient.Key, error) {
	h.asked.Add(1)
	<-h.release
	return ossclient.Key{}, errors.New("released")
}

// TestSourceThatHangs is asked once, and after a while keeps nobody waiting.
func TestSourceThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &hanging{release: make(chan struct{})}
		from := ossclient.STS{}.FromRole(source, role())
		began := time.Now()
		noKey(t, from, "no answer in time")
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("the first caller waited %v", took)
		}
		for range 100 {
			time.Sleep(time.Minute)
			began = time.Now()
			noKey(t, from, "no answer in time")
			if took := time.Since(began); took != 0 {
				t.Errorf("a later caller waited %v", took)
			}
		}
		if n := source.asked.Load(); n != 1 {
			t.Errorf("asked %d times while the first answer was missing", n)
		}
		source.release <- struct{}{}
		synctest.Wait()
		noKey(t, from, "released")
		time.Sleep(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := from.Key(ctx); !errors.Is(err, context.DeadlineExceeded) || source.asked.Load() != 2 {
			t.Errorf("got %v, asked %d times", err, source.asked.Load())
		}
		source.release <- struct{}{}
		synctest.Wait()
	})
}

func TestProcessMayUseTheShell(t *testing.T) {
	t.Setenv("KEY_OF_TEST", "id-7")
	mustKey(t, ossclient.FromProcess(`printf '{"AccessKeyId": "%s", "AccessKeySecret": "s"}' "$KEY_OF_TEST" | cat`, nil), "id-7/s/")
	noKey(t, ossclient.FromProcess("exit 3", nil), `running "exit": exit status 3`)
}

// TestNoConnectionIsKept looks at what the library asks with: it throws each
// request's connections away, and would leave them open.
func TestNoConnectionIsKept(t *testing.T) {
	kept := make(chan bool, 1)
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { kept <- !r.Close }))
	t.Cleanup(server.Close)
	noKey(t, ossclient.STS{Endpoint: server.URL}.FromRole(key(keyID, secret), role()), "not STS's")
	if <-kept {
		t.Error("the connection is kept")
	}
}
