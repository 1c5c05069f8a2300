package ossclient

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aliyun/credentials-go/credentials/providers"
)

// Instance is the ECS instance that the exporter runs on.
type Instance struct {
	Role string           // name of the RAM role; "" is ALIBABA_CLOUD_ECS_METADATA, else the one that the instance has
	Now  func() time.Time // nil is time.Now
}

// FromInstance gets the keys of the instance's RAM role from the metadata
// service, in its hardened mode only (IMDSv2). The service renews a key well
// before its end, which the library does not tell: it is asked again now and
// then.
func FromInstance(i Instance) Credentials {
	return newRenewed(i.Now, func(context.Context) (Key, error) {
		key, err := ask(providers.NewECSRAMRoleCredentialsProviderBuilder().
			WithRoleName(i.Role).
			WithDisableIMDSv1(true).
			Build())
		if err != nil {
			return Key{}, fmt.Errorf("asking the metadata service at http://%s: %w", metadataHost, i.failure(err))
		}
		return key, nil
	})
}

// failure words an error of the vendor's library, whose own text may hold what
// the service replied.
func (i Instance) failure(err error) error {
	for _, known := range []struct{ said, means string }{
		{"is disabled", "ALIBABA_CLOUD_ECS_METADATA_DISABLED forbids it"},
		{"get metadata token failed", "no answer; only an ECS instance has it"},
		{"get role name failed", "it names no role; attach a RAM role to the instance"},
		{"httpStatus: 404", fmt.Sprintf("the instance has no role %q; attach this role to the instance", i.Role)},
	} {
		if strings.Contains(err.Error(), known.said) {
			return errors.New(known.means)
		}
	}
	return errors.New("the reply is not the metadata service's")
}
