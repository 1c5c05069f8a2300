package poller

import (
	"context"

	"oss_cname_exporter/ossclient"
)

// Trace records what the questions of one Poll went through, step by step.
type Trace = ossclient.Trace

// Step is one thing that a Trace records.
type Step = ossclient.Step

// WithTrace returns ctx for a Poll that takes no cached answer and records its
// questions in t. A question that another Poll put already is not recorded. A
// nil t records nothing.
func WithTrace(ctx context.Context, t *Trace) context.Context { return ossclient.WithTrace(ctx, t) }
