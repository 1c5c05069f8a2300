// Package vendor is the vocabulary of Alibaba Cloud OSS: one dated table that
// every other package reads, so that a name of the vendor's is written once.
// It only names and explains: an unlisted name may be right, so no caller may
// refuse one because it is missing here.
//
// A Source says where a row is from and when it was last checked. A Region is a
// place with its endpoints, a Suffix a domain of host names, a Code an error that
// OSS answers with, and a Word a status of a binding or of a certificate.
package vendor

import (
	"slices"
	"strings"
	"time"
)

// Source is where a row is from.
type Source struct {
	Page    string // a URL, or how the row is known
	Checked string // the month in which the row was last compared with Page, such as "2026-11"
}

// Age returns how old the source is at now. A month that cannot be read is
// older than any other.
func (s Source) Age(now time.Time) time.Duration {
	checked, err := time.Parse("2006-01", s.Checked)
	if err != nil {
		return time.Duration(1<<63 - 1)
	}
	return now.Sub(checked)
}

// Row is one row of the table: its name and its source.
type Row struct {
	Name string
	Source
}

// Rows returns the name and the source of every row.
func Rows() []Row {
	var rows []Row
	for _, r := range Regions() {
		rows = append(rows, Row{"region " + r.ID, r.Source})
	}
	for _, s := range slices.Concat(CNAMESuffixes(), ReservedSuffixes()) {
		rows = append(rows, Row{"suffix " + s.Domain, s.Source})
	}
	for _, c := range Codes() {
		rows = append(rows, Row{strings.TrimSpace("code " + c.Code + " " + c.EC), c.Source})
	}
	for _, w := range slices.Concat(BindingWords(), CertificateWords()) {
		rows = append(rows, Row{"status " + w.Word, w.Source})
	}
	return rows
}

// The pages that the rows are from.
const (
	pageRegions  = "https://www.alibabacloud.com/help/en/oss/user-guide/regions-and-endpoints"
	pageCodes    = "https://www.alibabacloud.com/help/en/oss/support/http-status-codes"
	pageECs      = "https://api.alibabacloud.com/troubleshoot"
	pageDomains  = "https://help.aliyun.com/zh/oss/user-guide/map-custom-domain-names-5"
	pagePutCname = "https://www.alibabacloud.com/help/en/oss/developer-reference/putcname"
	pageList     = "https://www.alibabacloud.com/help/en/oss/developer-reference/listcname"
	pageClosing  = "https://www.alibabacloud.com/en/notice"
	javaSDK      = "https://github.com/aliyun/aliyun-oss-java-sdk"
	seen         = "seen in public reports, documented nowhere"
	inferred     = "inferred from rows beside it, documented nowhere"
)
