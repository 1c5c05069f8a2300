//go:build e2e

package clients_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"oss_cname_exporter/internal/domain"
)

// node is a client in a Node.js process, which answers one line with one line.
type node struct {
	t       *testing.T
	ask     io.WriteCloser
	answers *bufio.Scanner
}

// newAliOSS starts ali-oss.
func newAliOSS(t *testing.T, endpoint, secret string, v4 bool) client {
	t.Helper()
	return newNode(t, "ali-oss.cjs", map[string]any{
		"accessKeyId": "ak", "accessKeySecret": secret, "endpoint": endpoint, "region": "oss-cn-hangzhou", "authorizationV4": v4,
	})
}

// newTea starts the Tea gateway, the dialect of Terraform's provider. It signs V1 only.
func newTea(t *testing.T, endpoint, secret string) client {
	t.Helper()
	return newNode(t, "tea.cjs", map[string]any{"accessKeyId": "ak", "accessKeySecret": secret, "port": endpoint[strings.LastIndexByte(endpoint, ':')+1:]})
}

// newNode starts a script with the packages in the folder ALI_OSS, as "make e2e" installs them.
func newNode(t *testing.T, script string, settings map[string]any) client {
	t.Helper()
	folder := os.Getenv("ALI_OSS")
	if folder == "" {
		t.Fatal("ALI_OSS is no folder with the packages of npm; run make e2e")
	}
	options, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", script, folder, string(options))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	return &node{t, in, bufio.NewScanner(out)}
}

// request is one that the script hands on to the client.
type request struct {
	Method  string            `json:"method"`
	Bucket  string            `json:"bucket"`
	Subres  map[string]string `json:"subres"`
	Query   map[string]string `json:"query"`
	Content string            `json:"content,omitempty"`
}

// do has a request made, and returns the body.
func (n *node) do(r request) ([]byte, error) {
	n.t.Helper()
	line, err := json.Marshal(r)
	if err != nil {
		n.t.Fatal(err)
	}
	if _, err := n.ask.Write(append(line, '\n')); err != nil {
		n.t.Fatal(err)
	}
	var answer struct{ Body, Error string }
	if !n.answers.Scan() {
		n.t.Fatalf("node ended: %v", n.answers.Err())
	}
	if err := json.Unmarshal(n.answers.Bytes(), &answer); err != nil {
		n.t.Fatal(err)
	}
	if answer.Error != "" {
		return nil, errors.New(answer.Error)
	}
	return []byte(answer.Body), nil
}

// change makes one of the requests with a body. comp says which.
func (n *node) change(d domain.Name, comp string) ([]byte, error) {
	r := request{Method: "POST", Bucket: d.Bucket, Subres: map[string]string{"cname": "", "comp": comp}, Content: configuration(d)}
	if d.Bucket == agentic && comp != "add" {
		r.Query = map[string]string{"wildcard": strconv.FormatBool(d.Wildcard)}
	}
	return n.do(r)
}

func (n *node) create(d domain.Name) (string, error) {
	body, err := n.change(d, "token")
	return tokenIn(body), err
}

func (n *node) read(d domain.Name) (string, error) {
	r := request{Method: "GET", Bucket: d.Bucket, Subres: map[string]string{"cname": d.Base, "comp": "token"}}
	if d.Bucket == agentic {
		r.Query = map[string]string{"wildcard": strconv.FormatBool(d.Wildcard)}
	}
	body, err := n.do(r)
	return tokenIn(body), err
}

func (n *node) list(bucket string) ([]string, error) {
	body, err := n.do(request{Method: "GET", Bucket: bucket, Subres: map[string]string{"cname": ""}})
	if err != nil {
		return nil, err
	}
	return listed(body)
}

func (n *node) bind(d domain.Name) error   { _, err := n.change(d, "add"); return err }
func (n *node) remove(d domain.Name) error { _, err := n.change(d, "delete"); return err }
