package ossclient

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/aliyun/credentials-go/credentials/providers"
)

// metadataHost is where every ECS instance finds its own metadata.
const metadataHost = "100.100.100.200"

// NewLibraryTransport returns what http.DefaultTransport must be where STS or
// the metadata service is asked: the vendor's library clones it for each
// request, and there is no other way to say how that is sent. No connection
// outlives its request, since nobody would close it, and no proxy hears the
// metadata service, whose keys travel in the clear.
func NewLibraryTransport() *http.Transport {
	transport := NewTransport()
	transport.DisableKeepAlives = true
	transport.Proxy = exceptMetadata(transport.Proxy)
	return transport
}

func exceptMetadata(proxy func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(req *http.Request) (*url.URL, error) {
		if req.URL.Hostname() == metadataHost {
			return nil, nil
		}
		return proxy(req)
	}
}

// errBroken is a reply whose parts the library took for granted.
var errBroken = errors.New("the reply is not whole")

// ask gets one key from one of the vendor's providers, as its builder returns
// it. A provider keeps its key, hides when that ends and is not safe for
// concurrent use, so each is asked but once. The error may hold secrets.
func ask[P providers.CredentialsProvider](provider P, refused error) (key Key, err error) {
	if refused != nil {
		return Key{}, refused
	}
	defer func() {
		if recover() != nil { // it follows pointers that a reply may leave nil
			err = errBroken
		}
	}()
	got, err := provider.GetCredentials()
	if err != nil {
		return Key{}, err
	}
	return Key{ID: got.AccessKeyId, Secret: Secret(got.AccessKeySecret), Token: Secret(got.SecurityToken)}, nil
}
