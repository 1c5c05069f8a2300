package app

import (
	"os"
	"path/filepath"

	"gopkg.in/yaml.v3"
)

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
		return files // the toolkit says what is wrong with it
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
