package osstest

import (
	"encoding/xml"
	"maps"
	"slices"
	"strconv"
	"strings"

	"oss_cname_exporter/internal/region"
	"oss_cname_exporter/internal/vendor"
)

// bucketList is the answer of ListBuckets. What is about its page is there only if there are more.
type bucketList struct {
	XMLName     xml.Name `xml:"ListAllMyBucketsResult"`
	Prefix      string   `xml:",omitempty"`
	Marker      string   `xml:",omitempty"`
	MaxKeys     int      `xml:",omitempty"`
	IsTruncated bool     `xml:",omitempty"`
	NextMarker  string   `xml:",omitempty"`
	Owner       struct {
		ID          string
		DisplayName string
	}
	Buckets struct{ Bucket []bucketInfo }
}

type bucketInfo struct {
	Name             string
	Location         string
	CreationDate     string
	ExtranetEndpoint string
	IntranetEndpoint string
	Region           string
	StorageClass     string
}

// dateLayout is how OSS writes the dates of buckets and bindings.
const dateLayout = "2006-01-02T15:04:05.000Z"

func newBucketInfo(b Bucket) bucketInfo {
	home, known := region.Lookup(b.Region)
	if !known {
		home = vendor.Standard(b.Region)
	}
	return bucketInfo{
		Name: b.Name, Location: "oss-" + b.Region, Region: b.Region, StorageClass: "Standard",
		CreationDate: b.Created.UTC().Format(dateLayout), ExtranetEndpoint: home.Public, IntranetEndpoint: home.Internal,
	}
}

// listBuckets answers with the buckets of the key's owner behind marker, of all regions, whatever the endpoint.
// Agentic Buckets have a list call of their own.
func (s *Server) listBuckets(c *call, keyID string) (any, *refusal) {
	size, refused := pageSize(c.query.Get("max-keys"))
	if refused != nil {
		return nil, refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := bucketList{Prefix: c.query.Get("prefix"), Marker: c.query.Get("marker")}
	list.Owner.ID, list.Owner.DisplayName = "owner", "owner"
	for _, name := range slices.Sorted(maps.Keys(s.buckets)) {
		b := s.buckets[name]
		if b.Forbidden || isAgentic(name) || b.Owner != "" && b.Owner != keyID || name <= list.Marker || !strings.HasPrefix(name, list.Prefix) {
			continue
		}
		if n := len(list.Buckets.Bucket); n == size {
			list.IsTruncated, list.MaxKeys, list.NextMarker = true, size, list.Buckets.Bucket[n-1].Name
			break
		}
		list.Buckets.Bucket = append(list.Buckets.Bucket, newBucketInfo(b))
	}
	return list, nil
}

func pageSize(maxKeys string) (int, *refusal) {
	if maxKeys == "" {
		return 100, nil
	}
	size, err := strconv.Atoi(maxKeys)
	if err != nil || size < 1 || size > 1000 {
		return 0, invalidArgument("", "The max-keys is invalid.").of("max-keys", maxKeys)
	}
	return size, nil
}
