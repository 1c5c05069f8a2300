package accounts

import (
	"cmp"
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/credentials"
)

// Warning is something that an account refers to and that is of no use.
type Warning struct {
	Account string // its name; "" is all that use the environment's proxies
	Text    string // one line, which says what to do
}

// String returns the warning on one line.
func (w Warning) String() string {
	if w.Account == "" {
		return w.Text
	}
	return fmt.Sprintf("account %q: %s", w.Account, w.Text)
}

// Check looks at what the accounts of cfg refer to: files of keys and
// certificates, profiles, programs, and the proxies of the environment. It asks
// nobody and runs nothing. A file may be missing only here, or only now, so that
// none of it refuses cfg.
func Check(ctx context.Context, cfg *config.Config, getenv func(string) string, now time.Time) []Warning {
	warnings := checkProxies(getenv)
	for _, a := range cfg.Accounts {
		for _, err := range []error{
			checkCertificates(ctx, a, now),
			checkFiles(ctx, a.Credentials, getenv),
			checkProfile(ctx, sourceOf(a), getenv),
			checkProgram(a.Credentials),
		} {
			if err != nil {
				warnings = append(warnings, Warning{a.Name, err.Error()})
			}
		}
	}
	return warnings
}

// checkProxies finds variables that net/http passes over in silence: requests
// would go directly.
func checkProxies(getenv func(string) string) []Warning {
	var warnings []Warning
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		if value := getenv(name); value != "" && !isProxy(value) {
			warnings = append(warnings, Warning{Text: name + " is no URL of a proxy, and requests go directly; write one such as http://proxy.example.com:3128"})
		}
	}
	return warnings
}

// isProxy reports whether text names a proxy, with or without a scheme.
func isProxy(text string) bool {
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	proxy, err := url.Parse(text)
	return err == nil && proxy.Hostname() != "" && slices.Contains([]string{"http", "https", "socks5", "socks5h"}, proxy.Scheme)
}

// checkCertificates reads ca_file.
func checkCertificates(ctx context.Context, a config.Account, now time.Time) error {
	r := newRoute(routeOf(a))
	defer r.close()
	if err := r.refresh(ctx); err != nil {
		return reasonOf(err)
	}
	for rest := []byte(r.text); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil
		}
		if c, err := x509.ParseCertificate(block.Bytes); err == nil && now.After(c.NotAfter) {
			return fmt.Errorf("ca_file %q: the certificate of %q expired at %s; exchange it", a.CAFile, c.Subject, c.NotAfter.Format(time.RFC3339))
		}
	}
}

// checkFiles reads the files with one value in each.
func checkFiles(ctx context.Context, c config.Credentials, getenv func(string) string) error {
	token := c.OIDCTokenFile
	if c.Type == config.CredentialsOIDC {
		token = cmp.Or(token, getenv("ALIBABA_CLOUD_OIDC_TOKEN_FILE"))
	}
	for _, file := range []struct{ option, path string }{
		{"access_key_id_file", c.AccessKeyIDFile},
		{"access_key_secret_file", c.AccessKeySecretFile},
		{"security_token_file", c.SecurityTokenFile},
		{"oidc_token_file", token},
	} {
		if file.path == "" {
			continue
		}
		if err := credentials.CheckFile(ctx, file.option, file.path); err != nil {
			return err
		}
	}
	return nil
}

// checkProfile reads the CLI's file.
func checkProfile(ctx context.Context, s source, getenv func(string) string) error {
	if s.Type != config.CredentialsProfile {
		return nil
	}
	return s.profile(getenv, credentials.STS{}).Check(ctx)
}

// checkProgram looks for a program that is named by its path.
func checkProgram(c config.Credentials) error {
	if c.Type != config.CredentialsProcess {
		return nil
	}
	program := strings.Fields(c.Command)[0]
	if !strings.HasPrefix(program, "/") {
		return nil // the shell knows where to look
	}
	info, err := os.Stat(program)
	switch {
	case err != nil:
		return fmt.Errorf("command: there is no program %q; install it, or correct the path", program)
	case info.IsDir() || info.Mode()&0o111 == 0:
		return fmt.Errorf("command: %q is no program; make it executable", program)
	}
	return nil
}
