//go:build e2e && soak

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// scraper stands in for a Prometheus that is impatient now and then.
type scraper struct {
	url    string
	grants time.Duration
	accept string
	random *rand.Rand

	judged, late, hungUp int           // late are those judged that took longer than granted
	longest              time.Duration // of those judged
}

func newScrapers(url string, seed uint64) []*scraper {
	var all []*scraper
	for i, grants := range []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second} {
		accept := []string{acceptText, acceptProtobuf}[i%2]
		all = append(all, &scraper{url: url, grants: grants, accept: accept, random: random(seed, 10+uint64(i))})
	}
	return all
}

// run scrapes until storm is done; the last scrape may outlive it.
func (s *scraper) run(t *testing.T, storm context.Context, j judge) { //nolint:revive // t first, as everywhere in tests
	t.Helper()
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for storm.Err() == nil {
		if s.random.IntN(3) == 0 {
			s.hangUp(t)
		} else {
			s.stay(t, j)
		}
		<-again.C
	}
}

// hangUp scrapes and leaves at a random moment, if the answer does not come before.
func (s *scraper) hangUp(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Duration(s.random.Int64N(int64(s.grants/2))))
	defer cancel()
	_, err := scrape(ctx, s.url, s.accept, s.header())
	if errors.Is(err, context.DeadlineExceeded) {
		s.hungUp++
	} else if err != nil {
		t.Errorf("granting %v, about to hang up: %v", s.grants, err)
	}
}

// stay scrapes, and judges what came.
func (s *scraper) stay(t *testing.T, j judge) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), s.grants+patience) // late answers are counted: a busy machine is no fault
	defer cancel()
	began := time.Now()
	seen, err := scrape(ctx, s.url, s.accept, s.header())
	ended := time.Now()
	if err == nil {
		err = j.complete(seen, began, ended)
	}
	if err != nil {
		t.Errorf("granting %v: after %v: %v", s.grants, ended.Sub(began), err)
		return
	}
	s.judged++
	if ended.Sub(began) > s.grants {
		s.late++
	}
	s.longest = max(s.longest, ended.Sub(began))
}

func (s *scraper) header() http.Header {
	return http.Header{"X-Prometheus-Scrape-Timeout-Seconds": {strconv.FormatFloat(s.grants.Seconds(), 'f', -1, 64)}}
}

// exposition is a scrape's answer, read.
type exposition struct {
	generation int // that all targets share
	targets    map[domain.Name]series
	own        map[string]float64 // the exporter's series, by name and label values with slashes between
}

// series are one target's values by name.
type series map[string]float64

// scrape asks once; anything but a whole answer is an error.
func scrape(ctx context.Context, url, accept string, header http.Header) (exposition, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return exposition{}, err
	}
	req.Close, req.Header = true, header
	req.Header.Set("Accept", accept)
	resp, err := new(http.Client).Do(req)
	if err != nil {
		return exposition{}, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return exposition{}, errors.New(resp.Status)
	}
	seen := exposition{generation: -1, targets: map[domain.Name]series{}, own: map[string]float64{}}
	families := expfmt.NewDecoder(resp.Body, expfmt.ResponseFormat(resp.Header))
	for {
		var family dto.MetricFamily
		switch err := families.Decode(&family); {
		case errors.Is(err, io.EOF):
			return seen, nil
		case err != nil:
			return exposition{}, err
		}
		for _, m := range family.GetMetric() {
			if err := seen.add(family.GetName(), m); err != nil {
				return exposition{}, err
			}
		}
	}
}

// add refuses a series that is there already, and a target of another generation than the others.
func (e *exposition) add(name string, m *dto.Metric) error {
	labels, key := map[string]string{}, name
	for _, l := range m.GetLabel() {
		labels[l.GetName()] = l.GetValue()
		key += "/" + l.GetValue()
	}
	of := e.own
	if strings.HasPrefix(name, "oss_cname_token_") {
		generation, err := strconv.Atoi(labels["generation"])
		if err != nil || e.generation >= 0 && e.generation != generation {
			return fmt.Errorf("generation %q beside %d", labels["generation"], e.generation)
		}
		e.generation, key = generation, name
		base, wildcard := strings.CutPrefix(labels["cname"], "*.")
		d := domain.Name{Bucket: labels["bucket"], Base: base, Wildcard: wildcard}
		if e.targets[d] == nil {
			e.targets[d] = series{}
		}
		of = e.targets[d]
	}
	if _, twice := of[key]; twice {
		return fmt.Errorf("%s %v is there twice", name, m.GetLabel())
	}
	// at most one of them is there
	of[key] = m.GetGauge().GetValue() + m.GetCounter().GetValue() + m.GetUntyped().GetValue() + float64(m.GetSummary().GetSampleCount())
	return nil
}
