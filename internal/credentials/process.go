package credentials

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"

	"oss_cname_exporter/internal/secret"
)

const (
	// maxOutput bounds the output of a program, in bytes.
	maxOutput = 64 << 10
	// pipeGrace is how long the output of a program that has ended is still
	// read: its children may have inherited it.
	pipeGrace = time.Second
)

// FromProcess has the shell run a command that prints a key as JSON, in one of
// the forms that parseKey reads. Its output is not repeated in
// any message. now is a clock; nil is time.Now.
func FromProcess(command string, now func() time.Time) Source {
	return newCached(now, func(ctx context.Context) (secret.Key, error) {
		return keyOfProgram(ctx, strings.Fields(command)[0], "sh", "-c", command)
	})
}

// keyOfProgram runs a program that prints a key. name is shown in
// errors.
func keyOfProgram(ctx context.Context, name, program string, args ...string) (secret.Key, error) {
	printed, err := run(ctx, program, args...)
	if err != nil {
		return secret.Key{}, fmt.Errorf("running %q: %w", name, err)
	}
	key, err := parseKey(printed)
	if err != nil {
		return secret.Key{}, fmt.Errorf(`running %q: %w: it must print {"AccessKeyId": "…", "AccessKeySecret": "…"}, and of a temporary key `+
			`"SecurityToken" and an "Expiration" such as "2026-01-02T15:04:05Z" besides`, name, err)
	}
	return key, nil
}

// run returns the output of a program. The program and its children are gone when
// run returns: they share a process group, and ctx, the end of the program and
// too much output end all of it. A child that leaves the group loses the pipe.
func run(ctx context.Context, program string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	output := &boundedBuffer{full: cancel}
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // the operator's own
	cmd.Stdout = output
	cmd.WaitDelay = pipeGrace
	groupProcesses(cmd)
	err := cmd.Run()
	endGroup(cmd)
	shell, isShell := errors.AsType[*exec.Error](err)
	exit, isExit := errors.AsType[*exec.ExitError](err)
	switch {
	case output.overflowed:
		return nil, fmt.Errorf("it printed more than %d KiB", maxOutput>>10)
	case ctx.Err() != nil:
		return nil, errors.New("it did not end in time")
	case isShell:
		return nil, shell
	case isExit:
		return nil, errors.New(exit.String()) // without its output
	case err != nil && !errors.Is(err, exec.ErrWaitDelay):
		return nil, errors.New("it could not be run")
	}
	return output.text, nil
}

// boundedBuffer keeps up to maxOutput bytes, and calls full at one more.
type boundedBuffer struct {
	full       func()
	text       []byte
	overflowed bool
}

// Write implements io.Writer.
func (b *boundedBuffer) Write(p []byte) (int, error) {
	if len(b.text)+len(p) > maxOutput {
		b.overflowed = true
		b.full()
		return 0, errors.New("too much output")
	}
	b.text = append(b.text, p...)
	return len(p), nil
}
