package trace_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"oss_cname_exporter/internal/trace"
)

func TestTraceTravelsWithTheContext(t *testing.T) {
	recorded := new(trace.Trace)
	ctx := trace.With(t.Context(), recorded)
	if got := trace.Of(ctx); got != recorded {
		t.Errorf("got %p, want %p", got, recorded)
	}
	want := []trace.Step{{At: time.Unix(1, 0), Text: "a"}, {At: time.Unix(2, 0), Took: time.Second, Text: "b"}}
	for _, i := range []int{1, 0} { // as steps that end at the same moment may be recorded
		trace.Of(ctx).Add(want[i])
	}
	if got := recorded.Steps(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestNoTrace(t *testing.T) {
	if ctx := t.Context(); trace.With(ctx, nil) != ctx || trace.Of(ctx) != nil {
		t.Error("a trace came from nowhere")
	}
}

func TestManyAddAtOnce(t *testing.T) {
	recorded := new(trace.Trace)
	var adding sync.WaitGroup
	for range 20 {
		adding.Go(func() { recorded.Add(trace.Step{Text: "a"}) })
	}
	adding.Wait()
	if got := len(recorded.Steps()); got != 20 {
		t.Errorf("got %d steps, want 20", got)
	}
}
