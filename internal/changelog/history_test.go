package changelog_test

import (
	"fmt"
	"testing"
	"time"

	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
)

func TestHistoryIsBounded(t *testing.T) {
	h := changelog.NewHistory()
	name := func(i int) domain.Name { return domain.Name{Bucket: "b", Base: fmt.Sprintf("d%d.example.com", i)} }
	for i := range 25 {
		h.Add(name(0), changelog.Change{At: now.Add(time.Duration(i)), Was: "a", Is: "b"})
	}
	if got := h.Of(name(0)); len(got) != 20 || !got[0].At.Equal(now.Add(24)) || !got[19].At.Equal(now.Add(5)) {
		t.Errorf("got %d, from %v to %v", len(got), got[0].At, got[len(got)-1].At)
	}
	for i := range 10_000 {
		h.Add(name(i+1), changelog.Change{At: now, Was: "a", Is: "b"})
		if i == 5000 {
			h.Add(name(1), changelog.Change{At: now, Was: "b", Is: "a"})
		}
	}
	if len(h.Of(name(0))) != 0 || len(h.Of(name(1))) != 2 || len(h.Of(name(10_000))) != 1 {
		t.Error("not the domain that changed first is forgotten")
	}
	h.Retain(&config.Config{Targets: []config.Target{{Name: name(1)}}})
	if len(h.Of(name(2))) != 0 || len(h.Of(name(1))) != 2 {
		t.Error("a reload forgets the wrong ones")
	}
	var none *changelog.History
	none.Add(name(1), changelog.Change{})
	if none.Of(name(1)) != nil {
		t.Error("a nil History remembers")
	}
}
