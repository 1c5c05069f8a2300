package judge

import (
	"time"

	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/region"
	"oss_cname_exporter/internal/status"
)

func stateAction(c *Case) lang.Text { return StateAction(c.Status.State(c.Now)) }

// StateAction names the next step in a state.
func StateAction(s status.State) lang.Text {
	switch s {
	case status.StateTokenMissing:
		return lang.Textf("create a token")
	case status.StateAwaitingDNS:
		return lang.Textf("publish the token as the TXT record")
	case status.StateTokenExpired:
		return lang.Textf("create a new token and publish that one")
	case status.StateReadyToBind:
		return lang.Textf("bind the domain before the token expires")
	case status.StateBound:
		return lang.Textf("nothing, but renew the certificate in time")
	case status.StateDisabled:
		return lang.Textf("find out in the console why OSS does not serve the domain")
	case status.StateUnknown:
		return lang.Textf("find out why a question failed, or switch on the check that is missing")
	}
	return lang.Text{}
}

func (c *Case) danglingText() lang.Text {
	to := c.Status.LeadsTo
	switch {
	case c.isTakeover() && c.isBucketForeign() && c.Status.HTTP.AnsweredBy == status.AnsweredByBucket:
		return lang.Textf("the bucket belongs to another account now, and visitors of the domain get its answers (%s): the domain has been taken over", c.Status.HTTP.Evidence)
	case c.isTakeover() && c.isBucketForeign():
		return lang.Textf("the bucket belongs to another account now, and the CNAME record leads there (%s): the domain may have been taken over", to)
	case c.isTakeover():
		return lang.Textf("the bucket does not exist, and the CNAME record leads to OSS (%s): anyone can create a bucket of that name and get the domain's visitors", to)
	case c.isUnserved():
		return lang.Textf("no bucket serves the domain, and its visitors arrive at OSS: %s", c.Status.HTTP.Evidence)
	case c.isOtherBucket():
		return lang.Textf("the domain is not bound to the bucket, and its CNAME record leads to another one (%s), which is not watched or does not have the domain", to)
	}
	return lang.Textf("the CNAME record leads to OSS (%s), and the domain is not bound to the bucket: its visitors get errors", to)
}

func (c *Case) danglingAction() lang.Text {
	switch {
	case c.isTakeover() && c.isBucketForeign():
		return lang.Textf("take the CNAME record out of the DNS, unless the bucket's new owner is known")
	case c.isTakeover():
		return lang.Textf("create the bucket again and bind the domain, or delete the CNAME record")
	case c.isUnserved() && !c.IsPending():
		return lang.Textf("bind the domain to the bucket, or point the CNAME record elsewhere")
	case c.isOtherBucket():
		return lang.Textf("watch that bucket as well: it may serve the domain")
	case c.IsPending():
		return c.tokenAction()
	}
	return lang.Textf("bind the domain to the bucket, or find out which bucket serves it and watch that one")
}

func (c *Case) notServedText() lang.Text {
	switch s := c.Status; {
	case s.Enabled == status.No && s.BindingWord != "":
		return lang.Textf("OSS does not serve the domain, which is %s: its visitors get errors", s.BindingWord)
	case s.Enabled == status.No:
		return lang.Textf("OSS does not serve the domain: its visitors get errors")
	case s.HTTP.AnsweredBy == status.AnsweredByBlocked:
		return lang.Textf("OSS refuses the visitors of the domain: %s", s.HTTP.Evidence)
	case c.isRefused():
		return c.refusedText()
	case c.isReplaced():
		return lang.Textf("visitors get another certificate than %s, which is bound: a renewed one may not have arrived", c.certificateName())
	case c.isCertificateEarly():
		return lang.Textf("%s is not valid yet, but %s: browsers refuse it", c.certificateName(), lang.In(s.Certificate.Starts.Sub(c.Now)))
	}
	return lang.Textf("%s, which is %s: OSS does not serve the domain over https with it", c.certificateName(), c.Status.Certificate.Status)
}

func (c *Case) notServedAction() lang.Text {
	switch {
	case c.Status.Enabled == status.No, c.Status.HTTP.AnsweredBy == status.AnsweredByBlocked:
	case c.isRefused() && c.Status.HTTP.AnsweredBy == status.AnsweredByOther:
		return lang.Textf("give the server that answers, such as the CDN, a certificate for the domain")
	case c.isRefused(), c.isReplaced():
		return lang.Textf("upload the certificate to OSS again, and bind it to the domain")
	}
	return lang.Textf("find out in the console why OSS does not serve it")
}

func (c *Case) unboundText() lang.Text {
	return lang.Textf("the domain is no longer bound: its visitors get errors, since %s", lang.Ago(c.Now.Sub(c.Unbound)))
}

func (c *Case) expiredText() lang.Text {
	return lang.Textf("the token expired unused %s", lang.Ago(c.Now.Sub(c.ExpiredAt())))
}

func (c *Case) expiresText() lang.Text {
	text := lang.Textf("the token expires %s", lang.In(c.left()))
	if c.Status.Bound == status.No {
		text = lang.Textf("%s, and the domain is not bound", text)
	}
	if c.Status.DNSVerified != status.No {
		return text
	}
	if fault := c.Status.Proof.Text(); !fault.IsZero() {
		return lang.Textf("%s; %s", text, fault)
	}
	return lang.Textf("%s; the TXT record does not carry the token", text)
}

