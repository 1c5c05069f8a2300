package ossclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// FromProcess runs a program that prints a key as JSON, the way the vendor's
// tools have it. command is split at spaces; there is no shell. What the
// program prints, to either side, is repeated nowhere. now is a clock; nil is
// time.Now.
func FromProcess(command string, now func() time.Time) Credentials {
	words := strings.Fields(command)
	return newRenewed(now, func(ctx context.Context) (Key, error) {
		key, err := runForKey(ctx, words)
		if err != nil {
			return Key{}, fmt.Errorf("running %q: %w", words[0], err)
		}
		return key, nil
	})
}

func runForKey(ctx context.Context, words []string) (Key, error) {
	var stdout bytes.Buffer
	cmd := exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // which program to run is what the operator says
	cmd.Stdout = &stdout
	cmd.WaitDelay = time.Second // a child that outlives the program holds its output open
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return Key{}, errors.New("it did not end in time")
		}
		return Key{}, err
	}
	var reply keyReply
	if json.Unmarshal(stdout.Bytes(), &reply) != nil {
		return Key{}, errors.New(`it did not print JSON; it must print {"AccessKeyId": …, "AccessKeySecret": …}`)
	}
	return reply.key()
}

// keyReply is a key as STS, the metadata service and programs write it.
type keyReply struct {
	AccessKeyID     string `json:"AccessKeyId"`
	AccessKeySecret string `json:"AccessKeySecret"`
	SecurityToken   string `json:"SecurityToken"`
	Expiration      string `json:"Expiration"` // RFC 3339; "" is never
}

func (r keyReply) key() (Key, error) {
	key := Key{ID: r.AccessKeyID, Secret: Secret(r.AccessKeySecret), Token: Secret(r.SecurityToken)}
	if !key.complete() {
		return Key{}, errors.New("the reply has no AccessKeyId or no AccessKeySecret")
	}
	if r.Expiration == "" {
		return key, nil
	}
	var err error
	if key.Expires, err = time.Parse(time.RFC3339, r.Expiration); err != nil {
		return Key{}, errors.New("the reply's Expiration is no RFC 3339 time")
	}
	return key, nil
}
