package judge

import (
	"errors"
	"slices"
	"time"

	"oss_cname_exporter/internal/region"
	"oss_cname_exporter/internal/status"
)

// when returns s if it is so, else no severity.
func when(isSo bool, s Severity) Severity {
	if isSo {
		return s
	}
	return ""
}

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

func (c *Case) dangling() Severity {
	switch s := c.Status; {
	case c.isTakeover(), c.isUnserved() && !c.IsPending() && c.Unbound.IsZero():
		return Critical
	case c.isUnserved():
		return Warning
	case !s.Destination.IsOSS() || c.IsElsewhere:
		return ""
	case c.isOtherBucket() && c.IsPending(): // the domain moves to the bucket
		return ""
	default:
		return when(s.Bound == status.No || c.isBucketGone(), Warning)
	}
}

func (c *Case) notServed() Severity {
	s := c.Status
	if s.Bound != status.Yes {
		return ""
	}
	switch word := s.Certificate.Word(); {
	case s.Enabled == status.No, s.HTTP.AnsweredBy == status.AnsweredByBlocked, c.isRefused():
		return Critical
	case c.isReplaced():
		return Warning
	case c.isAccepted():
		return ""
	case !c.isCertificateEarly() && (word == "" || word == status.CertificateEnabled):
		return ""
	case word == status.CertificateOther || s.Destination == status.Elsewhere:
		return Warning
	}
	return Critical
}

// isCertificateEarly reports whether the certificate is not valid yet.
func (c *Case) isCertificateEarly() bool { return c.Status.Certificate.Starts.After(c.Now) }

func (c *Case) domainUnbound() Severity {
	isUnbound := c.Status.Bound == status.No && !c.Unbound.IsZero()
	return when(isUnbound && !c.IsElsewhere && !c.isTakeover(), Critical)
}

// unusedCritical is how long an unused token is critical where the check binding
// does not tell whether the domain was bound after all.
const unusedCritical = 24 * time.Hour

func (c *Case) tokenExpired() Severity {
	switch {
	case c.Status.State(c.Now) != status.StateTokenExpired:
		return ""
	case c.Status.Bound == status.No, c.Now.Sub(c.ExpiredAt()) < unusedCritical:
		return Critical
	}
	return Warning
}

// ExpiredAt is when the token that was not used expired.
func (c *Case) ExpiredAt() time.Time {
	if c.Status.Facts.Exists {
		return c.Status.Facts.Expires
	}
	return c.Status.Facts.Expired
}

func (c *Case) tokenLeft() (Severity, time.Duration) {
	t := c.Rules.Thresholds.WithDefaults()
	return within(c.Status.Facts.Expires.Sub(c.Now), t.TokenWarning, t.TokenCritical)
}

func (c *Case) left() time.Duration { return c.Status.Facts.Expires.Sub(c.Now) }

func (c *Case) tokenExpiresSoon() Severity {
	if !c.IsPending() {
		return ""
	}
	s, _ := c.tokenLeft()
	return s
}

func (c *Case) tokenThreshold() string {
	s, threshold := c.tokenLeft()
	return thresholdText("token_"+string(s), threshold)
}

func (c *Case) certificateLeft() (Severity, time.Duration) {
	t := c.Rules.Thresholds.WithDefaults()
	return within(c.certificateExpires().Sub(c.Now), t.CertificateWarning, t.CertificateCritical)
}

func (c *Case) certificateEnds() Severity {
	if c.certificateExpires().IsZero() {
		return ""
	}
	s, _ := c.certificateLeft()
	return s
}

func (c *Case) certificateThreshold() string {
	s, threshold := c.certificateLeft()
	return thresholdText("certificate_"+string(s), threshold)
}

func (c *Case) notReachable() Severity {
	s := c.Status
	switch {
	case s.Bound != status.Yes || s.Enabled == status.No:
		return ""
	case c.isVisited():
		return when(c.isMissed(), Critical)
	}
	return when(s.Destination == status.Nowhere || s.Destination == status.ToOther || c.isZoneAppended(), Warning)
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

func (c *Case) readyToBind() Severity {
	return when(c.Status.State(c.Now) == status.StateReadyToBind && c.Status.Bound == status.No, Warning)
}

func (c *Case) tokenMissing() Severity {
	isMissing := c.Status.State(c.Now) == status.StateTokenMissing
	return when(isMissing && !c.IsElsewhere && !c.isBucketGone() && !c.isBucketForeign(), Warning)
}

// isStale reports whether the last answer about the token is too old to rest on.
func (c *Case) isStale() bool {
	confirmed := c.Status.Facts.Confirmed
	return !confirmed.IsZero() && c.Now.Sub(confirmed) > c.Rules.Thresholds.WithDefaults().FactsStale
}

func (c *Case) probeFailing() Severity {
	switch reason := c.Status.Attempt.Reason; {
	case reason == "" || c.isTakeover() || slices.Contains(c.Shared, CheckToken):
		return ""
	case c.isStale():
		return Critical
	}
	return Warning
}

func (c *Case) staleThreshold() string {
	if !c.isStale() {
		return ""
	}
	return thresholdText("facts_stale", c.Rules.Thresholds.WithDefaults().FactsStale)
}

func (c *Case) checkFailing() Severity { return when(len(c.failingChecks()) > 0, Warning) }

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
