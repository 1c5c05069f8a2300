package ossclient

import (
	"net/http"
	"time"
)

// maxSkew is how far our clock may be off before OSS refuses the signature,
// with a minute for the way and for rounding.
const maxSkew = 16 * time.Minute

// earliest is before any date that OSS can name: one before it is no clock's.
func earliest() time.Time { return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC) }

// skewOf returns our clock minus OSS's. OSS wrote its date somewhere between
// question and answer, about when ours was sent. It is believed only as far as it
// can be true: further than maxSkew only in the refusal that says so, which has
// the time in its body as well.
func skewOf(sent time.Time, header http.Header, refused *refusal) (time.Duration, bool) {
	if header.Get(requestIDHeader) == "" {
		return 0, false // not OSS
	}
	if refused != nil && refused.envelope.Code == "RequestTimeTooSkewed" {
		for _, text := range []string{refused.envelope.ServerTime, header.Get("Date")} {
			if theirs, err := parseTime(text); err == nil && theirs.After(earliest()) {
				return sent.Sub(theirs), true
			}
		}
		return 0, false
	}
	theirs, err := http.ParseTime(header.Get("Date"))
	skew := sent.Sub(theirs)
	return skew, err == nil && skew.Abs() <= maxSkew
}
