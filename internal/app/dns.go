package app

import (
	"context"
	"slices"

	"oss_cname_exporter/internal/dnsclient"
)

// agreed is the DNS of a poller that knows one answer only: where servers
// disagree, it is what all of them have.
type agreed struct{ *dnsclient.Client }

// TXT implements poller.DNS.
func (a agreed) TXT(ctx context.Context, name string, resolvers []string) ([]string, error) {
	answer, err := a.Client.TXT(ctx, name, resolvers)
	return common(answer), err
}

// Follow implements poller.DNS.
func (a agreed) Follow(ctx context.Context, name string, until, resolvers []string) ([]string, error) {
	answer, err := a.Client.Follow(ctx, name, until, resolvers)
	return common(answer), err
}

func common(answer dnsclient.Answer) []string {
	if len(answer.Findings) == 0 {
		return nil
	}
	return slices.DeleteFunc(answer.Findings[0].Records, func(record string) bool {
		return slices.ContainsFunc(answer.Findings, func(f dnsclient.Finding) bool { return !slices.Contains(f.Records, record) })
	})
}
