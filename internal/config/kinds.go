package config

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/xhit/go-str2duration/v2"
)

// variable is the JSON schema of a value that has a variable of the environment in it.
func variable() map[string]any { return map[string]any{"type": "string", "pattern": `\$\{`} }

// texts are values that parse accepts; values describes them.
func texts(parse func(string) (string, error), values string) kind[string] {
	return kind[string]{parse, values, map[string]any{"type": []string{"string", "number", "boolean"}}}
}

// words are exactly the known words; meant are words that are often written in place of one.
func words(meant map[string]string, known ...string) kind[string] {
	parse := func(text string) (string, error) {
		for _, k := range known {
			if text == k {
				return k, nil
			}
		}
		return "", fmt.Errorf("unknown; %s", suggest(text, known, meant))
	}
	return kind[string]{parse, strings.Join(known, ", "), map[string]any{"anyOf": []any{map[string]any{"enum": known}, variable()}}}
}

// booleans are true and false.
func booleans() kind[bool] {
	parse := func(text string) (bool, error) {
		if text != "true" && text != "false" {
			return false, errors.New("write true or false")
		}
		return text == "true", nil
	}
	return kind[bool]{parse, "true, false", map[string]any{"anyOf": []any{map[string]any{"type": "boolean"}, variable()}}}
}

// ParseDuration accepts durations from least to most, as the command line's library reads them: those of Go, and days
// and weeks.
func ParseDuration(text string, least, most time.Duration) (time.Duration, error) {
	d, err := str2duration.ParseDuration(text)
	if err != nil {
		return 0, errors.New(`not a duration; write a number with its unit (ms, s, m, h, d), such as "30s"`)
	}
	if d < least || d > most {
		return 0, fmt.Errorf("out of range; write %s to %s", short(least), short(most))
	}
	return d, nil
}

func durations(least, most time.Duration) kind[time.Duration] {
	parse := func(text string) (time.Duration, error) { return ParseDuration(text, least, most) }
	return kind[time.Duration]{parse, short(least) + " to " + short(most), map[string]any{"anyOf": []any{
		map[string]any{"type": "string", "pattern": `^([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h|d|w))+$`}, variable(),
	}}}
}

// short prints 5m0s as 5m, 24h0m0s as 24h and more whole days as 3d.
func short(d time.Duration) string {
	const day = 24 * time.Hour
	if d > day && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// wholes are whole decimal numbers from least to most.
func wholes(least, most int) kind[int] {
	parse := func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			return 0, fmt.Errorf("write a whole number, %d to %d", least, most)
		}
		return n, nil
	}
	return kind[int]{parse, fmt.Sprintf("%d to %d", least, most), map[string]any{"anyOf": []any{
		map[string]any{"type": "integer", "minimum": least, "maximum": most}, variable(),
	}}}
}

// rates are calls a second; 0 is no limit.
func rates() kind[float64] {
	parse := func(text string) (float64, error) {
		r, err := strconv.ParseFloat(text, 64)
		if err == nil && !math.IsNaN(r) && (r == 0 || r >= MinRateLimit && r <= MaxRateLimit) {
			return r, nil
		}
		return 0, fmt.Errorf("write calls a second, %v to %v, or 0 for no limit", MinRateLimit, MaxRateLimit)
	}
	return kind[float64]{parse, fmt.Sprintf("%v to %v, or 0", MinRateLimit, MaxRateLimit), map[string]any{"anyOf": []any{
		map[string]any{"type": "number", "minimum": 0, "maximum": MaxRateLimit}, variable(),
	}}}
}
