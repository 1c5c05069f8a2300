package report

import (
	"maps"
	"slices"
	"strings"
	"time"

	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/status"
)

// VisitItem is the answer of the domain itself.
type VisitItem struct {
	AnsweredBy  status.AnsweredBy `json:"answered_by,omitempty"`
	Evidence    string            `json:"evidence,omitempty"`
	Certain     bool              `json:"certain"` // the evidence names the bucket or the cause
	StatusCode  int               `json:"status_code,omitempty"`
	FirstByte   float64           `json:"first_byte_seconds,omitempty"`
	RedirectsTo string            `json:"redirects_to,omitempty"`
	Refused     []string          `json:"refused,omitempty"` // schemes whose connections are refused
	Failed      map[string]string `json:"failed,omitempty"`  // failures by scheme, where the other scheme answered
	Certificate *ServedItem       `json:"certificate,omitempty"`
}

// ServedItem is the certificate that visitors get.
type ServedItem struct {
	Issuer        string     `json:"issuer"`
	Names         []string   `json:"names"`
	Starts        *time.Time `json:"starts"`
	Expires       *time.Time `json:"expires"`
	Matches       *bool      `json:"matches"`
	Trusted       *bool      `json:"trusted"`
	IsBound       *bool      `json:"is_bound"` // nil if one of the fingerprints is not known
	AsksForClient bool       `json:"asks_for_client_certificate"`
}

// visitItem returns nil if the domain was not visited.
func visitItem(s *status.Status) *VisitItem {
	h := s.HTTP
	if h.AnsweredBy == "" && h.Certificate.Expires.IsZero() {
		return nil
	}
	item := &VisitItem{
		AnsweredBy: h.AnsweredBy, Evidence: plain.Printable(h.Evidence), Certain: h.Certain, StatusCode: h.StatusCode,
		FirstByte: h.FirstByte.Seconds(), RedirectsTo: plain.Printable(h.RedirectsTo), Refused: h.Refused, Failed: h.Failed,
	}
	if c := h.Certificate; !c.Expires.IsZero() {
		item.Certificate = &ServedItem{
			Issuer: c.Issuer, Names: c.Names, Starts: instant(c.Starts), Expires: instant(c.Expires),
			Matches: truth(c.Matches), Trusted: truth(c.Trusted), IsBound: truth(c.Is(s.Certificate)), AsksForClient: c.AsksForClient,
		}
	}
	return item
}

// visitFacts returns the answer of the domain itself, and the certificate that visitors get.
func visitFacts(s *status.Status) (facts []fact) {
	h := s.HTTP
	if h.AnsweredBy != "" {
		facts = append(facts, fact{name: lang.Textf("Answered by"), value: answerText(h)})
	}
	for _, scheme := range slices.Sorted(maps.Keys(h.Failed)) {
		facts = append(facts, fact{name: lang.Textf("Visit over %s", scheme), value: lang.Verbatim(h.Failed[scheme])})
	}
	if c := h.Certificate; !c.Expires.IsZero() {
		facts = append(facts, fact{lang.Textf("Served certificate"), servedText(c, c.Is(s.Certificate)), c.Expires})
	}
	return facts
}

func answerText(h status.HTTP) lang.Text {
	text := lang.Textf("%s: %s", h.AnsweredBy, h.Evidence)
	if h.StatusCode != 0 {
		text = with(text, lang.Textf("first byte after %s", h.FirstByte.Round(time.Millisecond)))
	}
	if h.RedirectsTo != "" {
		text = with(text, lang.Textf("redirects to %s", h.RedirectsTo))
	}
	return text
}

// servedText describes a certificate, each fault in words.
func servedText(c status.ServedCertificate, isBound status.Tristate) lang.Text {
	text := lang.Textf("by %s for %s", c.Issuer, strings.Join(c.Names, ", "))
	for _, fault := range []struct {
		isSo bool
		text lang.Text
	}{
		{c.Matches == status.No, lang.Textf("not valid for the domain")},
		{c.Trusted == status.No, lang.Textf("not trusted")},
		{isBound == status.No, lang.Textf("not the one that is bound in OSS")},
		{isBound == status.Yes, lang.Textf("the one that is bound in OSS")},
		{c.AsksForClient, lang.Textf("the server asks for a client certificate")},
	} {
		if fault.isSo {
			text = with(text, fault.text)
		}
	}
	return with(text, lang.Textf("expires"))
}
