package changelog

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/go-kit/log"
)

// group has the changes that the log did not tell yet, and a budget of lines.
type group struct {
	pending map[subject]change
	lines   int       // told since it was quiet
	largest int       // the most changes that one of these lines told
	changed time.Time // of the last change
}

// change takes in that something changed.
func (g *group) change(now time.Time) {
	g.refill(now)
	g.changed = now
}

func (g *group) refill(now time.Time) {
	if now.Sub(g.changed) >= groupQuiet {
		g.lines, g.largest = 0, 0
	}
}

// tell logs the pending changes in as many lines as the budget has, and returns
// those that it told. Without a budget it tells none, unless there are ten times
// as many as any line told.
func (g *group) tell(logger log.Logger, now time.Time) []change {
	g.refill(now)
	left := maxLines - g.lines
	if left <= 0 && len(g.pending) > maxLines && len(g.pending) >= 10*g.largest {
		left = 1
	}
	if left <= 0 {
		return nil
	}
	told := slices.SortedFunc(maps.Values(g.pending), func(a, b change) int {
		return cmp.Or(strings.Compare(a.name.Bucket, b.name.Bucket), strings.Compare(a.name.Cname(), b.name.Cname()))
	})
	clear(g.pending)
	lines := linesOf(told, left)
	g.lines += len(lines)
	for i, line := range lines {
		g.largest = max(g.largest, len(line))
		note := ""
		if g.lines >= maxLines && i == len(lines)-1 {
			note = "more changes of this kind are told together, once there was none for " + groupQuiet.String()
		}
		write(logger, line, note)
	}
	return told
}

// linesOf returns the changes of each line, of which there are no more than room:
// one for each kind; where many kinds differ only in the name, or
// there is no room, one for these together; else one for all.
func linesOf(changes []change, room int) [][]change {
	names := map[lineKind]int{}
	for _, line := range groupBy(changes, change.kind) {
		names[line[0].kindOfMany()]++
	}
	merged := groupBy(changes, func(c change) lineKind {
		if many := c.kindOfMany(); names[many] > maxLines {
			return many
		}
		return c.kind()
	})
	if len(merged) <= room {
		return merged
	}
	if merged = groupBy(changes, change.kindOfMany); len(merged) <= room {
		return merged
	}
	return [][]change{changes}
}

// groupBy returns the changes with the same key together, in the order of the
// first of each.
func groupBy(changes []change, key func(change) lineKind) (lines [][]change) {
	at := map[lineKind]int{}
	for _, c := range changes {
		i, found := at[key(c)]
		if !found {
			i = len(lines)
			at[key(c)] = i
			lines = append(lines, nil)
		}
		lines[i] = append(lines[i], c)
	}
	return lines
}
