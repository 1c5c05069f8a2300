//go:build unix

package credentials_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"oss_cname_exporter/internal/credentials"
)

func TestProcess(t *testing.T) {
	script := func(text string) string {
		path := filepath.Join(t.TempDir(), "key.sh")
		write(t, path, text)
		return "/bin/sh " + path
	}
	clock := newClock()
	run := func(text string) credentials.Source { return credentials.FromProcess(script(text), clock.now) }

	mustKey(t, run(`echo '{"AccessKeyId": "id", "AccessKeySecret": "secret"}'`), "id/secret/")
	mustKey(t, run(`echo noise >&2; echo '{"AccessKeyId": "id", "AccessKeySecret": "secret", "SecurityToken": "token", "Expiration": "2022-02-23T21:39:42Z"}'`),
		"id/secret/token")
	noKey(t, run(`echo '{"AccessKeyId": "id", "AccessKeySecret": "secret-1", "Expiration": "2020-02-23T21:39:42Z"}'`), "expired already")
	noKey(t, run(`echo '{"AccessKeyId": "id", "AccessKeySecret": "secret-1", "Expiration": "soon"}'`), "Expiration")
	noKey(t, run(`echo '{"AccessKeyId": "id"}'`), `it must print {"AccessKeyId": "…", "AccessKeySecret": "…"}`)
	noKey(t, run(`echo secret-1`), `running "/bin/sh": no key as JSON in it: it must print {"AccessKeyId"`)
	noKey(t, run(`echo secret-1 >&2; exit 3`), `running "/bin/sh": exit status 3`)
	noKey(t, credentials.FromProcess("/no/such/program --password secret-1", nil), `running "/no/such/program": exit status 127`)
}

// TestProcessRunsOncePerLife has a program that prints another key each time.
func TestProcessRunsOncePerLife(t *testing.T) {
	paths := files(t, "", "")
	write(t, paths[0], `echo >>`+paths[1]+`; n=$(wc -l <`+paths[1]+`); echo "{\"AccessKeyId\": \"id-$n\", \"AccessKeySecret\": \"s\"}"`)
	clock := newClock()
	from := credentials.FromProcess("/bin/sh "+paths[0], clock.now)
	mustKey(t, from, "id-1/s/")
	mustKey(t, from, "id-1/s/")
	clock.advance(time.Minute) // it names no end, so it is asked again now and then
	mustKey(t, from, "id-1/s/")
	for got := ""; got != "id-2/s/"; { // the old key serves while the program runs
		got, _ = keyOf(t, from)
	}
}

func TestProcessMayUseTheShell(t *testing.T) {
	t.Setenv("KEY_OF_TEST", "id-7")
	mustKey(t, credentials.FromProcess(`printf '{"AccessKeyId": "%s", "AccessKeySecret": "s"}' "$KEY_OF_TEST" | cat`, nil), "id-7/s/")
	noKey(t, credentials.FromProcess("exit 3", nil), `running "exit": exit status 3`)
}

