package judge

import (
	"errors"
	"slices"
	"time"

	"oss_cname_exporter/internal/region"
	"oss_cname_exporter/internal/status"
)

// isBucketGone reports whether OSS says that the bucket does not exist.
func (c *Case) isBucketGone() bool {
	return c.Status.Attempt.Reason == status.ReasonBucketNotFound ||
		c.Status.Checks[status.CheckBinding].Attempt.Reason == status.ReasonBucketNotFound
}

// isBucketForeign reports whether OSS says that the bucket is another account's.
func (c *Case) isBucketForeign() bool {
	return errors.Is(c.Status.Attempt.Err, status.ErrOtherOwner) ||
		errors.Is(c.Status.Checks[status.CheckBinding].Attempt.Err, status.ErrOtherOwner)
}

// wasAnswered reports whether OSS ever answered about the bucket to this process.
func (c *Case) wasAnswered() bool {
	return !c.Status.Facts.Confirmed.IsZero() || !c.Status.Checks[status.CheckBinding].Confirmed.IsZero()
}

// namesBucket reports whether the CNAME record leads to the name of the bucket,
// in whichever region.
func (c *Case) namesBucket() bool {
	if c.Status.Destination == status.ToBucket {
		return true
	}
	host, known := region.ParseHost(c.Status.LeadsTo)
	return known && host.Bucket == c.Bucket
}

// isTakeover reports whether the CNAME record leads to a bucket that does not
// exist, or that is another account's now.
func (c *Case) isTakeover() bool {
	switch {
	case !c.Status.Destination.IsOSS() || c.IsElsewhere:
		return false
	case c.isOtherBucket():
		return false
	case c.isBucketForeign():
		return c.namesBucket() || c.wasAnswered()
	}
	return c.isBucketGone()
}

// isOtherBucket reports whether the CNAME record names another bucket, which may
// serve the domain.
func (c *Case) isOtherBucket() bool {
	return c.Status.Destination == status.ToOther && !c.namesBucket()
}

// isCertificateEarly reports whether the certificate is not valid yet.
func (c *Case) isCertificateEarly() bool { return c.Status.Certificate.Starts.After(c.Now) }

// ExpiredAt is when the token that was not used expired.
func (c *Case) ExpiredAt() time.Time {
	if c.Status.Facts.Exists {
		return c.Status.Facts.Expires
	}
	return c.Status.Facts.Expired
}

// tokenLeft returns how bad the time is that the token has left, and the threshold
// that decided.
func (c *Case) tokenLeft() (Severity, string) {
	t := c.Rules.Thresholds.WithDefaults()
	return within("token", c.left(), t.TokenWarning, t.TokenCritical)
}

func (c *Case) left() time.Duration { return c.Status.Facts.Expires.Sub(c.Now) }

// certificateLeft is tokenLeft of the certificate.
func (c *Case) certificateLeft() (Severity, string) {
	t := c.Rules.Thresholds.WithDefaults()
	return within("certificate", c.certificateExpires().Sub(c.Now), t.CertificateWarning, t.CertificateCritical)
}

// isZoneAppended reports whether the CNAME record leads to a name of OSS with a
// zone of the domain after it, as it does if the final dot was left out.
func (c *Case) isZoneAppended() bool {
	if c.Status.Destination.IsOSS() {
		return false
	}
	_, isAppended := region.Appended(c.Status.LeadsTo, c.Base)
	return isAppended
}

// isStale reports whether the last answer about the token is too old to rest on.
func (c *Case) isStale() bool {
	confirmed := c.Status.Facts.Confirmed
	return !confirmed.IsZero() && c.Now.Sub(confirmed) > c.Rules.Thresholds.WithDefaults().FactsStale
}

// failingChecks returns the checks that fail for a reason of their own.
func (c *Case) failingChecks() []status.Check {
	var failing []status.Check
	for _, check := range status.Checks() {
		switch reason := c.Status.Checks[check].Attempt.Reason; {
		case reason == "" || slices.Contains(c.Shared, check):
		case check == status.CheckBinding && (reason == c.Status.Attempt.Reason || c.isTakeover()):
		default:
			failing = append(failing, check)
		}
	}
	return failing
}
