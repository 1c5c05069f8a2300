package config

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

var (
	linePattern = regexp.MustCompile(`^(?:yaml: )?(?:line ([0-9]+): )?`)
	// The library counts lines from 0 in messages of its parser, from 1 in those of its scanner.
	fromZeroPattern = regexp.MustCompile(`^(did not find expected (key|node|<|'[-,])|found (undefined tag|incompatible|duplicate))`)
	anchorPattern   = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// document returns the one YAML document in text; false if there is a fault instead. want is the remedy if it is empty.
func (d *decoder) document(text []byte, want string) (value, bool) {
	if at, ok := firstUnreadable(text); ok {
		d.fault(value{line: lineOf(text, at)}, "not readable as text; save the file as UTF-8 without control characters")
		return value{}, false
	}
	stream := yaml.NewDecoder(bytes.NewReader(text))
	root, err := next(stream)
	if errors.Is(err, io.EOF) || err == nil && root.Content[0].ShortTag() == "!!null" {
		d.fault(value{line: 1}, "empty; %s", want)
		return value{}, false
	}
	if err != nil {
		d.syntaxFault(text, err)
		return value{}, false
	}
	if second, err := next(stream); err == nil {
		d.fault(value{line: second.Line}, `a second YAML document; write one, without "---" between parts`)
	} else if !errors.Is(err, io.EOF) {
		d.syntaxFault(text, err)
	}
	return value{line: root.Line, node: root.Content[0]}, true
}

// next reads one document. The library guards states it holds impossible with panics;
// such a file must not end an exporter that only reloads.
func next(stream *yaml.Decoder) (doc *yaml.Node, err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("malformed text")
		}
	}()
	doc = new(yaml.Node)
	return doc, stream.Decode(doc)
}

// syntaxFault turns an error of the library into a fault with the right line and a remedy.
func (d *decoder) syntaxFault(text []byte, err error) {
	match := linePattern.FindStringSubmatch(err.Error())
	said := strings.TrimPrefix(err.Error(), match[0])
	line, _ := strconv.Atoi(match[1])
	if anchor := anchorPattern.FindStringSubmatch(said); anchor != nil {
		line = lineOf(text, bytes.Index(text, []byte("*"+anchor[1])))
	} else if line == 0 || fromZeroPattern.MatchString(said) {
		line++
	}
	line = min(line, lineOf(text, len(text))) // the end of a file may count as a line of its own
	d.fault(value{line: line}, "not valid YAML: %s; %s", said, remedy(said))
}

// remedy returns the remedy for an error of the library.
func remedy(said string) string {
	for _, r := range []struct{ said, remedy string }{
		{"alphabetic or numeric character", `quote a value that begins with "*" or "&", as in "*.example.com"`},
		{"unknown anchor", `quote a value that begins with "*", as in "*.example.com"`},
		{"tab character", "indent with spaces, not tabs"},
		{"cannot start any token", "indent with spaces, not tabs, and quote a value that begins with @, % or a backtick"},
		{"mapping values are not allowed", `check the indentation, and quote a value that contains ": "`},
		{"expected ':'", `write "key: value"`},
		{"unexpected end of stream", "close the quote that opens here"},
		{"',' or ']'", `close the "[" that opens here`},
		{"',' or '}'", `close the "{" that opens here`},
	} {
		if strings.Contains(said, r.said) {
			return r.remedy
		}
	}
	return "check the quotes and the indentation around here"
}

// firstUnreadable finds the first character that YAML text may not contain.
func firstUnreadable(text []byte) (offset int, found bool) {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		broken := r == utf8.RuneError && size == 1
		if broken || unicode.IsControl(r) && !strings.ContainsRune("\t\r\n", r) || unicode.Is(unicode.Noncharacter_Code_Point, r) {
			return i, true
		}
		i += size
	}
	return 0, false
}

// lineOf returns the line of the byte at offset, 1 for a negative offset.
func lineOf(text []byte, offset int) int {
	return 1 + bytes.Count(text[:max(offset, 0)], []byte("\n"))
}

// kindName names a node's kind in the operator's words.
func kindName(kind yaml.Kind) string {
	return map[yaml.Kind]string{
		yaml.MappingNode:  `a mapping ("key: value")`,
		yaml.SequenceNode: `a list ("- item")`,
		yaml.ScalarNode:   "a single value",
	}[kind]
}
