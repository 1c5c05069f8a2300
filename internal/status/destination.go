package status

// Destination says where the CNAME records of a domain lead; "" is unknown. The set is closed.
type Destination string

// The destinations.
const (
	ToBucket  Destination = "bucket"       // to the bucket
	ToOther   Destination = "other_bucket" // to OSS, but to another bucket or region
	ToOSS     Destination = "oss"          // to OSS; the name does not say to which bucket
	Elsewhere Destination = "elsewhere"    // to a name that is not known to be OSS's, such as a CDN's
	ToAddress Destination = "address"      // there is no CNAME record, but addresses, such as a flattened apex has: whose they are cannot be told
	Nowhere   Destination = "nowhere"      // the name, or the one that its CNAME records lead to, does not exist or has no address
)

// Destinations returns the whole closed set.
func Destinations() []Destination {
	return []Destination{ToBucket, ToOther, ToOSS, Elsewhere, ToAddress, Nowhere}
}

// IsOSS reports whether OSS answers the visitors of the domain.
func (d Destination) IsOSS() bool { return d == ToBucket || d == ToOther || d == ToOSS }

// IsBucket reports whether the records lead to the bucket. Behind a name that is
// not known, or a CDN, it may be the bucket or not.
func (d Destination) IsBucket() Tristate {
	switch d {
	case ToBucket:
		return Yes
	case ToOther, Nowhere:
		return No
	}
	return Unknown
}
