package ossclient

import (
	"cmp"
	"context"
	"encoding/xml"
	"fmt"
	"regexp"
	"strings"
)

// maxBuckets is the number of buckets on a page: the most that OSS gives.
const maxBuckets = "1000"

// bucketName matches the names of buckets that OSS accepts.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)

// Buckets is one page of an account's buckets.
type Buckets struct {
	Names []string // of those in the region that was asked
	Next  string   // the marker of the next page; "" if this is the last
}

// ListBuckets asks for one page of the account's buckets, those whose names
// come after marker; "" is the first. OSS lists all regions, wherever it is
// asked; the page has those of the Client's. The error is an *Error; ctx bounds
// the whole call, retries included.
func (c *Client) ListBuckets(ctx context.Context, marker string) (page Buckets, err error) {
	query := map[string]string{"max-keys": maxBuckets}
	if marker != "" {
		query["marker"] = marker
	}
	failure := c.ask(ctx, c.listBuckets, "", query, func(body []byte) error {
		page, err = parseBuckets(body, c.region, marker)
		return err
	})
	if failure != nil {
		return Buckets{}, failure
	}
	return page, nil
}

// bucketsReply is the body of a ListBuckets answer. The last page has neither
// IsTruncated nor NextMarker.
type bucketsReply struct {
	XMLName     xml.Name `xml:"ListAllMyBucketsResult"`
	IsTruncated string
	NextMarker  string
	Buckets     *struct{ Bucket []bucketReply }
}

type bucketReply struct{ Name, Location, Region string }

// parseBuckets reads the body of a 200. A page must lead further, or following
// the markers would never end.
func parseBuckets(body []byte, region, marker string) (Buckets, error) {
	var reply bucketsReply
	if err := xml.Unmarshal(body, &reply); err != nil {
		return Buckets{}, fmt.Errorf("reading reply: %w", err)
	}
	if reply.Buckets == nil {
		return Buckets{}, fmt.Errorf("reply has no Buckets")
	}
	var page Buckets
	truncated, err := parseBool(reply.IsTruncated)
	switch next := strings.TrimSpace(reply.NextMarker); {
	case err != nil:
		return Buckets{}, fmt.Errorf("reading IsTruncated: %w", err)
	case truncated && next <= marker:
		return Buckets{}, fmt.Errorf("next marker %.80q does not come after %q", next, marker)
	case truncated:
		page.Next = next
	}
	for _, b := range reply.Buckets.Bucket {
		b.Name = strings.TrimSpace(b.Name)
		home := cmp.Or(strings.TrimSpace(b.Region), strings.TrimPrefix(strings.TrimSpace(b.Location), "oss-"))
		if !bucketName.MatchString(b.Name) || home == "" {
			return Buckets{}, fmt.Errorf("bucket %.80q in region %.80q is none", b.Name, home)
		}
		if home == region {
			page.Names = append(page.Names, b.Name)
		}
	}
	return page, nil
}
