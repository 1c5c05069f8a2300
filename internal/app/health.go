package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// healthTimeout bounds the command health.
const healthTimeout = 3 * time.Second

// checkHealth is the command health. It asks the exporter that the same flags
// start for /-/healthy, and returns nil if that serves.
func checkHealth(ctx context.Context, flags *flags) error {
	at, err := flags.healthURL()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, http.NoBody)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true}, // no proxy stands between
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("health: %w", err)
	}
	defer resp.Body.Close()
	// A server that wants a password (401) or TLS (400) serves.
	if !slices.Contains([]int{http.StatusOK, http.StatusUnauthorized, http.StatusBadRequest}, resp.StatusCode) {
		return fmt.Errorf("health: %s answers %s", at, resp.Status)
	}
	return nil
}

// healthURL returns where the exporter that these flags start can be asked: at
// the health listener, which has no prefix, else at the first listener.
func (f *flags) healthURL() (string, error) {
	address, prefix := f.health, ""
	if address == "" {
		addresses := *f.web.WebListenAddresses
		if *f.web.WebSystemdSocket || len(addresses) == 0 || strings.HasPrefix(addresses[0], "vsock://") {
			return "", fmt.Errorf("health: the flags name no TCP address to ask; set --web.health-listen-address")
		}
		address, prefix = addresses[0], f.prefix
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("health: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return (&url.URL{Scheme: "http", Host: net.JoinHostPort(host, port), Path: prefix + "/-/healthy"}).String(), nil
}
