// Package query reads the parameters of a request strictly: an unknown name is
// refused, because a slip would otherwise be a question about something else.
package query

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Parse returns the parameters in raw. Each must be one of known; noun is the
// word for a parameter in the error.
func Parse(raw, noun string, known ...string) (url.Values, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, fmt.Errorf("reading query: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("unknown %s %.64q; known: %s", noun, name, strings.Join(known, ", "))
		}
	}
	return values, nil
}

// Single is Parse for parameters that may be given once.
func Single(raw string, known ...string) (url.Values, error) {
	values, err := Parse(raw, "parameter", known...)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if _, err := Once(values, name); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// Once returns the value of a parameter that may be given once; "" is none.
func Once(values url.Values, name string) (string, error) {
	if n := len(values[name]); n > 1 {
		return "", fmt.Errorf("%s: given %d times; write it once", name, n)
	}
	return values.Get(name), nil
}

// Closed refuses values of a parameter that are none of known.
func Closed(values url.Values, name string, known ...string) error {
	for _, value := range values[name] {
		if !slices.Contains(known, value) {
			return fmt.Errorf("%s: unknown value %.64q; known: %s", name, value, strings.Join(known, ", "))
		}
	}
	return nil
}
