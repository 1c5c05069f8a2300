package changelog

import (
	"fmt"
	"strings"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/status"
)

// write logs changes as one line. If there are several, each has a line at debug
// level as well.
func write(logger log.Logger, changes []change, note string) {
	text, isBad := message(changes)
	at := level.Info(logger)
	if isBad {
		at = level.Warn(logger)
	}
	log.With(at, where(changes)...).Log(filled(append(text, "note", note))...)
	if len(changes) > 1 {
		for _, c := range changes {
			c.debug(logger)
		}
	}
}

// debug logs one change at debug level.
func (c change) debug(logger log.Logger) {
	text, _ := message([]change{c})
	log.With(level.Debug(logger), where([]change{c})...).Log(filled(text)...)
}

// where says which targets changed. Several are named by what they share.
func where(changes []change) (keyvals []any) {
	c := changes[0]
	if c.aspect == aspectTurn {
		return nil
	}
	keyvals = append(keyvals, "account", c.account, "region", c.region)
	if len(changes) == 1 {
		keyvals = append(keyvals, "bucket", c.name.Bucket, "cname", c.name.Cname())
	} else {
		if kinds := groupBy(changes, change.kind); len(kinds) == 1 && c.kind().name.Bucket != "" {
			keyvals = append(keyvals, "bucket", c.kind().name.Bucket)
		}
		keyvals = append(keyvals, "targets", len(changes))
	}
	if c.isCheck() {
		keyvals = append(keyvals, "check", string(c.aspect))
	}
	return keyvals
}

// message says what changed, and whether that is bad.
func message(changes []change) (keyvals []any, isBad bool) {
	c := changes[0]
	if len(groupBy(changes, change.kindOfMany)) > 1 {
		return mixed(changes)
	}
	switch c.aspect {
	case aspectState:
		return stateMessage(c)
	case aspectProof:
		return proofMessage(c, len(changes)), false
	case aspectTurn:
		return turnMessage(c)
	}
	question := "probe"
	if c.isCheck() {
		question = "check"
	}
	state := c.state.word
	if len(changes) > 1 {
		state = ""
	}
	if c.is.word == "" {
		return []any{"msg", question + " works again", "state", state, "was", c.was.word}, false
	}
	return []any{"msg", question + " failed", "state", state, "reason", c.is.word, "was", c.was.word, "err", c.detail}, true
}

// mixed counts the values of changes that have little in common.
func mixed(changes []change) (keyvals []any, isBad bool) {
	var values []string
	for _, same := range groupBy(changes, func(c change) lineKind { return lineKind{is: c.is} }) {
		value := same[0].is.word
		if value == "" {
			value = "works"
		}
		values = append(values, fmt.Sprintf("%d %s", len(same), value))
		_, bad := message(same[:1])
		isBad = isBad || bad
	}
	return []any{"msg", "many changes", "now", strings.Join(values, ", ")}, isBad
}

func stateMessage(c change) (keyvals []any, isBad bool) {
	keyvals = []any{"state", c.is.word, "token", c.is.token, "was", c.was.word}
	switch {
	case c.is.word == string(status.StateTokenExpired):
		return append([]any{"msg", "the token expired unused"}, keyvals...), true
	case c.is.word == string(status.StateDisabled):
		return append([]any{"msg", "the domain is not served", "status", c.is.status}, keyvals...), true
	case c.was == aspectValue{}:
		return append([]any{"msg", "state known"}, keyvals...), false
	}
	return append([]any{"msg", "state changed"}, keyvals...), false
}

func proofMessage(c change, n int) []any {
	keyvals := []any{"proof", c.is.word, "was", c.was.word}
	switch {
	case c.is.word == string(status.VerdictValid):
		return append(keyvals, "msg", "the TXT record carries the token")
	case n > 1:
		return append(keyvals, "msg", "the TXT records do not carry the tokens")
	}
	return append(keyvals, "msg", "the TXT record does not carry the token", "why", c.detail)
}

func turnMessage(c change) (keyvals []any, isBad bool) {
	n := c.detail.(turns)
	if c.is.word == "" {
		return []any{"msg", "every target has its turn again", "targets", n.targets}, false
	}
	return []any{
		"msg", "the scrape ended before every target had its turn; raise the scrape timeout, probe.concurrency or cache_ttl",
		"reason", c.is.word, "not_probed", n.notProbed, "targets", n.targets,
	}, true
}

// filled returns the pairs of keyvals whose value is not empty.
func filled(keyvals []any) (kept []any) {
	for i := 0; i < len(keyvals); i += 2 {
		if v := keyvals[i+1]; v != nil && v != "" {
			kept = append(kept, keyvals[i], v)
		}
	}
	return kept
}
