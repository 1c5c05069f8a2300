// Package alerts_test plays scenes from operators' lives to the rules of deploy/. The program itself, on a simulated clock
// and a simulated OSS, is scraped minute by minute into a real time series database, and Prometheus' rule engine says which
// alerts fire and with which texts.
package alerts_test

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/tsdb"
)

const rulesFile = "../../deploy/rules.yml"

// world is a Prometheus, what it scrapes, and its clock.
type world struct {
	t       testing.TB
	now     time.Time
	db      *tsdb.DB
	engine  *promql.Engine
	groups  []*rules.Group
	targets []*target
	cluster string // of the exporters that are added next
	every   time.Duration
	domains []*domain // the truth

	isStill    bool // the clock of the machine is left alone
	concurrent bool // rules are evaluated concurrently, as with --enable-feature=concurrent-rule-eval
}

// target is one that Prometheus scrapes.
type target struct {
	labels  map[string]string
	every   time.Duration
	due     time.Time
	scrape  func(now time.Time) (samples []sample, up bool)
	lose    int                      // scrapes to fail
	gone    bool                     // no longer a target
	present map[uint64]labels.Labels // in the last scrape
}

// sample is one of an exposition.
type sample struct {
	name   string
	labels map[string]string
	value  float64
}

// start is when every scene begins: the clock of testing/synctest.
var start = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func newWorld(t testing.TB, concurrent bool) *world {
	t.Helper()
	opts := tsdb.DefaultOptions()
	opts.BlockReloadInterval = 10000 * time.Hour
	opts.WALSegmentSize = -1 // none
	opts.MinBlockDuration = (1000 * time.Hour).Milliseconds()
	opts.MaxBlockDuration = opts.MinBlockDuration
	opts.RetentionDuration = 0
	db, err := tsdb.Open(t.TempDir(), slog.New(slog.DiscardHandler), nil, opts, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 50e6, Timeout: time.Minute, EnableAtModifier: true, EnableNegativeOffset: true,
		NoStepSubqueryIntervalFn: func(int64) int64 { return time.Minute.Milliseconds() },
	})
	t.Cleanup(func() { _ = engine.Close() })
	w := &world{t: t, now: time.Now().UTC(), db: db, engine: engine, every: time.Minute, concurrent: concurrent}
	w.load()
	return w
}

// load reads the rules as a Prometheus does that starts.
func (w *world) load(files ...string) {
	w.t.Helper()
	opts := &rules.ManagerOptions{
		Context: context.Background(), ExternalURL: &url.URL{},
		QueryFunc: rules.EngineQueryFunc(w.engine, w.db), Queryable: w.db,
		NotifyFunc:      func(context.Context, string, ...*rules.Alert) {},
		OutageTolerance: time.Hour, ForGracePeriod: 10 * time.Minute, Logger: slog.New(slog.DiscardHandler),
		ConcurrentEvalsEnabled: w.concurrent, MaxConcurrentEvals: 4,
	}
	// Its name depends on the version of Prometheus.
	appendable := reflect.ValueOf(opts).Elem().FieldByName("AppendableV2")
	if !appendable.IsValid() {
		appendable = reflect.ValueOf(opts).Elem().FieldByName("Appendable")
	}
	appendable.Set(reflect.ValueOf(w.db))
	groups, errs := rules.NewManager(opts).LoadGroups(w.every, labels.EmptyLabels(), "", nil, false, cmp.Or(strings.Join(files, ""), rulesFile))
	if len(errs) > 0 {
		w.t.Fatal(errs)
	}
	w.groups = slices.Collect(maps.Values(groups))
}

// scrapes adds a target.
func (w *world) scrapes(job, instance string, every time.Duration, more map[string]string, scrape func(time.Time) ([]sample, bool)) *target {
	all := map[string]string{"job": job, "instance": instance}
	if w.cluster != "" {
		all["cluster"] = w.cluster
	}
	maps.Copy(all, more)
	t := &target{labels: all, every: every, due: w.now, scrape: scrape, present: map[uint64]labels.Labels{}}
	w.targets = append(w.targets, t)
	return t
}

