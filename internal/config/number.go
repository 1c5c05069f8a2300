package config

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/xhit/go-str2duration/v2"
)

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

func durationIn(least, most time.Duration) func(string) (time.Duration, error) {
	return func(text string) (time.Duration, error) { return ParseDuration(text, least, most) }
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

// wholeIn accepts whole decimal numbers from least to most.
func wholeIn(least, most int) func(string) (int, error) {
	return func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			return 0, fmt.Errorf("write a whole number, %d to %d", least, most)
		}
		return n, nil
	}
}

// rate accepts calls a second; 0 is no limit.
func rate(text string) (float64, error) {
	r, err := strconv.ParseFloat(text, 64)
	// Written so that NaN, which compares false with everything, is refused.
	if err == nil && (r == 0 || r >= MinRateLimit && r <= MaxRateLimit) {
		return r, nil
	}
	return 0, fmt.Errorf("write calls a second, %v to %v, or 0 for no limit", MinRateLimit, MaxRateLimit)
}
