package config

import (
	"fmt"
	"strconv"
	"strings"
)

// suggest says what to write instead of word: the one of known it is a slip of, else any of them.
// Whoever writes a secret in the file is told where it belongs.
func suggest(word string, known []string) string {
	for _, k := range known {
		if distance(strings.ToLower(word), k) <= min(2, len(k)/2) || word+"_file" == k {
			return "write " + strconv.Quote(k)
		}
	}
	return "known: " + strings.Join(known, ", ")
}

// distance is the number of letters to insert, drop or replace to turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

// oneOf accepts exactly the known words.
func oneOf(known ...string) func(string) (string, error) {
	return func(text string) (string, error) {
		for _, k := range known {
			if text == k {
				return k, nil
			}
		}
		return "", fmt.Errorf("unknown; %s", suggest(text, known))
	}
}
