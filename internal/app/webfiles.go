package app

import (
	"net/http"
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"
)

// protocols returns the versions of HTTP that the web configuration file at path
// asks for: 1.1, and 2 as well if it says "http2: true". The toolkit's own default
// is both. HTTP/2 lets one connection carry hundreds of requests.
func protocols(path string) *http.Protocols {
	var versions http.Protocols
	versions.SetHTTP1(true)
	var file struct {
		Server struct {
			HTTP2 bool `yaml:"http2"`
		} `yaml:"http_server_config"`
	}
	if text, err := os.ReadFile(path); err == nil && yaml.Unmarshal(text, &file) == nil { // else the toolkit says why not
		versions.SetHTTP2(file.Server.HTTP2)
	}
	return &versions
}

// scheme returns the one that the web configuration file at path makes clients
// use: "https" if it has a certificate.
func scheme(path string) string {
	var file struct {
		TLS struct {
			Cert     string `yaml:"cert"`
			CertFile string `yaml:"cert_file"`
		} `yaml:"tls_server_config"`
	}
	if text, err := os.ReadFile(path); err == nil && yaml.Unmarshal(text, &file) == nil && file.TLS.Cert+file.TLS.CertFile != "" {
		return "https"
	}
	return "http"
}

// webFiles returns the web configuration file at path, if any, and the files
// that it names. The toolkit reads them again for each connection; they are
// watched because one that is broken should be noticed before a client does.
func webFiles(path string) []string {
	if path == "" {
		return nil
	}
	files := []string{path}
	var named struct {
		TLS struct {
			Cert     string `yaml:"cert_file"`
			Key      string `yaml:"key_file"`
			ClientCA string `yaml:"client_ca_file"`
		} `yaml:"tls_server_config"`
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return files
	}
	text, err := os.ReadFile(path)
	if err != nil || yaml.Unmarshal(text, &named) != nil {
		return files // the toolkit names the fault
	}
	for _, file := range []string{named.TLS.Cert, named.TLS.Key, named.TLS.ClientCA} {
		if file != "" && !filepath.IsAbs(file) {
			file = filepath.Join(filepath.Dir(path), file)
		}
		if file != "" {
			files = append(files, file)
		}
	}
	return files
}
