// Package ossclient asks Alibaba Cloud OSS one question at a time. It is the
// only place that knows the vendor's SDK, and it believes nothing that does
// not answer exactly the question: a Token or ErrNoToken, a bucket's Bindings,
// an account's Buckets, or an *Error.
package ossclient

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"oss_cname_exporter/internal/secret"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/trace"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/retry"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/signer"
)

// Options configures a Client. Only Region and Credentials are needed.
type Options struct {
	Account     string            // its name, for messages; may be ""
	Region      string            // plain region id such as "cn-hangzhou"; V4 signs it
	Endpoint    string            // host, or http(s) URL; "" is the region's, on Network
	UseCname    bool              // Endpoint is used as it is, without the bucket's name before it: a bound domain, or PrivateLink
	Network     Network           // the region's endpoint to use; 0 is the public one
	SignatureV1 bool              // the old signature; false is V4
	Credentials KeySource         // asked before each call
	UserAgent   string            // who asks, such as "program/1.0", told beside the SDK's; may be ""
	Attempts    int               // calls per question at most, the first included; 0 is 2
	Transport   http.RoundTripper // shared connections; nil is NewTransport(). Its error may be an *Error with the reason
	Secrets     []secret.Value    // of the way to OSS, such as a proxy's password: no error repeats them
	Observer    Observer          // nil is none
	Now         func() time.Time  // the clock that dates requests; nil is time.Now
}

// KeySource gives the key that signs the next call.
type KeySource interface {
	// Key returns a key, or an error that names the action on one line.
	Key(ctx context.Context) (secret.Key, error)
	// Invalidate is told that OSS refused the key with this token, "" for a
	// permanent key. It reports whether the next Key may be a better one.
	Invalidate(token secret.Value) (retry bool)
}

// Network is one of the endpoints that every region has.
type Network int

// The networks.
const (
	Public    Network = iota
	Internal          // inside the region only
	DualStack         // IPv4 and IPv6
)

// Client asks one region of one account. It is safe for concurrent use.
type Client struct {
	sdk           *oss.Client
	region        string
	now           func() time.Time
	getCnameToken exchange
	listCname     exchange
	listBuckets   exchange
}

// New returns a Client. It reads nothing and connects nowhere yet.
func New(opts Options) (*Client, error) {
	if opts.Credentials == nil {
		return nil, errors.New("building OSS client: no credentials")
	}
	if opts.Region == "" {
		return nil, errors.New("building OSS client: no region")
	}
	if u, err := url.Parse(opts.Endpoint); err != nil || u.User != nil {
		return nil, fmt.Errorf("building OSS client: endpoint %q is no host or URL", opts.Endpoint)
	}
	if opts.Transport == nil {
		opts.Transport = NewTransport()
	}
	if opts.Observer == nil {
		opts.Observer = noObserver{}
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	exchangeOf := func(operation string) exchange {
		return exchange{operation, opts.Account, opts.Credentials, opts.Transport, opts.Now, opts.Observer, opts.Secrets}
	}
	return &Client{
		sdk:           oss.NewClient(sdkConfig(opts)),
		region:        opts.Region,
		now:           opts.Now,
		getCnameToken: exchangeOf("GetCnameToken"),
		listCname:     exchangeOf("ListCname"),
		listBuckets:   exchangeOf("ListBuckets"),
	}, nil
}

// sdkConfig has the SDK ask for a key before each call, and repeat only a call
// that a second one can help.
func sdkConfig(opts Options) *oss.Config {
	cfg := oss.NewConfig().
		WithRegion(opts.Region).
		WithCredentialsProvider(credentials.CredentialsProviderFunc(func(ctx context.Context) (credentials.Credentials, error) {
			key, err := opts.Credentials.Key(ctx)
			if err == nil {
				key, err = key.Trimmed()
			}
			if err != nil {
				return credentials.Credentials{}, &credentialsError{opts.Account, err}
			}
			return credentials.Credentials{
				AccessKeyID: key.ID, AccessKeySecret: string(key.Secret), SecurityToken: string(key.Token),
			}, nil
		})).
		WithRetryer(retry.NewStandard(func(o *retry.RetryOptions) {
			o.MaxAttempts = cmp.Or(opts.Attempts, 2)
			o.ErrorRetryables = []retry.ErrorRetryable{repeatable{}}
		}))
	if opts.UserAgent != "" {
		cfg.WithUserAgent(opts.UserAgent)
	}
	switch {
	case opts.Endpoint != "":
		cfg.WithEndpoint(opts.Endpoint).WithUseCName(opts.UseCname)
	case opts.Network == Internal:
		cfg.WithUseInternalEndpoint(true)
	case opts.Network == DualStack:
		cfg.WithUseDualStackEndpoint(true)
	}
	if opts.SignatureV1 {
		cfg.WithSignatureVersion(oss.SignatureVersionV1)
	}
	return cfg
}

// repeatable is the SDK's question which failures a second call can help.
type repeatable struct{}

// IsErrorRetryable implements retry.ErrorRetryable.
func (repeatable) IsErrorRetryable(err error) bool {
	failure, ok := errors.AsType[*Error](err)
	return ok && failure.again
}

// ask puts a question about a bucket, or with "" about the account, and has the
// answer parsed. It returns nil if the answer is one that OSS documents.
func (c *Client) ask(ctx context.Context, x exchange, bucket string, query map[string]string, parse func(body []byte) error) *Error {
	input := &oss.OperationInput{OpName: x.operation, Method: http.MethodGet, Parameters: query}
	if bucket != "" {
		input.Bucket = &bucket
	}
	input.OpMetadata.Set(signer.SubResource, []string{"cname", "comp"}) // the query parameters that V1 signs
	input.OpMetadata.Set(signer.SignTime, c.now())
	var client oss.HTTPClient = x
	if recorded := trace.Of(ctx); recorded != nil {
		client = &tracing{exchange: x, Trace: recorded, began: map[string]time.Time{}}
	}
	output, err := c.sdk.InvokeOperation(ctx, input, func(o *oss.Options) { o.HttpClient = client })
	if failure, ok := errors.AsType[*Error](err); ok {
		return failure
	}
	if err != nil {
		return unsent(ctx, x.operation, err)
	}
	body, err := io.ReadAll(output.Body) // it is here already, and needs no closing
	if err == nil {
		err = parse(body)
	}
	if err != nil {
		var secrets []secret.Value
		if whole, ok := output.Body.(wholeBody); ok {
			secrets = whole.secrets
		}
		return &Error{
			Operation: x.operation, Reason: status.ReasonBadResponse, Status: output.StatusCode, Err: &remoteError{err, secrets},
			RequestID: secret.RemoteText(output.Headers.Get(requestIDHeader), secrets...),
		}
	}
	return nil
}
