package judge

import (
	"strings"

	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/status"
)

// The answer of the domain itself is evidence. Where the check http has one, it
// replaces inferences from the CNAME record and from the list of the bucket.

// isVisited reports whether the domain itself gave an answer.
func (c *Case) isVisited() bool { return c.Status.HTTP.AnsweredBy != "" }

// isUnserved reports whether OSS answered that it knows no bucket for the domain.
func (c *Case) isUnserved() bool {
	return c.Status.HTTP.AnsweredBy == status.AnsweredByUnbound && c.Status.Bound != status.Yes && !c.IsElsewhere
}

// isMissed reports whether the answer shows that visitors do not reach the bucket.
func (c *Case) isMissed() bool {
	switch h := c.Status.HTTP; h.AnsweredBy {
	case status.AnsweredByNothing, status.AnsweredByUnbound:
		return true
	case status.AnsweredByOther: // also a CDN's, which may be right
		return h.Certain
	case status.AnsweredByBucket, status.AnsweredByBlocked, "":
	}
	return false
}

// isRefused reports whether browsers refuse the certificate that visitors get. A
// domain without a certificate of its own has no https to offer.
func (c *Case) isRefused() bool {
	served := c.Status.HTTP.Certificate
	hasOwn := c.Status.Certificate != (status.Certificate{}) || c.Status.HTTP.AnsweredBy == status.AnsweredByOther
	return hasOwn && (served.Matches == status.No || served.Trusted == status.No)
}

// isReplaced reports whether visitors get another certificate from OSS than the
// one that is bound.
func (c *Case) isReplaced() bool {
	h := c.Status.HTTP
	return h.AnsweredBy == status.AnsweredByBucket && h.Certificate.Is(c.Status.Certificate) == status.No
}

// isAccepted reports whether browsers accept the certificate that visitors get.
func (c *Case) isAccepted() bool {
	served := c.Status.HTTP.Certificate
	return served.Matches == status.Yes && served.Trusted == status.Yes && !served.Starts.After(c.Now)
}

// isOutdated reports whether visitors get a certificate that ends before the one
// that is bound.
func (c *Case) isOutdated() bool {
	return c.certificateExpires().Before(c.Status.CertificateExpires)
}

// refusedText says why browsers refuse the certificate that visitors get.
func (c *Case) refusedText() lang.Text {
	served := c.Status.HTTP.Certificate
	if served.Matches == status.No {
		return lang.Textf("visitors get a certificate for other names (%s): browsers refuse it", strings.Join(served.Names, ", "))
	}
	return lang.Textf("visitors get a certificate that no known authority vouches for (%s): browsers refuse it", served.Issuer)
}

// missedText says where visitors arrive.
func (c *Case) missedText() lang.Text {
	return lang.Textf("the domain is bound, and its visitors do not reach the bucket: %s", c.Status.HTTP.Evidence)
}
