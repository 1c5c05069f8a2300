// Package starter writes a first configuration from the buckets and bound domains of one account: the command "init".
// It writes all that the key may see, and says in the file which right is missing for the rest.
//
// A Lister answers for the account. An inventory is the list of its buckets, each with its domains or with the failure
// to list them.
package starter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/template"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// BucketLister lists the buckets of an account, and the domains that are bound to a bucket. The error is an *ossclient.Error.
type BucketLister interface {
	ListBuckets(ctx context.Context, a *config.Account, marker string) (ossclient.Buckets, error)
	ListCname(ctx context.Context, a *config.Account, bucket string) ([]ossclient.Binding, error)
}

// Options configures Write. Account is required.
type Options struct {
	Account *config.Account
	Buckets []string // the buckets to look at; none is every bucket in the account's region
	Command string   // the command line that the file names; "" is "oss_cname_exporter init"

	Language lang.Language // of the comments; "" is English
}

// maxBuckets bounds the buckets that are looked at.
const maxBuckets = 1000

// inventory is the list of an account's buckets.
type inventory struct {
	Buckets []bucket
	Missing []lang.Text // comment lines: rights that the key lacks, and their effect
}

// bucket is one bucket with its domains.
type bucket struct {
	Name    string
	Cnames  []string  // the domains that are bound to it
	Failure lang.Text // why its domains are not known; no text if they are
}

// Write asks l about the account and writes a configuration to w. It returns one line about the result for people. The
// error is a failure that leaves nothing to write: the key or the network.
func Write(ctx context.Context, l BucketLister, opts Options, w io.Writer) (summary string, err error) {
	found, err := list(ctx, l, opts)
	if err != nil {
		return "", err
	}
	if opts.Command == "" {
		opts.Command = "oss_cname_exporter init"
	}
	view := struct {
		inventory
		Account *config.Account
		Command string
		Domains int
	}{found, opts.Account, opts.Command, found.domains()}
	if err := newFile(opts.Language).Execute(w, view); err != nil {
		return "", fmt.Errorf("writing the configuration: %w", err)
	}
	return lang.Textf("%s in %s of %s", domains(view.Domains), buckets(len(found.Buckets)), opts.Account.Region).In(opts.Language), nil
}

func domains(n int) lang.Text {
	if n == 1 {
		return lang.Textf("1 domain")
	}
	return lang.Textf("%d domains", n)
}

func buckets(n int) lang.Text {
	if n == 1 {
		return lang.Textf("1 bucket")
	}
	return lang.Textf("%d buckets", n)
}

// domains counts the domains of all buckets.
func (i inventory) domains() (n int) {
	for _, b := range i.Buckets {
		n += len(b.Cnames)
	}
	return n
}

// list asks for the buckets, unless opts names them, and for the domains of each.
func list(ctx context.Context, l BucketLister, opts Options) (found inventory, err error) {
	names := opts.Buckets
	if len(names) == 0 {
		names, err = listBuckets(ctx, l, opts.Account)
		if isDenied(err) {
			found.Missing = append(found.Missing, lang.Textf("oss:ListBuckets is missing, so the buckets are unknown: name them with --bucket, or grant the right."))
		} else if err != nil {
			return inventory{}, fmt.Errorf("listing buckets: %w", err)
		}
	}
	if len(names) > maxBuckets {
		names = names[:maxBuckets]
		found.Missing = append(found.Missing, lang.Textf("There are more than %d buckets: name the others with --bucket.", maxBuckets))
	}
	denied := 0
	for _, name := range names {
		bindings, err := l.ListCname(ctx, opts.Account, name)
		if err != nil && !isOfBucket(err) {
			return inventory{}, fmt.Errorf("listing the domains of %q: %w", name, err)
		}
		if isDenied(err) {
			denied++
		}
		found.Buckets = append(found.Buckets, newBucket(name, bindings, err))
	}
	if denied > 0 {
		found.Missing = append(found.Missing, lang.Textf("oss:ListCname is missing for %d of %d buckets, so their domains are unknown.", denied, len(names)))
	}
	return found, nil
}

