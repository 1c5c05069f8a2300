package osstest

import (
	"encoding/xml"
	"io"
	"net/http"
	"regexp"
	"strings"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/region"
	"oss_cname_exporter/internal/vendor"
)

// The operations that are told apart by name: Behave scripts those of a domain, of a bucket, and of an account.
const (
	opGetCnameToken = "GetCnameToken"
	opListCname     = "ListCname"
	opListBuckets   = "ListBuckets"

	opDescribeRegions = "DescribeRegions"
	opPutCname        = "PutCname"
)

// maxBody bounds the length of a request's body, in bytes.
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
		{http.MethodPost, "add"}:    {opPutCname, s.putCname},
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

// perform keeps OSS's order of checks: key, operation, bucket.
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
	if c.operation.name == opDescribeRegions {
		return describeRegions(), nil
	}
	if c.operation.perform == nil {
		return nil, &notImplemented
	}
	if refused := s.admit(c, keyID); refused != nil {
		return nil, refused
	}
	return c.operation.perform(c)
}

// admit refuses the buckets that do not exist, live elsewhere, or belong to another owner.
func (s *Server) admit(c *call, keyID string) *refusal {
	s.mu.Lock()
	b, exists := s.buckets[c.bucket]
	s.mu.Unlock()
	switch {
	case !exists:
		refused := noSuchBucket
		refused.BucketName = c.bucket
		return &refused
	case b.Region != c.region:
		refused := wrongEndpoint
		refused.Bucket, refused.Endpoint = c.bucket, region.PublicHost(b.Region)
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
	if _, refused := c.wildcard(); refused != nil {
		return nil, refused
	}
	d := c.domain()
	token, exists := s.liveToken(d, c.at)
	if !exists {
		refused := noToken
		refused.Bucket, refused.Cname = d.Bucket, d.Base
		return nil, &refused
	}
	return newCnameToken(d, token), nil
}

// wildcard reads the query parameter of that name. Only Agentic Buckets insist on it.
func (c *call) wildcard() (bool, *refusal) {
	switch value := c.query.Get("wildcard"); {
	case value == "true", value == "false":
		return value == "true", nil
	case value != "", isAgentic(c.bucket):
		return false, invalidArgument("", "The wildcard is invalid.").of("wildcard", value)
	}
	return false, nil
}

// cnameConfiguration is the body of the requests that change something.
type cnameConfiguration struct {
	XMLName xml.Name `xml:"BucketCnameConfiguration"`
	Cname   struct {
		Domain                   *string
		IsWildCard               *bool
		CertificateConfiguration *certificateConfiguration
	}
}

// hasWildcard reports whether the body says that the domain is a wildcard.
func (c *cnameConfiguration) hasWildcard() bool {
	return c.Cname.IsWildCard != nil && *c.Cname.IsWildCard
}

// configured reads the domain and the certificate of the request. PutCname says in the body that it is a
// wildcard; the others say it in the query, and their IsWildCard, which the types of the SDK allow, counts for nothing.
func (c *call) configured() (domain.Name, *certificateConfiguration, *refusal) {
	var asked cnameConfiguration
	text, err := io.ReadAll(io.LimitReader(c.Body, maxBody))
	if err == nil {
		err = xml.Unmarshal(text, &asked)
	}
	if err != nil || asked.Cname.Domain == nil {
		return domain.Name{}, nil, &malformedXML
	}
	d := canonical(domain.Name{Bucket: c.bucket, Base: *asked.Cname.Domain, Wildcard: asked.hasWildcard()})
	switch {
	case c.operation.name == opPutCname && isAgentic(c.bucket) && asked.Cname.IsWildCard == nil:
		return domain.Name{}, nil, invalidArgument("", "The IsWildCard is invalid.").of("IsWildCard", "")
	case c.operation.name != opPutCname:
		wildcard, refused := c.wildcard()
		if refused != nil {
			return domain.Name{}, nil, refused
		}
		d.Wildcard = wildcard
	}
	return d, asked.Cname.CertificateConfiguration, checkDomain(d)
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

// checkDomain refuses wildcards of standard buckets and of domains with less than three labels.
func checkDomain(d domain.Name) *refusal {
	if d.Wildcard && (!isAgentic(d.Bucket) || strings.Count(d.Base, ".") < 2) {
		return invalidArgument("", "The wildcard cname is not supported.").of("IsWildCard", "true")
	}
	if vendor.IsReserved(d.Base) {
		return &reserved
	}
	return checkCname(d.Base)
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
