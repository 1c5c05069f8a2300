package judge

import (
	"cmp"
	"fmt"
	"strings"

	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/region"
	"oss_cname_exporter/internal/status"
)

func (c *Case) danglingText() string {
	to := plain.Printable(c.Status.LeadsTo)
	switch {
	case c.isTakeover() && c.isBucketForeign():
		return "the bucket belongs to another account now, and the CNAME record leads there (" + to + "): the domain may have been taken over"
	case c.isTakeover():
		return "the bucket does not exist, and the CNAME record leads to OSS (" + to + "): anyone can create a bucket of that name and get the domain's visitors"
	case c.isUnserved():
		return "no bucket serves the domain, and its visitors arrive at OSS: " + plain.Printable(c.Status.HTTP.Evidence)
	case c.isOtherBucket():
		return "the domain is not bound to the bucket, and its CNAME record leads to another one (" + to + "), which is not watched or does not have the domain"
	}
	return "the CNAME record leads to OSS (" + to + "), and the domain is not bound to the bucket: its visitors get errors"
}

func (c *Case) danglingAction() string {
	switch {
	case c.isTakeover() && c.isBucketForeign():
		return "take the CNAME record out of the DNS, unless the bucket's new owner is known"
	case c.isTakeover():
		return "create the bucket again and bind the domain, or delete the CNAME record"
	case c.isUnserved() && !c.IsPending():
		return "bind the domain to the bucket, or point the CNAME record elsewhere"
	case c.isOtherBucket():
		return "watch that bucket as well: it may serve the domain"
	case c.IsPending():
		return c.tokenAction()
	}
	return "bind the domain to the bucket, or find out which bucket serves it and watch that one"
}

func (c *Case) notServedText() string {
	switch {
	case c.Status.Enabled == status.No:
		return "OSS does not serve the domain" + called(c.Status.BindingWord) + ": its visitors get errors"
	case c.Status.HTTP.AnsweredBy == status.AnsweredByBlocked:
		return "OSS refuses the visitors of the domain: " + plain.Printable(c.Status.HTTP.Evidence)
	case c.isRefused():
		return c.refusedText()
	case c.isReplaced():
		return "visitors get another certificate than " + c.certificateName() + ", which is bound: a renewed one may not have arrived"
	case c.isCertificateEarly():
		return c.certificateName() + " is not valid yet, but " + plain.In(c.Status.Certificate.Starts.Sub(c.Now)) + ": browsers refuse it"
	}
	return c.certificateName() + called(c.Status.Certificate.Status) + ": OSS does not serve the domain over https with it"
}

func (c *Case) notServedAction() string {
	switch {
	case c.Status.Enabled == status.No, c.Status.HTTP.AnsweredBy == status.AnsweredByBlocked:
	case c.isRefused() && c.Status.HTTP.AnsweredBy == status.AnsweredByOther:
		return "give the server that answers, such as the CDN, a certificate for the domain"
	case c.isRefused(), c.isReplaced():
		return "upload the certificate to OSS again, and bind it to the domain"
	}
	return "find out in the console why OSS does not serve it"
}

// called adds the vendor's word to a sentence.
func called(word string) string {
	if word == "" {
		return ""
	}
	return ", which is " + plain.Printable(word)
}

func (c *Case) unboundText() string {
	return "the domain is no longer bound: its visitors get errors, since " + plain.Ago(c.Now.Sub(c.Unbound))
}

func (c *Case) expiredText() string {
	return "the token expired unused " + plain.Ago(c.Now.Sub(c.ExpiredAt()))
}

func (c *Case) expiresText() string {
	text := "the token expires " + plain.In(c.left())
	if c.Status.Bound == status.No {
		text += ", and the domain is not bound"
	}
	if c.Status.DNSVerified == status.No {
		text += "; " + cmp.Or(plain.Printable(c.Status.Proof.String()), "the TXT record does not carry the token")
	}
	return text
}

// tokenAction names the next step while a token lives.
func (c *Case) tokenAction() string {
	if state := c.Status.State(c.Now); state != status.StateUnknown {
		return StateAction(state)
	}
	return "publish the token as the TXT record, and bind the domain before it expires"
}

