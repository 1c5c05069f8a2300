package osstest

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"strings"
	"time"

	"oss_cname_exporter/internal/domain"
)

// tokenLife is how long OSS keeps an unused token.
const tokenLife = 72 * time.Hour

// canonical returns d as OSS keeps it: upper and lower case are the same.
func canonical(d domain.Name) domain.Name {
	d.Base = strings.ToLower(d.Base)
	return d
}

// Token is the value that the owner of a domain publishes in the DNS as a proof.
type Token struct {
	Value   string    // "" is a new random one
	Expires time.Time // to the second; the zero time is 72 hours from now
}

// Bucket is a bucket that exists.
type Bucket struct {
	Name      string
	Region    string    // where it lives; "" is the server's region
	Created   time.Time // zero is now
	Owner     string    // the only access key that may use it; "" is every key
	Forbidden bool      // no access key may use it
}

type key struct {
	secret  string
	token   string    // the security token of temporary credentials; "" for a permanent pair
	expires time.Time // zero is never
}

// isAgentic reports whether the bucket is of the kind whose full name is {prefix}-{uid}-{region}-ab-apsr: it takes
// wildcard domains, which standard buckets do not.
func isAgentic(bucket string) bool { return strings.HasSuffix(bucket, "-ab-apsr") }

// regionOf is where the bucket lives; of one that does not exist, the server's own region.
func (s *Server) regionOf(bucket string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cmp.Or(s.buckets[bucket].Region, s.region)
}

// AddKey permits a permanent key pair.
func (s *Server) AddKey(id, secret string) { s.addKey(id, key{secret: secret}) }

// AddSTSKey permits a temporary key pair with its security token, until expires; the zero time is for ever.
func (s *Server) AddSTSKey(id, secret, token string, expires time.Time) {
	s.addKey(id, key{secret: secret, token: token, expires: expires})
}

func (s *Server) addKey(id string, k key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[id] = k
}

// AddBucket makes a bucket, or replaces the one of that name.
func (s *Server) AddBucket(b Bucket) {
	if b.Region == "" {
		b.Region = s.region
	}
	if b.Created.IsZero() {
		b.Created = s.now()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets[b.Name] = b
}

// SetToken gives d a token, as CreateCnameToken would have done.
func (s *Server) SetToken(d domain.Name, t Token) {
	t = t.filled(s.now())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[canonical(d)] = t
}

// Token is the token of d; the zero Token if there is none.
func (s *Server) Token(d domain.Name) Token {
	t, live := s.liveToken(d, s.now())
	if !live {
		return Token{}
	}
	return t
}

// DeleteToken takes the token of d away, as binding the domain does.
func (s *Server) DeleteToken(d domain.Name) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, canonical(d))
}

// liveToken is the token of d, unless it has expired.
func (s *Server) liveToken(d domain.Name, now time.Time) (Token, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, exists := s.tokens[canonical(d)]
	return t, exists && now.Before(t.Expires)
}

// createToken is the live token of d, made now if there is none.
func (s *Server) createToken(d domain.Name, now time.Time) Token {
	s.mu.Lock()
	defer s.mu.Unlock()
	d = canonical(d)
	t, exists := s.tokens[d]
	if !exists || !now.Before(t.Expires) {
		t = Token{}.filled(now)
		s.tokens[d] = t
	}
	return t
}

func (t Token) filled(now time.Time) Token {
	if t.Value == "" {
		value := make([]byte, 16)
		_, _ = rand.Read(value) // never fails
		t.Value = hex.EncodeToString(value)
	}
	if t.Expires.IsZero() {
		t.Expires = now.Add(tokenLife)
	}
	t.Expires = t.Expires.Truncate(time.Second)
	return t
}

// permit returns the key of that id, unless the security token beside it is not the one that belongs to it.
func (s *Server) permit(id string, c *call) (key, *refusal) {
	s.mu.Lock()
	k, known := s.keys[id]
	s.mu.Unlock()
	var refused refusal
	switch token := c.Header.Get("X-Oss-Security-Token"); {
	case !known, k.token != "" && token == "":
		refused = unknownKey
	case k.token == "" && token != "":
		refused = unknownSTSKey
	case token != k.token:
		refused = wrongToken
	case !k.expires.IsZero() && !c.at.Before(k.expires):
		refused = expiredToken
	default:
		return k, nil
	}
	refused.AccessKeyID = id
	return key{}, &refused
}