// after lets time go by: scrapes, then rules, every minute.
func (w *world) after(d time.Duration) {
	w.t.Helper()
	w.during(d, func() {})
}

// during lets time go by and looks after each evaluation.
func (w *world) during(d time.Duration, look func()) {
	w.t.Helper()
	for end := w.now.Add(d); w.now.Before(end); {
		w.pass(w.every)
		w.scrape()
		w.evaluate()
		look()
	}
}

// away lets time go by while Prometheus does not run, and starts it again.
func (w *world) away(d time.Duration) {
	w.t.Helper()
	w.pass(d)
	w.load()
	for i, t := range w.targets { // scrapes are spread over their interval, as ever
		t.due = w.now.Add(time.Duration(i) * t.every / time.Duration(len(w.targets)))
	}
	w.pass(w.every)
	w.scrape()
	w.evaluate()
	for _, g := range w.groups {
		g.RestoreForState(w.now)
	}
}

// pass moves the clock. A scrape may have taken some of the time already.
func (w *world) pass(d time.Duration) {
	w.now = w.now.Add(d)
	if !w.isStill {
		time.Sleep(time.Until(w.now))
	}
}

func (w *world) scrape() {
	w.t.Helper()
	app := w.db.Appender(context.Background())
	write := func(l labels.Labels, v float64) {
		if _, err := app.Append(0, l, w.now.UnixMilli(), v); err != nil {
			w.t.Fatal(err)
		}
	}
	stale := value.StaleNaN
	for _, t := range w.targets {
		if t.gone {
			for _, l := range t.present {
				write(l, float64frombits(stale))
			}
			clear(t.present)
			continue
		}
		if w.now.Before(t.due) {
			continue
		}
		for !t.due.After(w.now) {
			t.due = t.due.Add(t.every)
		}
		samples, up := t.scrape(w.now)
		if t.lose > 0 {
			t.lose--
			up = false
		}
		if !up {
			samples = nil
		}
		seen := map[uint64]labels.Labels{}
		set := func(s sample) {
			l := t.relabelled(s)
			seen[l.Hash()] = l
			write(l, s.value)
		}
		for _, s := range samples {
			set(s)
		}
		set(sample{name: "up", value: number(up)})
		for h, l := range t.present {
			if _, still := seen[h]; !still {
				write(l, float64frombits(stale))
			}
		}
		t.present = seen
	}
	if err := app.Commit(); err != nil {
		w.t.Fatal(err)
	}
	w.targets = slices.DeleteFunc(w.targets, func(t *target) bool { return t.gone })
}

// relabelled gives a sample the target's labels; its own that clash become exported_*.
func (t *target) relabelled(s sample) labels.Labels {
	all := map[string]string{"__name__": s.name}
	for name, v := range s.labels {
		if _, clash := t.labels[name]; clash {
			name = "exported_" + name
		}
		all[name] = v
	}
	maps.Copy(all, t.labels)
	maps.DeleteFunc(all, func(_, v string) bool { return v == "" })
	return labels.FromMap(all)
}

func (w *world) evaluate() {
	w.t.Helper()
	at := w.now.Add(5 * time.Second)
	for _, g := range w.groups {
		g.Eval(context.Background(), at)
		for _, r := range g.Rules() {
			if err := r.LastError(); err != nil {
				w.t.Fatalf("%v: %s: %v", w.now.Sub(start), r.Name(), err)
			}
		}
	}
}

// query evaluates an expression now, as a person would; for finding out why.
func (w *world) query(expr string) string {
	q, err := w.engine.NewInstantQuery(context.Background(), w.db, nil, expr, w.now.Add(5*time.Second))
	if err != nil {
		return err.Error()
	}
	defer q.Close()
	return q.Exec(context.Background()).String()
}
