package poller

import (
	"context"

	"oss_cname_exporter/internal/config"
)

// Ask has do ask something of account a that is about no target, on the terms
// of all questions: under the limit of calls in flight and the account's pace,
// with cfg's timeout, and with a panic as its own failure. It has its turn after
// the targets that already wait, and nothing is remembered of it.
func (p *Poller) Ask(ctx context.Context, cfg *config.Config, a config.Account, do func(context.Context) error) Attempt {
	q := p.enqueue(cfg, a, do)
	select {
	case <-q.done:
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !q.isOpen() {
		return q.entry.last
	}
	attempt := q.unanswered(p.now())
	p.leave(q)
	p.dispatch()
	return attempt
}

func (p *Poller) enqueue(cfg *config.Config, a config.Account, do func(context.Context) error) *question {
	k := &kind{check: checkOther, ask: func(ctx context.Context, _ *config.Target) (answer, error) { return answer{}, do(ctx) }}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.queue.concurrency == 0 { // nothing was polled yet
		p.queue.concurrency = cfg.Probe.Concurrency
	}
	t := &config.Target{Account: &a}
	e := &entry{asked: p.now()}
	q := p.queue.add(k, t, laneOf(t), e, cfg.Probe.Timeout)
	q.waiters, e.open = 1, q
	p.dispatch()
	return q
}

// checkOther keeps what is about no target out of the targets' errors.
const checkOther Check = "other"
