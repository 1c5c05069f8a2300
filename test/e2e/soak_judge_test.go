//go:build e2e && soak

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
)

// judge holds what the exporter says against what was true.
type judge struct {
	weather  *weather
	operator *operator
}

// complete judges a scrape that was let to its end.
func (j judge) complete(seen exposition, began, ended time.Time) error {
	g, err := j.operator.inForce(seen.generation, began, ended)
	if err != nil {
		return err
	}
	if len(seen.targets) != len(g.targets) {
		return fmt.Errorf("%d targets, generation %d has %d", len(seen.targets), seen.generation, len(g.targets))
	}
	for _, d := range g.targets {
		series, ok := seen.targets[d]
		if !ok {
			return fmt.Errorf("%v is missing, though generation %d has it", d, seen.generation)
		}
		if err := errors.Join(series.coherent(), j.fact(d, series)); err != nil {
			return fmt.Errorf("%v: %w, in %v", d, err, series)
		}
	}
	return nil
}

// coherent reports series that contradict each other.
func (s series) coherent() error {
	_, answered := s["oss_cname_token_exists"]
	_, confirmed := s["oss_cname_token_last_success_timestamp_seconds"]
	_, expires := s["oss_cname_token_expiry_timestamp_seconds"]
	_, left := s["oss_cname_token_expires_in_seconds"]
	_, asked := s["oss_cname_token_probe_duration_seconds"]
	_, failed := s["oss_cname_token_probe_failure_reason"]
	success, probes, failures := s["oss_cname_token_probe_success"], s["oss_cname_token_probes_total"], s["oss_cname_token_probe_errors_total"]
	switch exists := s["oss_cname_token_exists"] == 1; {
	case answered != confirmed:
		return errors.New("a fact without its time, or the other way round")
	case exists != expires || exists != left:
		return errors.New("an expiry without a token, or the other way round")
	case !asked || failed == (success == 1):
		return errors.New("the attempt neither succeeded nor failed, or both")
	case failures > probes || success == 1 && failures == probes: // a scrape that ends before the attempt does fails uncounted
		return errors.New("the attempts are miscounted")
	}
	return nil
}

// fact reports what OSS cannot have answered when the exporter says that it did.
func (j judge) fact(d domain.Name, s series) error {
	seconds, ok := s["oss_cname_token_last_success_timestamp_seconds"]
	if !ok {
		return nil // OSS never answered
	}
	confirmed := time.UnixMilli(int64(seconds*1e3 + .5))
	from, to := confirmed.Add(-longestProbe-time.Second), confirmed.Add(2*time.Millisecond) // a timestamp has whole milliseconds
	if !j.weather.truth(d, s.expiry(), from, to) {
		return fmt.Errorf("OSS never held that between %v and %v", from, to)
	}
	return nil
}

// expiry is zero if there is no token.
func (s series) expiry() time.Time {
	seconds, ok := s["oss_cname_token_expiry_timestamp_seconds"]
	if !ok {
		return time.Time{}
	}
	return time.Unix(int64(seconds), 0)
}

// final scrapes once after the storm: now every answer is definitive, and every one must show.
func (j judge) final(t *testing.T, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience) // an account that was throttled is left alone for a minute at most
	defer cancel()
	began := time.Now()
	seen, err := scrape(ctx, url, acceptText, http.Header{})
	ended := time.Now()
	if err == nil {
		err = j.complete(seen, began, ended)
	}
	if err != nil {
		t.Fatalf("the scrape after the storm: %v", err)
	}
	for d, series := range seen.targets {
		if series["oss_cname_token_probe_success"] != 1 || !j.weather.truth(d, series.expiry(), began, ended) {
			t.Errorf("%v: after the storm %v is not the truth", d, series)
		}
	}
	if n := len(seen.targets); n != len(j.weather.domains) {
		t.Errorf("%d targets after the storm, want all %d", n, len(j.weather.domains))
	}
	for _, never := range []string{"promhttp_metric_handler_errors_total/gathering", "promhttp_metric_handler_errors_total/encoding", "oss_cname_exporter_probe_errors_total/internal"} {
		if n, ok := seen.own[never]; n != 0 || !ok {
			t.Errorf("%s is %v (present: %v), want 0", never, n, ok)
		}
	}
}
