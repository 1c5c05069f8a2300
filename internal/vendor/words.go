package vendor

// Word is a status of a binding or of a certificate, as OSS lists it. OSS writes
// it in upper or lower case, and may use words that are not listed here.
type Word struct {
	Word    string
	Served  bool   // OSS serves the domain, or the certificate, in this status
	Meaning string // in one clause
	Source
}

// BindingWords returns the statuses of a bound domain.
func BindingWords() []Word {
	return []Word{
		{"Enabled", true, "OSS serves the domain", Source{pageList, "2026-11"}},
		{"Disabled", false, "the domain is switched off in the console", Source{pageList, "2026-11"}},
		{"Blocked", false, "the vendor or an authority has blocked the domain", Source{javaSDK, "2026-11"}},
		{"Forbidden", false, "the vendor or an authority has forbidden the domain, for example because its ICP filing was withdrawn", Source{javaSDK, "2026-11"}},
	}
}

// CertificateWords returns the statuses of a bound certificate.
func CertificateWords() []Word {
	return []Word{
		{"Enabled", true, "OSS serves the certificate", Source{pageList, "2026-11"}},
		{"Disabled", false, "OSS does not serve the certificate", Source{pageList, "2026-11"}},
		{"Expired", false, "the certificate has expired", Source{seen, "2026-11"}},
	}
}