// TestProgramsOfEveryKind prints a key in each form that the vendor's tools and services have.
func TestProgramsOfEveryKind(t *testing.T) {
	clock := newClock()
	for text, want := range map[string]string{
		`{"mode": "AK", "access_key_id": "i", "access_key_secret": "s"}`:                                                                              "i/s/",
		`{"mode": "StsToken", "access_key_id": "i", "access_key_secret": "s", "sts_token": "t", "expiration": "2022-02-23T21:39:42Z"}`:                "i/s/t",
		`{"access_key_id": "i", "access_key_secret": "s", "sts_token": "t", "sts_expiration": 1645652382}`:                                            "i/s/t",
		`{"RequestId": "r", "Credentials": {"AccessKeyId": "i", "AccessKeySecret": "s", "SecurityToken": "t", "Expiration": "2022-02-23T21:39:42Z"}}`: "i/s/t",
		`{"accessKeyId": "i", "accessKeySecret": "s", "securityToken": "t", "expiration": "2022-02-23T21:39:42Z"}`:                                    "i/s/t",
		`{"AccessKeyId": " i\n", "AccessKeySecret": "\ts\r\n", "SecurityToken": "t\n"}`:                                                               "i/s/t",
		`{"AccessKeyId": "i", "AccessKeySecret": "s", "SecurityToken": null, "Expiration": null}`:                                                     "i/s/",
	} {
		mustKey(t, credentials.FromProcess("cat "+files(t, text)[0], clock.now), want)
	}
	for text, want := range map[string]string{
		`{"mode": "RamRoleArn", "access_key_id": "i", "access_key_secret": "secret-1"}`:       `the mode is "RamRoleArn"; it can be AK or StsToken`,
		`{"access_key_id": "i", "access_key_secret": "secret-1", "sts_expiration": 1}`:        "the key has expired already",
		`{"AccessKeyId": "i", "AccessKeySecret": "secret-1\nsecret-2"}`:                       "the access key secret has a line break in it; write only the value, on one line",
		`{"AccessKeyId": "i d", "AccessKeySecret": "secret-1"}`:                               "the access key id has a blank in it",
		`{"AccessKeyId": "i", "AccessKeySecret": "secret-1\u0000"}`:                           "the access key secret has a control character in it",
		`{"AccessKeyId": "ｉ", "AccessKeySecret": "secret-1"}`:                                 "the access key id has a character in it that is not ASCII",
		`{"AccessKeyId": "i", "AccessKeySecret": "secret-1", "SecurityToken": "secret-2\n2"}`: "the security token has a line break in it",
		`[]`: "no key as JSON in it",
		``:   "no key as JSON in it",
	} {
		noKey(t, credentials.FromProcess("cat "+files(t, text)[0], clock.now), want)
	}
}

// TestProgramThatFloods prints without end.
func TestProgramThatFloods(t *testing.T) {
	noKey(t, credentials.FromProcess("yes secret-1", nil), `running "yes": it printed more than 64 KiB`)
	noKey(t, credentials.FromProcess("trap '' PIPE; yes secret-1; while :; do :; done", nil), "it printed more than 64 KiB")
}

// TestProgramLeavesNothingBehind has the shell end while a child of it holds the pipe.
func TestProgramLeavesNothingBehind(t *testing.T) {
	pids := files(t, "")[0]
	from := credentials.FromProcess(`sleep 75 & echo $! > `+pids+`; echo '{"AccessKeyId": "i", "AccessKeySecret": "s"}'`, nil)
	mustKey(t, from, "i/s/")
	gone(t, pids)
}

// TestProgramThatHangsIsEnded stops a source whose shell waits for a child.
func TestProgramThatHangsIsEnded(t *testing.T) {
	pids := files(t, "")[0]
	from := credentials.FromProcess(`sleep 75 & echo $! > `+pids+`; wait`, nil)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer cancel()
		for readPID(t, pids) == 0 {
			runtime.Gosched()
		}
	}()
	if _, err := from.Key(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	from.Stop()
	gone(t, pids)
}

// readPID returns the process id in a file, 0 if there is none yet.
func readPID(t *testing.T, path string) int {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	pid, _ := strconv.Atoi(strings.TrimSpace(string(text)))
	return pid
}

// gone wants that the process ends, of which the file has the id. Whoever inherits it may take a moment to bury it.
func gone(t *testing.T, path string) {
	t.Helper()
	pid := readPID(t, path)
	if pid == 0 {
		t.Fatal("there was no child")
	}
	for syscall.Kill(pid, 0) == nil {
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && strings.Contains(string(stat), ") Z ") {
			return // dead, and not buried yet
		}
		if t.Context().Err() != nil {
			t.Fatalf("process %d lives on", pid)
		}
		runtime.Gosched()
	}
}
