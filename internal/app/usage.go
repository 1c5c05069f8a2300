package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"oss_cname_exporter/internal/config"
)

// usageTemplate is kingpin's own, but for a command: its flags and examples come
// first, then the flags that every command has.
const usageTemplate = `{{define "Line"}}{{if .FlagSummary}} {{.FlagSummary}}{{end}}
{{- range .Args}} [<{{.Name}}>{{if .Value|IsCumulative}}...{{end}}]{{end}}{{end -}}

{{with .Context.SelectedCommand -}}
usage: {{$.App.Name}} {{.}}{{template "Line" .}}

{{.Help|Wrap 0}}
{{if .Flags -}}
Flags of {{.}}:
{{.Flags|FlagsToTwoColumns|FormatTwoColumns}}
{{end -}}
{{if .Args -}}
Arguments:
{{.Args|ArgsToTwoColumns|FormatTwoColumns}}
{{end -}}
{{if .HelpLong -}}
Examples:
{{.HelpLong}}

{{end -}}
Flags of every command:
{{$.App.Flags|FlagsToTwoColumns|FormatTwoColumns}}
{{- else -}}
usage: {{.App.Name}}{{template "Line" .App}} <command> [<args> ...]

{{.App.Help|Wrap 0}}

Flags:
{{.Context.Flags|FlagsToTwoColumns|FormatTwoColumns}}
Commands:
{{range .App.FlattenedCommands -}}
{{"  "}}{{.FullCommand}}{{if .Default}}*{{end}}{{template "Line" .}}
{{.Help|Wrap 4}}
{{end -}}
{{end -}}
`

// examples are the lines under "Examples" in the help of each command.
func examples(lines ...string) string { return "  " + strings.Join(lines, "\n  ") }

// slip returns err in words that name the flag or the command that a misspelt
// one stands for.
func slip(err error, model *kingpin.ApplicationModel) error {
	if name, is := between(err.Error(), "unknown long flag '--", "'"); is {
		return unknownFlag(name, model)
	}
	if word, is := strings.CutPrefix(err.Error(), "unexpected "); is {
		return unexpected(word, model)
	}
	return fmt.Errorf("%w, try --help", err)
}

func unknownFlag(name string, model *kingpin.ApplicationModel) error {
	names := flagNames(model.FlagGroupModel)
	for _, command := range model.Commands {
		own := flagNames(command.FlagGroupModel)
		if slices.Contains(own, name) {
			return fmt.Errorf("--%s is a flag of the command %s; write %q", name, command.Name, command.Name+" --"+name)
		}
		names = append(names, own...)
	}
	if known, found := config.Nearest(name, names); found {
		return fmt.Errorf("unknown flag --%s; did you mean --%s?", name, known)
	}
	return fmt.Errorf("unknown flag --%s; --help lists them", name)
}

func unexpected(word string, model *kingpin.ApplicationModel) error {
	var names []string
	for _, command := range model.Commands {
		names = append(names, command.Name)
	}
	known, found := config.Nearest(word, names)
	switch {
	case found:
		return fmt.Errorf("unknown command %q; did you mean %s?", word, known)
	case strings.HasSuffix(word, ".yaml") || strings.HasSuffix(word, ".yml"):
		return fmt.Errorf("unexpected %q; for a configuration write --config.file=%s", word, word)
	case strings.Contains(word, "/"):
		return fmt.Errorf("unexpected %q; to ask about a domain write check %s", word, word)
	}
	return fmt.Errorf("unknown command %q; known: %s", word, strings.Join(names, ", "))
}

func flagNames(group *kingpin.FlagGroupModel) (names []string) {
	for _, flag := range group.Flags {
		names = append(names, flag.Name)
	}
	return names
}

// between returns the part of text that is between before, its beginning, and after.
func between(text, before, after string) (string, bool) {
	rest, is := strings.CutPrefix(text, before)
	if !is {
		return "", false
	}
	part, _, is := strings.Cut(rest, after)
	return part, is
}
