package config

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var (
	variablePattern = regexp.MustCompile(`\$?\$\{[^}]*\}?`)
	namePattern     = regexp.MustCompile(`^\$\{([a-zA-Z_][a-zA-Z0-9_]*)\}$`)
)

// expand returns the text of v with the environment's value for each ${NAME}, if that is wanted. "$${" is a plain "${".
// What has no value is an error: an empty text in its place would be a value that nobody wrote.
func (d *decoder) expand(v value) (string, error) {
	text := v.node.Value
	if !strings.Contains(text, "${") {
		return text, nil
	}
	if d.getenv == nil {
		d.warn(v, `%s: has "${" in it, which stands for itself; to have the environment's value in its place, start with --config.expand-env`, quote(text))
		return text, nil
	}
	var err error
	text = variablePattern.ReplaceAllStringFunc(text, func(found string) string {
		if strings.HasPrefix(found, "$$") {
			return found[1:]
		}
		name := namePattern.FindStringSubmatch(found)
		if name == nil {
			err = errors.New(`not a variable; write one such as "${REGION}", or "$${" for a plain "${"`)
			return ""
		}
		value := d.getenv(name[1])
		if value == "" {
			err = fmt.Errorf("the environment has no %s, or it is empty; set it", name[1])
		}
		return value
	})
	return text, err
}
