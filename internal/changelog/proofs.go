package changelog

import (
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
)

// checkProof stands for the verdict about the TXT record in a History.
const checkProof status.Check = "proof"

// verdict is what targets have in common whose TXT records change alike.
type verdict struct {
	account, region string
	was, is         status.Verdict
}

// logProofs logs each change of the verdict about a TXT record, unless many
// change alike at the same time.
func (l *Log) logProofs(targets []config.Target, statuses []status.Status, now time.Time) {
	alike := map[verdict][]int{}
	var order []verdict
	for i := range statuses {
		t, is := &targets[i], statuses[i].Proof.Verdict
		was := l.proofs[t.Name]
		if t.Unlisted || is == "" || is == was {
			continue
		}
		l.proofs[t.Name] = is
		if was != "" {
			l.history.Add(t.Name, Change{At: now, Check: checkProof, Was: string(was), Is: string(is)})
		}
		v := verdict{t.Account.Name, t.Account.Region, was, is}
		if alike[v] == nil {
			order = append(order, v)
		}
		alike[v] = append(alike[v], i)
	}
	for _, v := range order {
		n := len(alike[v])
		if n > maxLines {
			l.writeProof(log.With(l.logger, "account", v.account, "region", v.region, "targets", n), v, nil)
			continue
		}
		for _, i := range alike[v] {
			l.writeProof(about(l.logger, &targets[i]), v, &statuses[i].Proof)
		}
	}
}

// writeProof logs a change of the verdict about a TXT record; nil is that of
// many. That a record is not there yet is no news of a target that is seen for
// the first time.
func (l *Log) writeProof(logger log.Logger, v verdict, p *status.Proof) {
	logger = log.With(logger, "proof", v.is, "was", v.was)
	switch {
	case v.was == "" && (v.is == status.VerdictValid || v.is == status.VerdictMissing):
		level.Debug(logger).Log("msg", "looked at the TXT record for the first time")
	case v.is == status.VerdictValid:
		level.Info(logger).Log("msg", "the TXT record carries the token")
	case p == nil:
		level.Info(logger).Log("msg", "the TXT records do not carry the tokens")
	default:
		level.Info(logger).Log("msg", "the TXT record does not carry the token", "why", p)
	}
}
