package ststest

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
)

// metadataToken is the token that a client must send: the service speaks only IMDSv2.
const metadataToken = "metadata-session-token"

// Metadata is the metadata service of an ECS instance with one RAM role.
type Metadata struct {
	URL string

	mint
	http *httptest.Server

	mu   sync.Mutex
	role string
}

// NewMetadata starts the service of an instance that has the role; "" is none.
func NewMetadata(role string, opts Options) *Metadata {
	m := &Metadata{mint: newMint(opts), role: role}
	mux := http.NewServeMux()
	mux.HandleFunc("PUT /latest/api/token", m.token)
	mux.HandleFunc("GET /latest/meta-data/ram/security-credentials/{role...}", m.credentials)
	m.http = httptest.NewServer(mux)
	m.URL = m.http.URL
	return m
}

// Close stops the server.
func (m *Metadata) Close() { m.http.Close() }

// SetRole attaches another role; "" detaches it.
func (m *Metadata) SetRole(role string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.role = role
}

func (m *Metadata) token(w http.ResponseWriter, r *http.Request) {
	if ttl, err := strconv.Atoi(r.Header.Get("X-aliyun-ecs-metadata-token-ttl-seconds")); err != nil || ttl < 1 || ttl > 21600 {
		http.Error(w, "bad ttl", http.StatusBadRequest)
		return
	}
	_, _ = io.WriteString(w, metadataToken)
}

func (m *Metadata) credentials(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	role := m.role
	m.mu.Unlock()
	asked := r.PathValue("role")
	switch {
	case r.Header.Get("X-aliyun-ecs-metadata-token") != metadataToken:
		http.Error(w, "no token", http.StatusForbidden)
	case role == "", asked != "" && asked != role:
		http.NotFound(w, r)
	case asked == "":
		_, _ = io.WriteString(w, role)
	default:
		body := m.issue()
		maps.Copy(body, map[string]string{"Code": "Success", "LastUpdated": m.now().UTC().Format("2006-01-02T15:04:05Z")})
		reply(w, http.StatusOK, body)
	}
}
