package osstest

import (
	"encoding/xml"
	"io"
	"net/http"
	"regexp"
)

// The operations that Behave scripts: of a domain, of a bucket, and of an account.
const (
	opGetCnameToken = "GetCnameToken"
	opListCname     = "ListCname"
	opListBuckets   = "ListBuckets"
)

// maxBody bounds what is read of a request's body, in bytes.
const maxBody = 64 << 10

// route tells the CNAME operations apart: all of them address a bucket with these two.
type route struct{ method, comp string }

type operation struct {
	name    string
	perform func(*call) (body any, refused *refusal)
}

func (s *Server) routes() map[route]operation {
	return map[route]operation{
		{http.MethodGet, "token"}:   {opGetCnameToken, s.getCnameToken},
		{http.MethodPost, "token"}:  {"CreateCnameToken", s.createCnameToken},
		{http.MethodGet, ""}:        {opListCname, s.listCname},
		{http.MethodPost, "add"}:    {"PutCname", s.putCname},
		{http.MethodPost, "delete"}: {"DeleteCname", s.deleteCname},
	}
}

// genuine answers as OSS would.
func (s *Server) genuine(w http.ResponseWriter, r *http.Request) { s.answer(w, s.parse(r)) }

func (s *Server) answer(w http.ResponseWriter, c *call) {
	body, refused := s.perform(c)
	if refused != nil {
		refused.ServeHTTP(w, c.Request)
		return
	}
	if body == nil {
		w.WriteHeader(http.StatusOK)
		return
	}
	writeXML(w, http.StatusOK, body)
}

// perform keeps OSS's order: who asks, for what, of which bucket.
func (s *Server) perform(c *call) (any, *refusal) {
	if c.queryErr != nil {
		return nil, invalidArgument("", "The query string is invalid.")
	}
	keyID, refused := s.authenticate(c)
	if refused != nil {
		return nil, refused
	}
	if c.operation.name == opListBuckets {
		return s.listBuckets(c, keyID)
	}
	if c.operation.perform == nil {
		return nil, &notImplemented
	}
	if refused := s.admit(c.bucket, keyID); refused != nil {
		return nil, refused
	}
	return c.operation.perform(c)
}

// admit refuses the buckets that do not exist, live elsewhere, or belong to somebody else.
func (s *Server) admit(bucket, keyID string) *refusal {
	s.mu.Lock()
	b, exists := s.buckets[bucket]
	s.mu.Unlock()
	switch {
	case !exists:
		refused := noSuchBucket
		refused.BucketName = bucket
		return &refused
	case b.Region != s.region:
		refused := wrongEndpoint
		refused.Bucket, refused.Endpoint = bucket, endpoint(b.Region)
		return &refused
	case b.Forbidden, b.Owner != "" && b.Owner != keyID:
		return &notYours
	}
	return nil
}

func (s *Server) getCnameToken(c *call) (any, *refusal) {
	if refused := checkCname(c.query.Get("cname")); refused != nil {
		return nil, refused
	}
	switch wildcard := c.query.Get("wildcard"); wildcard {
	case "", "true", "false":
	default:
		return nil, invalidArgument("", "The wildcard is invalid.").of("wildcard", wildcard)
	}
	d := c.domain()
	token, exists := s.liveToken(d, c.at)
	if !exists {
		refused := noToken
		refused.Bucket, refused.Cname = d.Bucket, d.Cname
		return nil, &refused
	}
	return newCnameToken(d, token), nil
}

// cnameConfiguration is the body of the requests that change something.
type cnameConfiguration struct {
	XMLName xml.Name `xml:"BucketCnameConfiguration"`
	Cname   struct {
		Domain                   *string
		IsWildCard               bool
		CertificateConfiguration *certificateConfiguration
	}
}

// configured reads which domain the request is about, and what of it.
func (c *call) configured() (Domain, *certificateConfiguration, *refusal) {
	var asked cnameConfiguration
	text, err := io.ReadAll(io.LimitReader(c.Body, maxBody))
	if err == nil {
		err = xml.Unmarshal(text, &asked)
	}
	if err != nil || asked.Cname.Domain == nil {
		return Domain{}, nil, &malformedXML
	}
	d := Domain{Bucket: c.bucket, Cname: *asked.Cname.Domain, Wildcard: asked.Cname.IsWildCard}
	return d, asked.Cname.CertificateConfiguration, checkCname(d.Cname)
}

func (s *Server) createCnameToken(c *call) (any, *refusal) {
	d, _, refused := c.configured()
	if refused != nil {
		return nil, refused
	}
	if _, bound := s.binding(d); bound {
		return nil, &noNeed
	}
	return newCnameToken(d, s.createToken(d, c.at)), nil
}

// A cname is a full domain name; that of a wildcard comes without its "*.".
const labelPattern = `[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?`

var cnamePattern = regexp.MustCompile(`^(?:` + labelPattern + `\.)+` + labelPattern + `$`)

func checkCname(cname string) *refusal {
	if len(cname) > 253 || !cnamePattern.MatchString(cname) {
		return invalidArgument("", "The cname is invalid.").of("cname", cname)
	}
	return nil
}
