package app

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"oss_cname_exporter/internal/check"
	"oss_cname_exporter/internal/lang"
)

// The commands.
const (
	commandServe  = "serve"
	commandCheck  = "check"
	commandHealth = "health"
	commandInit   = "init"
)

// checkFlags are the flags of the command check.
type checkFlags struct {
	domains    []string
	accounts   []string
	labels     map[string][]string
	checks     []string
	output     string
	outputFile string
	failOn     string
	quiet      bool
}

// isWithoutFile reports whether the command line names a region in place of a
// configuration file.
func (f *flags) isWithoutFile() bool {
	return f.region != "" && !f.configNamed && f.configFile == defaultConfig && !f.demo
}

// addCommands adds the commands of the program, with the flags of each.
func addCommands(app *kingpin.Application, f *flags) {
	app.Command(commandServe, "Serve metrics and the status page. This is what is done without a command.").Default()
	app.Command(commandHealth, "Ask the exporter that runs here, with the same flags or environment, for /-/healthy: exit status 0 if it serves, 1 if it does not. "+
		"It asks nothing else, neither OSS nor the DNS.")
	f.ask.add(app.Command(commandCheck, "Ask once about the domains, as a scrape does, and say how they stand: exit status 0 if all is well, "+
		"1 if something needs attention, 2 if something is critical or could not be asked, 3 if too little is known, or the configuration or the command line is wrong."), f)
	first := app.Command(commandInit, "Write a first configuration to standard output: the domains that are bound to the account's buckets, with every check on. "+
		"The key comes from the environment. It needs oss:ListBuckets and oss:ListCname, and says which right is missing.")
	first.HelpLong(examples(
		"oss_cname_exporter init --region=cn-hangzhou > config.yaml",
		"oss_cname_exporter init --region=cn-hangzhou --bucket=examplebucket > config.yaml",
		"oss_cname_exporter init --region=cn-hangzhou --profile=default > config.yaml",
		"oss_cname_exporter init --demo"))
	first.Flag("region", "The region of the buckets, such as cn-hangzhou.").NoEnvar().StringVar(&f.region)
	first.Flag("profile", "A profile of the Alibaba Cloud CLI to take the key from; the environment if there is none.").NoEnvar().StringVar(&f.profile)
	first.Flag("bucket", "A bucket to look at, repeatable; all of the account's in the region if there is none.").NoEnvar().StringsVar(&f.buckets)
	f.addLanguage(first)
}

// addLanguage adds the flag for the language to a command.
func (f *flags) addLanguage(command *kingpin.CmdClause) {
	command.Flag("language", "Language of the texts, en or zh; that of LC_ALL, LC_MESSAGES or LANG by default.").
		NoEnvar().SetValue(oneOf(&f.language, "--language", string(lang.English), string(lang.Chinese)))
}

// add adds the flags and the argument of the command check. f has those that
// other commands share.
func (a *checkFlags) add(command *kingpin.CmdClause, f *flags) {
	command.HelpLong(examples(
		"oss_cname_exporter check",
		"oss_cname_exporter check www.example.com",
		"oss_cname_exporter check 'examplebucket/*' --label=team=web --quiet",
		"oss_cname_exporter check examplebucket/www.example.com --checks=binding,dns",
		"oss_cname_exporter check --region=cn-hangzhou examplebucket/www.example.com",
		"oss_cname_exporter check --region=cn-hangzhou --profile=default examplebucket/www.example.com",
		"oss_cname_exporter check --output=junit --output.file=report.xml --fail-on=critical",
		"oss_cname_exporter check --demo"))
	command.Arg("domain", "Each as bucket/domain, domain, or bucket/* for all of a bucket; all that are configured if there is none. "+
		"A bucket/domain need not be configured.").StringsVar(&a.domains)
	command.Flag("region", "With --config.file: only targets in this region. Else: ask without a file about the domains that are named, with a key from the environment and every check on.").
		NoEnvar().StringVar(&f.region)
	command.Flag("profile", "Without a file: a profile of the Alibaba Cloud CLI to take the key from.").NoEnvar().StringVar(&f.profile)
	command.Flag("account", "Only targets of this account, repeatable. An account for domains that are not configured.").NoEnvar().StringsVar(&a.accounts)
	command.Flag("label", "Only targets with this label of their own, such as team=web; repeatable.").NoEnvar().SetValue(labels(&a.labels))
	command.Flag("checks", "Switch these checks on and all others off: "+strings.Join(check.Checks(), ", ")+". Separated by commas; as configured by default.").
		NoEnvar().SetValue(listOf(&a.checks, "--checks", check.Checks()...))
	command.Flag("output", "Format: text, json, prom for node_exporter's textfile collector, github for annotations of a workflow, junit for CI systems.").
		NoEnvar().Default(check.Formats()[0]).SetValue(oneOf(&a.output, "--output", check.Formats()...))
	f.addLanguage(command)
	command.Flag("output.file", "Write to this file, in one step, and only the first line to standard output.").NoEnvar().StringVar(&a.outputFile)
	command.Flag("fail-on", "The least severity with an exit status that is not 0: "+strings.Join(check.FailOn(), ", ")+".").
		NoEnvar().Default(check.FailOn()[0]).SetValue(oneOf(&a.failOn, "--fail-on", check.FailOn()...))
	command.Flag("quiet", "Leave out the domains that are well, and print nothing if the exit status is 0.").NoEnvar().BoolVar(&a.quiet)
}

// repeated is a kingpin.Value that takes more than one value.
type repeated struct{ option[[]string] }

// IsCumulative tells kingpin that the flag may be repeated.
func (repeated) IsCumulative() bool { return true }

// labels reads name=value pairs.
func labels(value *map[string][]string) *repeated {
	*value = map[string][]string{}
	var all []string
	return &repeated{option[[]string]{value: &all, name: "--label", parse: func(text string) ([]string, error) {
		name, label, found := strings.Cut(text, "=")
		if !found || name == "" {
			return nil, errors.New(`write name=value, such as "team=web"`)
		}
		(*value)[name] = append((*value)[name], label)
		return append(all, text), nil
	}}}
}

// listOf reads words of a closed set, separated by commas.
func listOf(value *[]string, name string, known ...string) *option[[]string] {
	return &option[[]string]{value: value, name: name, parse: func(text string) ([]string, error) {
		words := strings.Split(text, ",")
		for _, word := range words {
			if !slices.Contains(known, word) {
				return nil, fmt.Errorf("write some of %s, separated by commas", strings.Join(known, ", "))
			}
		}
		return words, nil
	}}
}