func (c *Case) certificateName() string {
	return strings.TrimSpace("the certificate " + plain.Printable(c.Status.Certificate.ID))
}

func (c *Case) certificateText() string {
	left := c.certificateExpires().Sub(c.Now)
	if left <= 0 {
		return c.certificateName() + " expired " + plain.Ago(-left) + ", and OSS goes on serving it"
	}
	return c.certificateName() + " expires " + plain.In(left)
}

func (c *Case) unreachableText() string {
	to := plain.Printable(c.Status.LeadsTo)
	switch {
	case c.isVisited():
		return c.missedText()
	case c.isZoneAppended():
		return "the domain is bound, and its CNAME record leads to " + to + ", which is a name of OSS with the zone appended: its visitors do not get there"
	case c.Status.Destination == status.Nowhere && to != "":
		return "the domain is bound, and its CNAME record leads to " + to + ", which does not exist: its visitors do not get there"
	case c.Status.Destination == status.Nowhere:
		return "the domain is bound, and the DNS has no record of its name: its visitors do not get there"
	case c.namesBucket():
		return "the domain is bound, and its CNAME record leads to another region (" + to + "): its visitors do not get there"
	}
	return "the domain is bound, and its CNAME record leads to another bucket (" + to + ")"
}

func (c *Case) unreachableAction() string {
	if c.isZoneAppended() {
		return "write the target of the CNAME record with a final dot"
	}
	return "set the CNAME record to " + region.Targets(c.Region, c.Bucket)[0]
}

func (c *Case) failureText() string {
	a := &c.Status.Attempt
	text := string(a.Reason) + ": " + errorText(a.Err)
	switch confirmed := c.Status.Facts.Confirmed; {
	case confirmed.IsZero():
		return "OSS has never answered; " + text
	case c.isStale():
		return "nothing is known since " + plain.Ago(c.Now.Sub(confirmed)) + "; " + text
	}
	return text
}

func (c *Case) failureAction() string {
	a := c.Status.Attempt
	return cmp.Or(a.Advice(), a.Reason.Action())
}

// sharedAction names the step against the failure that the account's domains share.
func (c *Case) sharedAction() string {
	check := c.Shared[0]
	if check == CheckToken {
		return c.failureAction()
	}
	a := c.Status.Checks[check].Attempt
	return cmp.Or(a.Advice(), checkAction(check, a.Reason, "dig +short TXT "+c.Proof()))
}

func (c *Case) checksText() string {
	var texts []string
	for _, check := range c.failingChecks() {
		a := c.Status.Checks[check].Attempt
		texts = append(texts, fmt.Sprintf("check %s: %s: %s", check, a.Reason, errorText(a.Err)))
	}
	return strings.Join(texts, "; ")
}

func (c *Case) checksAction() string {
	check := c.failingChecks()[0]
	a := c.Status.Checks[check].Attempt
	return cmp.Or(a.Advice(), checkAction(check, a.Reason, "dig +short TXT "+c.Proof()))
}

// checkAction names the step against a failing check; dig is the question to
// ask by hand.
func checkAction(check status.Check, reason status.Reason, dig string) string {
	switch {
	case check == status.CheckBinding && reason == status.ReasonAccessDenied:
		return "grant oss:ListCname beside oss:GetCnameToken"
	case check == CheckToken || check == status.CheckBinding:
		return reason.Action()
	}
	return "ask the configured resolvers from the exporter's host: " + dig
}

// withoutChecks names the next step where the answers do not tell the state.
func (c *Case) withoutChecks() string {
	if c.Status.Facts.Exists {
		return "publish the token as the TXT record and bind the domain before it expires; checks.dns and checks.binding would tell how far that is"
	}
	return "nothing if the domain is bound, else create a token; checks.binding would tell which"
}

// errorText returns err on one printable line.
func errorText(err error) string {
	if err == nil {
		return "no details"
	}
	return plain.Printable(err.Error())
}
