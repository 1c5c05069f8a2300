package lang

import "time"

// Duration says how long d is, with two units at most: "3 d 2 h", "5 min".
func Duration(d time.Duration) Text {
	const day = 24 * time.Hour
	switch d = d.Abs(); {
	case d >= day && d%day >= time.Hour:
		return Textf("%d d %d h", d/day, d%day/time.Hour)
	case d >= day:
		return Textf("%d d", d/day)
	case d >= time.Hour && d%time.Hour >= time.Minute:
		return Textf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Hour:
		return Textf("%d h", d/time.Hour)
	case d >= time.Minute:
		return Textf("%d min", d/time.Minute)
	}
	return Textf("%d s", d/time.Second)
}

// In says how far ahead something is.
func In(d time.Duration) Text { return Textf("in %s", Duration(d)) }

// Ago says how long ago something was.
func Ago(d time.Duration) Text {
	if d < time.Second {
		return Textf("just now")
	}
	return Textf("%s ago", Duration(d))
}

// Relative says where t is from now; no text for the zero time.
func Relative(t, now time.Time) Text {
	switch {
	case t.IsZero():
		return Text{}
	case t.After(now):
		return In(t.Sub(now))
	}
	return Ago(now.Sub(t))
}
