package web

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/prometheus/common/expfmt"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/report"
	"oss_cname_exporter/internal/trace"
)

// explain answers a probe of targets for a person: the question, each step of the
// call, and the facts that are known now. It takes no cached answer, and shows no
// key.
func (h *handler) explain(ctx context.Context, w http.ResponseWriter, targets []config.Target, labels []string) {
	steps, began := new(trace.Trace), time.Now()
	snapshot := h.Scrape(trace.With(ctx, steps), targets, labels)
	var b bytes.Buffer
	for i := range targets {
		writeTarget(&b, &targets[i])
	}
	writeSteps(&b, steps.Steps(), began)
	for _, d := range report.New(targets, snapshot.Statuses(), report.Options{Now: h.Now(), Memory: h.Memory, History: h.History, HideTokens: h.HideTokens, ExternalURL: h.ExternalURL}).Domains { // none for a client that is gone
		fmt.Fprintln(&b, "\nWhat is known now")
		_ = d.WriteDetail(&b) // a buffer takes everything
	}
	fmt.Fprintln(&b, "\nIts metrics")
	_ = snapshot.Encode(&b, expfmt.NewFormat(expfmt.TypeTextPlain), nil) // a buffer takes everything
	_, _ = w.Write(b.Bytes())
}

// describePage sets the headers of the page that explain writes.
func describePage(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
}

func writeTarget(b *bytes.Buffer, t *config.Target) {
	listed := "yes"
	if t.Unlisted {
		listed = "no: asked for this once, and forgotten afterwards"
	}
	fmt.Fprintln(b, "What was asked")
	for _, row := range [][2]string{
		{"bucket", t.Bucket},
		{"cname", t.Cname()},
		{"account", t.Account.Name},
		{"region", t.Account.Region},
		{"endpoint", cmp.Or(t.Account.Endpoint, "the region's, "+t.Account.Network)},
		{"signature", t.Account.SignatureVersion},
		{"key from", t.Account.Credentials.Type},
		{"configured", listed},
	} {
		fmt.Fprintf(b, "  %-11s %s\n", row[0], plain.Printable(row[1]))
	}
}

func writeSteps(b *bytes.Buffer, steps []trace.Step, began time.Time) {
	fmt.Fprintln(b, "\nWhat happened")
	if len(steps) == 0 {
		fmt.Fprintln(b, "  no call was made for this page: it shares the answer of a scrape, or failed before there was one")
	}
	for _, s := range steps {
		took := ""
		if s.Took > 0 {
			took = " in " + s.Took.Round(time.Microsecond).String()
		}
		fmt.Fprintf(b, "  %9.1fms  %s%s\n", float64(s.At.Sub(began).Microseconds())/1e3, plain.Printable(s.Text), took)
	}
}
