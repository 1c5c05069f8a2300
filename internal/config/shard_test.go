package config_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"oss_cname_exporter/internal/config"
)

// shardsOf returns which shard of total holds each target, and fails unless each is in exactly one.
func shardsOf(t *testing.T, c *config.Config, total int) map[string]int {
	t.Helper()
	of := map[string]int{}
	for ordinal := range total {
		part := c.Shard(config.Shard{Ordinal: ordinal, Total: total})
		for _, target := range part.Targets {
			name := target.Bucket + "/" + target.Cname()
			if other, twice := of[name]; twice {
				t.Errorf("%s is in shards %d and %d of %d", name, other, ordinal, total)
			}
			of[name] = ordinal
		}
	}
	if len(of) != len(c.Targets) {
		t.Errorf("%d shards hold %d of %d targets", total, len(of), len(c.Targets))
	}
	return of
}

// manyTargets returns a config with n targets that have a name at random, as names are: most of them alike.
func manyTargets(t *testing.T, n int) *config.Config {
	t.Helper()
	random := rand.New(rand.NewPCG(rand.Uint64(), 0))
	var text strings.Builder
	text.WriteString("accounts: {main: {region: cn-hangzhou}}\ntargets:\n")
	for i := range n {
		fmt.Fprintf(&text, "- {bucket: bucket-%d, cname: \"%sd%d.example%d.com\", labels: {team: t%d}}\n",
			random.IntN(5), []string{"", "*."}[random.IntN(2)], i, random.IntN(3), i%4)
	}
	return parse(t, text.String())
}

// TestShardsAreAPartition holds for any targets: each is in exactly one shard, the shards are about equal, and one
// more takes about its share from the others and moves nothing else.
func TestShardsAreAPartition(t *testing.T) {
	const n = 5000
	c := manyTargets(t, n)
	before := shardsOf(t, c, 1)
	for total := 2; total <= 8; total++ {
		after := shardsOf(t, c, total)
		var moved int
		for name, shard := range after {
			if shard == before[name] {
				continue
			}
			moved++
			if shard != total-1 {
				t.Errorf("from %d to %d shards %s moves from %d to %d, want it to stay or to move to the new one",
					total-1, total, name, before[name], shard)
			}
		}
		// A share of 5000/total has a standard deviation below 50: this is more than five of them.
		if share := n / total; moved < share-270 || moved > share+270 {
			t.Errorf("from %d to %d shards %d of %d targets move, want about %d", total-1, total, moved, n, share)
		}
		before = after
	}
}

// TestShardsNeverChange pins where targets are: a new release that moved them would interrupt every series.
func TestShardsNeverChange(t *testing.T) {
	c := parse(t, `
accounts: {main: {region: cn-hangzhou}}
targets:
  - {bucket: examplebucket, cname: a.example}
  - {bucket: examplebucket, cname: "*.a.example"}
  - {bucket: examplebucket, cname: b.example}
  - {bucket: otherbucket, cname: a.example}
`)
	of := shardsOf(t, c, 10)
	for name, want := range map[string]int{
		"examplebucket/a.example": 5, "examplebucket/*.a.example": 2, "examplebucket/b.example": 5, "otherbucket/a.example": 8,
	} {
		if of[name] != want {
			t.Errorf("%s is in shard %d of 10, want %d", name, of[name], want)
		}
	}
}

func TestShardKeepsTheRest(t *testing.T) {
	c := manyTargets(t, 20)
	if c.Shard(config.Shard{}) != c || c.Shard(config.Shard{Total: 1}) != c {
		t.Error("the only shard is not all targets")
	}
	for ordinal := range 200 { // most of them are empty
		part := c.Shard(config.Shard{Ordinal: ordinal, Total: 200})
		if len(part.LabelNames) != 1 || part.Probe != c.Probe || len(part.Accounts) != 1 {
			t.Fatalf("shard %d: %+v", ordinal, part)
		}
		for _, target := range part.Targets {
			only, err := part.Select(config.Query{Bucket: target.Bucket, Cname: target.Cname()})
			if err != nil || only.Unlisted {
				t.Errorf("shard %d does not know its own target %s: %+v, %v", ordinal, target.Cname(), only, err)
			}
		}
	}
}

func TestParseShard(t *testing.T) {
	for _, tt := range []struct {
		name  string
		total int
		want  config.Shard
		fault string
	}{
		{"0", 1, config.Shard{Ordinal: 0, Total: 1}, ""},
		{"2", 3, config.Shard{Ordinal: 2, Total: 3}, ""},
		{"oss-cname-exporter-11", 12, config.Shard{Ordinal: 11, Total: 12}, ""},
		{"3", 3, config.Shard{}, `shard "3": there are 3, and the first is 0`},
		{"exporter-3", 3, config.Shard{}, `shard "exporter-3": there are 3, and the first is 0`},
		{"0", 0, config.Shard{}, "0 shards; write 1 to 10000"},
		{"0", 10001, config.Shard{}, "10001 shards; write 1 to 10000"},
		{"", 3, config.Shard{}, `shard "": write its number, from 0, or the name of a StatefulSet's pod, such as "exporter-0"`},
		{"-1", 3, config.Shard{}, `shard "-1": write its number, from 0, or the name of a StatefulSet's pod, such as "exporter-0"`},
		{"exporter-7d4b9-x2v", 3, config.Shard{}, `shard "exporter-7d4b9-x2v": write its number, from 0, or the name of a StatefulSet's pod, such as "exporter-0"`},
		{"99999999999999999999", 3, config.Shard{}, `shard "99999999999999999999": write its number, from 0, or the name of a StatefulSet's pod, such as "exporter-0"`},
	} {
		got, err := config.ParseShard(tt.name, tt.total)
		if got != tt.want || (err == nil) != (tt.fault == "") || err != nil && err.Error() != tt.fault {
			t.Errorf("%q of %d: got %+v, %v; want %+v, %s", tt.name, tt.total, got, err, tt.want, tt.fault)
		}
	}
}
