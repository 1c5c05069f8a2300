package accounts

import (
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
	"oss_cname_exporter/internal/secret"
)

// Warning is something that an account refers to and that is of no use.
type Warning struct {
	Account string // its name; "" is all that use the environment's proxies
	Text    string // one line, with the remedy
}

// String returns the warning on one line.
func (w Warning) String() string {
	if w.Account == "" {
		return w.Text
	}
	return fmt.Sprintf("account %q: %s", w.Account, w.Text)
}

// Check looks at the files of keys and certificates, profiles and programs that
// the accounts of cfg refer to, and at the proxies of the environment. It asks no
// service and runs no program. A file may be missing only here, or only now, so
// that none of it refuses cfg.
func Check(ctx context.Context, cfg *config.Config, getenv func(string) string, now time.Time) []Warning {
	warnings := checkProxies(getenv)
	for _, a := range cfg.Accounts {
		for _, err := range []error{
			checkCertificates(ctx, a, now),
			checkCredentials(ctx, a, getenv),
		} {
			if err != nil {
				warnings = append(warnings, Warning{a.Name, err.Error()})
			}
		}
	}
	return warnings
}

// proxyVariables are those from which net/http takes proxies.
const proxyVariables = "HTTPS_PROXY https_proxy HTTP_PROXY http_proxy"

// checkProxies finds variables that net/http ignores: requests would go directly.
func checkProxies(getenv func(string) string) []Warning {
	var warnings []Warning
	for name := range strings.FieldsSeq(proxyVariables) {
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

// checkCredentials checks the files and programs that the keys of a come from.
func checkCredentials(ctx context.Context, a config.Account, getenv func(string) string) error {
	s := sourceOf(a)
	t, err := s.typeOf()
	if err != nil || t.check == nil {
		return err
	}
	return t.check(ctx, s, surroundings{getenv: getenv})
}

// checkKeyFiles reads the files with the parts of a key.
func checkKeyFiles(ctx context.Context, s source, _ surroundings) error {
	for _, file := range []struct{ option, path string }{
		{"access_key_id_file", s.AccessKeyIDFile},
		{"access_key_secret_file", s.AccessKeySecretFile},
		{"security_token_file", s.SecurityTokenFile},
	} {
		if err := checkFile(ctx, file.option, file.path); err != nil {
			return err
		}
	}
	return nil
}

func checkTokenFile(ctx context.Context, s source, with surroundings) error {
	return checkFile(ctx, "oidc_token_file", s.tokenFile(with))
}

// checkFile reads a file with one value in it; "" is none.
func checkFile(ctx context.Context, option, path string) error {
	if path == "" {
		return nil
	}
	return credentials.CheckFile(ctx, option, path)
}

// checkProfile reads the CLI's file.
func checkProfile(ctx context.Context, s source, with surroundings) error {
	return s.profile(with).Check(ctx)
}

// checkProgram looks for a program that is named by its path.
func checkProgram(_ context.Context, s source, _ surroundings) error {
	program := strings.Fields(s.Command)[0]
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

// proxySecrets returns the users and passwords of the environment's proxies, as a
// peer may repeat them. A proxy of the configuration has none.
func proxySecrets(getenv func(string) string) []secret.Value {
	var secrets []secret.Value
	for name := range strings.FieldsSeq(proxyVariables) {
		proxy, err := url.Parse(getenv(name))
		if err != nil || proxy.User == nil {
			proxy, err = url.Parse("http://" + getenv(name))
		}
		if err != nil || proxy.User == nil {
			continue
		}
		password, _ := proxy.User.Password()
		user := proxy.User.Username()
		secrets = append(secrets, secret.Value(password), secret.Value(user+":"+password), secret.Value(user))
	}
	return secrets
}
