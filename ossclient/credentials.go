package ossclient

import (
	"context"
	"errors"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

// Credentials hands out the key that signs the next call.
type Credentials = credentials.CredentialsProvider

// FromEnvironment reads the key from the variables that the vendor's tools
// use, each time it is asked: OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET and,
// for temporary keys, OSS_SESSION_TOKEN. getenv is os.Getenv or a stand-in.
func FromEnvironment(getenv func(string) string) Credentials {
	return credentials.CredentialsProviderFunc(func(context.Context) (credentials.Credentials, error) {
		key := credentials.Credentials{
			AccessKeyID:     getenv("OSS_ACCESS_KEY_ID"),
			AccessKeySecret: getenv("OSS_ACCESS_KEY_SECRET"),
			SecurityToken:   getenv("OSS_SESSION_TOKEN"),
		}
		if !key.HasKeys() {
			return key, errors.New("set OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET")
		}
		return key, nil
	})
}

// markErrors makes a provider's failure recognisable among the SDK's errors.
func markErrors(from Credentials) Credentials {
	return credentials.CredentialsProviderFunc(func(ctx context.Context) (credentials.Credentials, error) {
		key, err := from.GetCredentials(ctx)
		if err != nil {
			return key, &credentialsError{err: err}
		}
		return key, nil
	})
}
