package configfile

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

// expand returns text with the environment's value for each ${NAME}. "$${" is a
// plain "${". A variable without a value is an error: an empty text in its place
// would be a value that no operator wrote.
func expand(text string, getenv func(string) string) (string, error) {
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
		value := getenv(name[1])
		if value == "" {
			err = fmt.Errorf("the environment has no %s, or it is empty; set it", name[1])
		}
		return value
	})
	return text, err
}