// tokenAction names the next step while a token lives.
func (c *Case) tokenAction() lang.Text {
	if state := c.Status.State(c.Now); state != status.StateUnknown {
		return StateAction(state)
	}
	return lang.Textf("publish the token as the TXT record, and bind the domain before it expires")
}

func (c *Case) certificateName() lang.Text {
	if id := c.Status.Certificate.ID; id != "" {
		return lang.Textf("the certificate %s", id)
	}
	return lang.Textf("the certificate")
}

func (c *Case) certificateText() lang.Text {
	left := c.certificateExpires().Sub(c.Now)
	switch {
	case c.isOutdated():
		return lang.Textf("visitors get a certificate that %s; %s, which is bound, lasts longer", ends(left), c.certificateName())
	case left <= 0 && c.Status.HTTP.AnsweredBy == status.AnsweredByOther:
		return lang.Textf("visitors get a certificate that %s", ends(left))
	case left <= 0:
		return lang.Textf("%s expired %s, and OSS goes on serving it", c.certificateName(), lang.Ago(-left))
	}
	return lang.Textf("%s expires %s", c.certificateName(), lang.In(left))
}

func (c *Case) certificateAction() lang.Text {
	if c.isOutdated() {
		return lang.Textf("give the server that answers, OSS or a CDN, the certificate that is bound")
	}
	return lang.Textf("upload a new certificate")
}

// ends says when something ends that has left to live.
func ends(left time.Duration) lang.Text {
	if left <= 0 {
		return lang.Textf("expired %s", lang.Ago(-left))
	}
	return lang.Textf("expires %s", lang.In(left))
}

func (c *Case) unreachableText() lang.Text {
	to := c.Status.LeadsTo
	switch {
	case c.isVisited():
		return c.missedText()
	case c.isZoneAppended():
		return lang.Textf("the domain is bound, and its CNAME record leads to %s, which is a name of OSS with the zone appended: its visitors do not get there", to)
	case c.Status.Destination == status.Nowhere && to != "":
		return lang.Textf("the domain is bound, and its CNAME record leads to %s, which does not exist: its visitors do not get there", to)
	case c.Status.Destination == status.Nowhere:
		return lang.Textf("the domain is bound, and the DNS has no record of its name: its visitors do not get there")
	case c.namesBucket():
		return lang.Textf("the domain is bound, and its CNAME record leads to another region (%s): its visitors do not get there", to)
	}
	return lang.Textf("the domain is bound, and its CNAME record leads to another bucket (%s)", to)
}

func (c *Case) unreachableAction() lang.Text {
	if c.isZoneAppended() {
		return lang.Textf("write the target of the CNAME record with a final dot")
	}
	return lang.Textf("set the CNAME record to %s", region.Targets(c.Region, c.Bucket)[0])
}

func (c *Case) failureText() lang.Text {
	a := &c.Status.Attempt
	text := lang.Textf("%s: %s", a.Reason, errorText(a.Err))
	switch confirmed := c.Status.Facts.Confirmed; {
	case confirmed.IsZero():
		return lang.Textf("OSS has never answered; %s", text)
	case c.isStale():
		return lang.Textf("nothing is known since %s; %s", lang.Ago(c.Now.Sub(confirmed)), text)
	}
	return text
}

func (c *Case) failureAction() lang.Text {
	a := c.Status.Attempt
	if advice := a.Advice(); !advice.IsZero() {
		return advice
	}
	return a.Reason.Action()
}

// sharedAction names the step against the failure that the account's domains share.
func (c *Case) sharedAction() lang.Text {
	if c.Shared[0] == CheckToken {
		return c.failureAction()
	}
	return c.actionOf(c.Shared[0])
}

func (c *Case) checksText() lang.Text {
	var text lang.Text
	for _, check := range c.failingChecks() {
		a := c.Status.Checks[check].Attempt
		next := lang.Textf("check %s: %s: %s", check, a.Reason, errorText(a.Err))
		if text.IsZero() {
			text = next
			continue
		}
		text = lang.Textf("%s; %s", text, next)
	}
	return text
}

func (c *Case) checksAction() lang.Text { return c.actionOf(c.failingChecks()[0]) }

// actionOf names the step against a failing check.
func (c *Case) actionOf(check status.Check) lang.Text {
	a := c.Status.Checks[check].Attempt
	if advice := a.Advice(); !advice.IsZero() {
		return advice
	}
	return checkAction(check, a.Reason, "dig +short TXT "+c.Proof())
}

// checkAction names the step against a failing check; dig is the question to
// ask by hand.
func checkAction(check status.Check, reason status.Reason, dig string) lang.Text {
	switch {
	case check == status.CheckBinding && reason == status.ReasonAccessDenied:
		return lang.Textf("grant oss:ListCname beside oss:GetCnameToken")
	case check == CheckToken || check == status.CheckBinding:
		return reason.Action()
	}
	return lang.Textf("ask the configured resolvers from the exporter's host: %s", dig)
}

// withoutChecks names the next step where the answers do not tell the state.
func (c *Case) withoutChecks() lang.Text {
	if c.Status.Facts.Exists {
		return lang.Textf("publish the token as the TXT record and bind the domain before it expires; checks.dns and checks.binding would tell how far that is")
	}
	return lang.Textf("nothing if the domain is bound, else create a token; checks.binding would tell which")
}

// errorText returns err as it is: errors are English.
func errorText(err error) lang.Text {
	if err == nil {
		return lang.Textf("no details")
	}
	return lang.Verbatim(err.Error())
}
