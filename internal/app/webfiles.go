package app

import (
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"gopkg.in/yaml.v3"
)

// webFile is the part of a web configuration file that the exporter reads beside
// the toolkit.
type webFile struct {
	Server struct {
		HTTP2 bool `yaml:"http2"`
	} `yaml:"http_server_config"`
	Users map[string]string `yaml:"basic_auth_users"`
	TLS   struct {
		InlineCert string `yaml:"cert"`
		Cert       string `yaml:"cert_file"`
		Key        string `yaml:"key_file"`
		ClientCA   string `yaml:"client_ca_file"`
		ClientAuth string `yaml:"client_auth_type"`
	} `yaml:"tls_server_config"`
}

// readWebFile returns the web configuration file at path; an empty one if it
// cannot be read, for which the toolkit has the words.
func readWebFile(path string) webFile {
	var file webFile
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return file
	}
	if text, err := os.ReadFile(path); err != nil || yaml.Unmarshal(text, &file) != nil {
		return webFile{}
	}
	return file
}

// protocols returns the versions of HTTP that the web configuration file at path
// asks for: 1.1, and 2 as well if it says "http2: true". The toolkit's own default
// is both. HTTP/2 lets one connection carry hundreds of requests.
func protocols(path string) *http.Protocols {
	var versions http.Protocols
	versions.SetHTTP1(true)
	versions.SetHTTP2(readWebFile(path).Server.HTTP2)
	return &versions
}

// scheme returns the one that the web configuration file at path makes clients
// use: "https" if it has a certificate.
func scheme(path string) string {
	if file := readWebFile(path); file.TLS.InlineCert+file.TLS.Cert != "" {
		return "https"
	}
	return "http"
}

// locks are the ways in which a web configuration file keeps clients out.
type locks struct{ hasPassword, hasCertificate bool }

func (f webFile) locks() locks { return locks{len(f.Users) > 0, f.TLS.ClientAuth+f.TLS.ClientCA != ""} }

// keepLocked returns next, which needs the locks that the web configuration file
// at path has now. The toolkit reads the file again for each request, and a file
// that was emptied would let every client in: such requests get 503 until the file
// has its locks again, or the exporter starts without.
func keepLocked(next http.Handler, path string, refused func(code int), logger log.Logger) http.Handler {
	needed := readWebFile(path).locks()
	if needed == (locks{}) {
		return next
	}
	var isOpen atomic.Bool // of the last request
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		now := readWebFile(path).locks()
		lost := needed.hasPassword && !now.hasPassword || needed.hasCertificate && !now.hasCertificate
		if isOpen.Swap(lost) != lost && lost {
			level.Error(logger).Log("msg", "requests are refused: the web configuration has lost its passwords or client certificates; restore them, or restart without", "file", path)
		}
		if lost {
			refused(http.StatusServiceUnavailable)
			http.Error(w, "The web configuration has lost its passwords or client certificates.", http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// webFiles returns the web configuration file at path, if any, and the files
// that it names. The toolkit reads them again for each connection; they are
// watched because one that is broken should be noticed before a client does.
func webFiles(path string) []string {
	if path == "" {
		return nil
	}
	files, named := []string{path}, readWebFile(path).TLS
	for _, file := range []string{named.Cert, named.Key, named.ClientCA} {
		if file != "" && !filepath.IsAbs(file) {
			file = filepath.Join(filepath.Dir(path), file)
		}
		if file != "" {
			files = append(files, file)
		}
	}
	return files
}
