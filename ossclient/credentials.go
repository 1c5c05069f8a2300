package ossclient

import (
	"context"
	"errors"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

// Key signs calls.
type Key struct {
	ID      string
	Secret  Secret
	Token   Secret    // of a temporary key; "" for a permanent one
	Expires time.Time // zero is never, or that its source does not say
}

// Credentials hands out the key that signs the next call.
type Credentials interface {
	Key(ctx context.Context) (Key, error)
}

// refusable is Credentials that keep a key, and let go of one that OSS refused.
type refusable interface {
	// refused takes the token of the refused key, "" if it has none, and says
	// whether the next key is worth another try.
	refused(token Secret) bool
}

type keyFunc func(context.Context) (Key, error)

func (f keyFunc) Key(ctx context.Context) (Key, error) { return f(ctx) }

// FromEnvironment reads the key from the variables that the vendor's tools
// use, each time it is asked: OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and,
// for temporary keys, OSS_SESSION_TOKEN; where neither of the first two is
// set, ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and
// ALIBABA_CLOUD_SECURITY_TOKEN. The two sets are never mixed. getenv is
// os.Getenv or a stand-in.
func FromEnvironment(getenv func(string) string) Credentials {
	read := func(id, secret, token string) Key {
		return Key{ID: getenv(id), Secret: Secret(getenv(secret)), Token: Secret(getenv(token))}
	}
	return keyFunc(func(context.Context) (Key, error) {
		key := read("OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN")
		if key.ID == "" && key.Secret == "" {
			key = read("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN")
		}
		if !key.complete() {
			return Key{}, errors.New("set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET, or ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET")
		}
		return key, nil
	})
}

func (k Key) complete() bool { return k.ID != "" && k.Secret != "" }

// forSDK hands the keys of from to the SDK, and marks its failures as account's.
func forSDK(account string, from Credentials) credentials.CredentialsProvider {
	return credentials.CredentialsProviderFunc(func(ctx context.Context) (credentials.Credentials, error) {
		key, err := from.Key(ctx)
		if err != nil {
			return credentials.Credentials{}, &credentialsError{account, err}
		}
		return credentials.Credentials{
			AccessKeyID: key.ID, AccessKeySecret: string(key.Secret), SecurityToken: string(key.Token),
		}, nil
	})
}
