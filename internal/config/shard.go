package config

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// MaxShards bounds the number of shards: finding a target's is work that grows with it, if slowly.
const MaxShards = 10_000

// Shard is one of several equal parts of all targets. The zero value is the only one: all targets.
type Shard struct {
	Ordinal int // from 0
	Total   int // 0 is 1
}

// ParseShard reads a shard's ordinal, or the name of a StatefulSet's pod, which ends in it.
func ParseShard(name string, total int) (Shard, error) {
	if total < 1 || total > MaxShards {
		return Shard{}, fmt.Errorf("%d shards; write 1 to %d", total, MaxShards)
	}
	digits := name[strings.LastIndexByte(name, '-')+1:]
	ordinal, err := strconv.ParseUint(digits, 10, 31)
	if err != nil || strings.HasPrefix(name, "-") {
		return Shard{}, fmt.Errorf(`shard %s: write its number, from 0, or the name of a StatefulSet's pod, such as "exporter-0"`, quote(name))
	}
	if int(ordinal) >= total {
		return Shard{}, fmt.Errorf("shard %s: there are %d, and the first is 0", quote(name), total)
	}
	return Shard{int(ordinal), total}, nil
}

// Shard returns the Config with those of its targets that are in s. The label names stay those of all targets, so that
// the shards' series look alike. The first shard alone discovers: one look at an account is enough.
func (c *Config) Shard(s Shard) *Config {
	if s.Total <= 1 {
		return c
	}
	part := &Config{Warnings: c.Warnings, Probe: c.Probe, Rules: c.Rules, Accounts: c.Accounts, TargetFiles: c.TargetFiles, Part: s, LabelNames: c.LabelNames, listed: c.places}
	if s.Ordinal == 0 {
		part.Discover = c.Discover
	}
	for _, t := range c.Targets {
		if s.holds(t) {
			part.Targets = append(part.Targets, t)
		}
	}
	part.index()
	return part
}

func (s Shard) holds(t Target) bool {
	h := fnv.New64a()
	h.Write([]byte(t.String()))
	return jump(h.Sum64(), s.Total) == s.Ordinal
}

// jump is the consistent hash of Lamping and Veach, "A Fast, Minimal Memory, Consistent Hash Algorithm" (2014): it
// spreads keys evenly over n buckets, and from n to n+1 moves only the keys that the new bucket gets.
func jump(key uint64, n int) int {
	bucket, next := int64(-1), int64(0)
	for next < int64(n) {
		bucket = next
		key = key*2862933555777941757 + 1
		next = int64(float64(bucket+1) * (float64(1<<31) / float64(key>>33+1)))
	}
	return int(bucket)
}