// listBuckets follows the pages of the list of buckets, up to maxBuckets and one more.
func listBuckets(ctx context.Context, l BucketLister, a *config.Account) (names []string, err error) {
	for marker := ""; len(names) <= maxBuckets; {
		page, err := l.ListBuckets(ctx, a, marker)
		if err != nil {
			return nil, err
		}
		names, marker = append(names, page.Names...), page.Next
		if marker == "" {
			break
		}
	}
	return names, nil
}

// newBucket reads the answer about the domains of one bucket. A binding whose name is not certain is left out and named
// as a failure.
func newBucket(name string, bindings []ossclient.Binding, err error) bucket {
	b := bucket{Name: name}
	if err != nil {
		b.Failure = lang.Verbatim(err.Error())
	}
	for _, binding := range bindings {
		if binding.Name.Base == "" || binding.Ambiguous {
			b.Failure = lang.Textf("an entry of the list could not be read")
			continue
		}
		b.Cnames = append(b.Cnames, binding.Name.Cname())
	}
	slices.Sort(b.Cnames)
	return b
}

// isDenied reports whether OSS refused err's call for want of a right.
func isDenied(err error) bool {
	failure, ok := errors.AsType[*ossclient.Error](err)
	return ok && failure.Reason == status.ReasonAccessDenied
}

// isOfBucket reports whether err says something about one bucket only.
func isOfBucket(err error) bool {
	failure, ok := errors.AsType[*ossclient.Error](err)
	return ok && slices.Contains([]status.Reason{
		status.ReasonAccessDenied, status.ReasonWrongEndpoint, status.ReasonBucketNotFound, status.ReasonInvalidArgument, status.ReasonBadResponse,
	}, failure.Reason)
}

// newFile returns the template of the configuration that Write writes, with comments in a language. Every name is quoted:
// YAML reads some bare names as other values.
func newFile(l lang.Language) *template.Template {
	return template.Must(template.New("config.yaml").Funcs(template.FuncMap{
		"quote":   func(text string) string { return fmt.Sprintf("%q", text) },
		"comment": func(text string) string { return strings.Join(strings.Fields(text), " ") },
		"t":       lang.Translator(l),
	}).Parse(file))
}

// file is the source of newFile.
const file = `# {{t "Written by: %s" (comment .Command)}}
# {{t "Check it with: %s" "oss_cname_exporter --config.check --config.file=FILE"}}
# {{t "All keys, with their defaults: config.example.yaml"}}
{{- range .Missing}}
#
# {{t .}}
{{- end}}

checks:
  binding: true  # {{t "one ListCname for each bucket and scrape: is the domain bound and served, when does its certificate expire"}}
  dns: true      # {{t "two DNS look-ups for each domain: does the TXT record carry the token, does the CNAME record lead to the bucket"}}

accounts:
  {{quote .Account.Name}}:
    region: {{quote .Account.Region}}
    {{- if .Account.Endpoint}}
    endpoint: {{quote .Account.Endpoint}}
    {{- end}}
    credentials:
    {{- if .Account.Credentials.Profile}}
      type: profile
      profile: {{quote .Account.Credentials.Profile}}  # {{t "of the Alibaba Cloud CLI: its key must be one that lasts"}}
    {{- else}}
      type: environment  # {{t "OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and, for STS, OSS_SESSION_TOKEN"}}
    {{- end}}
    {{- if not .Domains}}
    discover: true       # {{t "the page then shows domains that are bound later"}}
    {{- end}}

# {{t "OSS lists bound domains only. Add each domain that waits for its proof of ownership:"}}
#  - {bucket: "examplebucket", cname: "www.example.com"}
{{- if .Domains}}
targets:
{{- end}}
{{- range .Buckets}}
{{- if not .Failure.IsZero}}
  # {{.Name}}: {{t .Failure}}
{{- else if not .Cnames}}
  # {{.Name}}: {{t "no domain is bound"}}
{{- end}}
{{- $bucket := .Name}}
{{- range .Cnames}}
  - {bucket: {{quote $bucket}}, cname: {{quote .}}}
{{- end}}
{{- end}}
`
