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
	"strconv"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/secret"
	"oss_cname_exporter/internal/status"

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
	Observer    Observer          // nil is none
	Now         func() time.Time  // the clock that dates requests; nil is time.Now
}

// KeySource gives the key that signs the next call.
type KeySource interface {
	// Key returns a key, or an error that names the action on one line.
	Key(ctx context.Context) (secret.Key, error)
	// Invalidate is told that OSS refused the key with this token, "" for a
	// permanent key. It reports whether the next Key may be a better one.
	Invalidate(token secret.Text) (retry bool)
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
	return &Client{
		sdk:           oss.NewClient(sdkConfig(opts)),
		region:        opts.Region,
		now:           opts.Now,
		getCnameToken: exchange{"GetCnameToken", opts.Account, opts.Transport, opts.Now, opts.Observer},
		listCname:     exchange{"ListCname", opts.Account, opts.Transport, opts.Now, opts.Observer},
		listBuckets:   exchange{"ListBuckets", opts.Account, opts.Transport, opts.Now, opts.Observer},
	}, nil
}

func sdkConfig(opts Options) *oss.Config {
	cfg := oss.NewConfig().
		WithRegion(opts.Region).
		WithCredentialsProvider(forSDK(opts.Account, opts.Credentials)).
		WithRetryer(newRetryer(opts.Attempts, opts.Credentials))
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

// forSDK gives the keys of from to the SDK, and marks its failures as account's.
func forSDK(account string, from KeySource) credentials.CredentialsProvider {
	return credentials.CredentialsProviderFunc(func(ctx context.Context) (credentials.Credentials, error) {
		key, err := from.Key(ctx)
		if err == nil {
			key, err = key.Trimmed()
		}
		if err != nil {
			return credentials.Credentials{}, &credentialsError{account, err}
		}
		return credentials.Credentials{
			AccessKeyID: key.ID, AccessKeySecret: string(key.Secret), SecurityToken: string(key.Token),
		}, nil
	})
}

// newRetryer repeats a question only where a second call can help: OSS failed or
// waited too long for the request, the connection broke, or a key that was good
// for long is refused and there is another. A throttled call is not repeated.
func newRetryer(attempts int, from KeySource) retry.Retryer {
	return retry.NewStandard(func(o *retry.RetryOptions) {
		o.MaxAttempts = cmp.Or(attempts, 2)
		o.ErrorRetryables = []retry.ErrorRetryable{transient{from}}
	})
}

type transient struct{ from KeySource }

// IsErrorRetryable implements retry.ErrorRetryable. The SDK asks after every
// call that failed, the last one too.
func (t transient) IsErrorRetryable(err error) bool {
	answer, isAnswer := errors.AsType[*refusal](err)
	switch newError(context.Background(), "", err).Reason {
	case status.ReasonServerError, status.ReasonConnect:
		return true
	case status.ReasonTimeout:
		return isAnswer
	case status.ReasonCredentials:
		return isAnswer && t.from.Invalidate(answer.token)
	default:
		return false
	}
}

// GetCnameToken asks for the token of a domain. The error is ErrNoToken if OSS says
// that there is none, and an *Error for everything else; ctx bounds the whole
// call, retries included.
func (c *Client) GetCnameToken(ctx context.Context, name domain.Name) (token Token, err error) {
	failure := c.ask(ctx, c.getCnameToken, name.Bucket, map[string]string{
		"comp":     "token",
		"cname":    name.Base,
		"wildcard": strconv.FormatBool(name.Wildcard), // some kinds of buckets insist on it
	}, func(body []byte) error {
		token, err = parseToken(body, name)
		return err
	})
	switch {
	case failure == nil:
		return token, nil
	case failure.Status != http.StatusNotFound || failure.Code != "CnameTokenNotFound" || failure.Reason == status.ReasonWrongEndpoint:
		return Token{}, failure
	}
	// It is an answer if it is about name, as far as it names a subject.
	if err := matches(name, cmp.Or(failure.bucket, name.Bucket), cmp.Or(failure.cname, name.Base)); err != nil {
		failure.Reason, failure.Err = status.ReasonBadResponse, err
		return Token{}, failure
	}
	return Token{}, ErrNoToken
}

// ListCname asks which domains are bound to a bucket; none is an answer, too.
// The error is an *Error; ctx bounds the whole call, retries included.
func (c *Client) ListCname(ctx context.Context, bucket string) (bound []Binding, err error) {
	failure := c.ask(ctx, c.listCname, bucket, map[string]string{"cname": ""}, func(body []byte) error {
		bound, err = parseBindings(body, bucket)
		return err
	})
	return bound, explainUnbound(failure, bucket)
}

// ListBuckets asks for one page of the account's buckets, those whose names
// come after marker; "" is the first. OSS lists all regions, wherever it is
// asked; the page has those of the Client's. The error is an *Error; ctx bounds
// the whole call, retries included.
func (c *Client) ListBuckets(ctx context.Context, marker string) (page Buckets, err error) {
	query := map[string]string{"max-keys": maxBuckets}
	if marker != "" {
		query["marker"] = marker
	}
	failure := c.ask(ctx, c.listBuckets, "", query, func(body []byte) error {
		page, err = parseBuckets(body, c.region, marker)
		return err
	})
	if failure != nil {
		return Buckets{}, failure
	}
	return page, nil
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
	output, err := c.sdk.InvokeOperation(ctx, input, func(o *oss.Options) { o.HttpClient = x })
	if err != nil {
		return newError(ctx, x.operation, err)
	}
	body, err := io.ReadAll(output.Body) // it is here already, and needs no closing
	if err == nil {
		err = parse(body)
	}
	if err != nil {
		var secrets []secret.Text
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
