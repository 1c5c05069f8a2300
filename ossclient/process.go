package ossclient

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

// FromProcess has the shell run a command that prints a key as JSON, the way
// the vendor's tools have it. What it prints, to either side, is repeated
// nowhere. now is a clock; nil is time.Now.
func FromProcess(command string, now func() time.Time) Credentials {
	program := credentials.NewProcessCredentialsProvider(command, func(o *credentials.ProcessCredentialsProviderOptions) {
		o.Timeout = -1 // none but the context's
	})
	return newRenewed(now, func(ctx context.Context) (Key, error) {
		printed, err := program.GetCredentials(ctx)
		if err != nil {
			return Key{}, fmt.Errorf("running %q: %w", strings.Fields(command)[0], processFailure(ctx, err))
		}
		key := Key{ID: printed.AccessKeyID, Secret: Secret(printed.AccessKeySecret), Token: Secret(printed.SecurityToken)}
		if printed.Expires != nil {
			key.Expires = *printed.Expires
		}
		return key, nil
	})
}

// processFailure words an error of the SDK, whose own text may quote what the
// command printed.
func processFailure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("it did not end in time")
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit
	}
	if shell, ok := errors.AsType[*exec.Error](err); ok {
		return shell
	}
	return errors.New(`it must print {"AccessKeyId": "…", "AccessKeySecret": "…"}, and of a temporary key ` +
		`"SecurityToken" and an "Expiration" such as "2026-01-02T15:04:05Z" besides`)
}
