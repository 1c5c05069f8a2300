// Package ststest plays the services that hand out temporary keys: Alibaba Cloud's STS and the metadata service of an
// ECS instance. Both are real servers on loopback, the STS with TLS, that check each request: a client that passes
// here has signed (ACS3-HMAC-SHA256), and shown its metadata token, as the real ones want it.
package ststest

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Key is a temporary key that was handed out, or one that may assume roles.
type Key struct {
	ID, Secret, Token string
	Expires           time.Time // zero is never
}

// Options are the settings of both services. The zero value works.
type Options struct {
	Now    func() time.Time // of the keys and of the requests; nil is time.Now
	Life   time.Duration    // of the keys that are handed out, whatever was asked for; 0 is an hour
	Issued func(Key)        // told of each key before it is handed out; nil is none
	Prefix string           // of the keys' secrets and tokens; "" is "issued"
}

// STS is an STS with one role. All methods may be called at any time, from any goroutine.
type STS struct {
	URL string

	mint
	http *httptest.Server

	mu         sync.Mutex // guards all below
	keys       map[string]Key
	tokens     map[string]time.Time // OIDC tokens, until when they are good
	role       string
	externalID string
	fault      *fault
	skew       time.Duration
	nonces     map[string]bool
	requests   []url.Values
}

// fault is how STS refuses.
type fault struct {
	status        int
	Code, Message string
	RequestID     string `json:"RequestId"`
}

// NewSTS starts an STS that knows the role and wants that external id; "" is none.
func NewSTS(role, externalID string, opts Options) *STS {
	s := &STS{
		mint: newMint(opts), role: role, externalID: externalID,
		keys: map[string]Key{}, tokens: map[string]time.Time{}, nonces: map[string]bool{},
	}
	s.http = httptest.NewUnstartedServer(s)
	s.http.Config.ErrorLog = log.New(io.Discard, "", 0) // a client that does not trust it
	s.http.StartTLS()
	s.URL = s.http.URL
	return s
}

// Certificate is the one that the server shows, in PEM.
func (s *STS) Certificate() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.http.Certificate().Raw})
}

// Close stops the server.
func (s *STS) Close() { s.http.Close() }

// AddKey permits a key to assume the role.
func (s *STS) AddKey(k Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[k.ID] = k
}

// AddToken permits an OIDC token to assume the role, until expires.
func (s *STS) AddToken(token string, expires time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[token] = expires
}

// Fail answers everything with a refusal that repeats the tokens it was sent; code "" ends that.
func (s *STS) Fail(status int, code, message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = nil
	if code != "" {
		s.fault = &fault{status: status, Code: code, Message: message}
	}
}

// Skew sets the clock by which requests are judged that much ahead of Options.Now.
func (s *STS) Skew(ahead time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew = ahead
}

// Requests returns the parameters of every request so far.
func (s *STS) Requests() []url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// ServeHTTP answers one request.
func (s *STS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refused := s.judge(r)
	if refused != nil {
		refused.RequestID = "STS-REQUEST-1"
		reply(w, refused.status, refused)
		return
	}
	reply(w, http.StatusOK, map[string]any{"RequestId": "STS-REQUEST-1", "Credentials": s.issue()})
}

// judge says why the request gets no key; nil is that it gets one.
func (s *STS) judge(r *http.Request) *fault {
	if err := r.ParseForm(); err != nil || r.Method != http.MethodPost {
		return &fault{status: 400, Code: "InvalidParameter", Message: "The request is not a form."}
	}
	if action := r.Header.Get("X-Acs-Action"); action != "" {
		r.Form.Set("Action", action)
		r.Form.Set("Version", r.Header.Get("X-Acs-Version"))
		r.Form.Set("Timestamp", r.Header.Get("X-Acs-Date"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r.Form)
	if s.fault != nil {
		repeats := *s.fault
		token := r.Header.Get("X-Acs-Security-Token")
		repeats.Message += r.Form.Get("OIDCToken") + token + url.QueryEscape(token) + r.Header.Get("Authorization")
		return &repeats
	}
	at, err := time.Parse("2006-01-02T15:04:05Z", r.Form.Get("Timestamp"))
	if err != nil || s.now().Add(s.skew).Sub(at).Abs() > 15*time.Minute {
		return &fault{status: 400, Code: "InvalidTimeStamp.Expired", Message: "Specified time stamp or date value is expired."}
	}
	if r.Form.Get("Version") != "2015-04-01" {
		return &fault{status: 400, Code: "InvalidVersion", Message: "Specified parameter Version is not valid."}
	}
	if refused := s.authenticate(r); refused != nil {
		return refused
	}
	return s.admit(r.Form)
}

// authenticate checks who asks.
func (s *STS) authenticate(r *http.Request) *fault {
	switch r.Form.Get("Action") {
	case "AssumeRole":
		return s.checkSignature(r)
	case "AssumeRoleWithOIDC":
		expires, known := s.tokens[r.PostForm.Get("OIDCToken")]
		if !known || r.PostForm.Get("OIDCProviderArn") == "" {
			return &fault{status: 401, Code: "AuthenticationFail.OIDCToken.Invalid", Message: "The Jwt content is invalid that cannot be recognized."}
		}
		if !s.now().Before(expires) {
			return &fault{status: 401, Code: "AuthenticationFail.OIDCToken.Expired", Message: "This JsonWebToken is expired."}
		}
		return nil
	}
	return &fault{status: 404, Code: "InvalidAction.NotFound", Message: "Specified api is not found."}
}

// admit checks the request.
func (s *STS) admit(form url.Values) *fault {
	seconds, err := strconv.Atoi(form.Get("DurationSeconds"))
	switch {
	case form.Get("RoleArn") != s.role:
		return &fault{status: 404, Code: "EntityNotExist.Role", Message: "The role not exists: " + form.Get("RoleArn") + "."}
	case form.Get("Action") == "AssumeRole" && form.Get("ExternalId") != s.externalID:
		return &fault{status: 403, Code: "NoPermission", Message: "You are not authorized to do this action. You should be authorized by RAM."}
	case err != nil || seconds < 900 || seconds > 43200:
		return &fault{status: 400, Code: "InvalidParameter.DurationSeconds", Message: "The parameter DurationSeconds is wrongly formed."}
	case form.Get("RoleSessionName") == "":
		return &fault{status: 400, Code: "InvalidParameter.RoleSessionName", Message: "The parameter RoleSessionName is wrongly formed."}
	}
	return nil
}

func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

// Authorities returns the certificates to trust for the server.
func (s *STS) Authorities() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.http.Certificate())
	return pool
}
