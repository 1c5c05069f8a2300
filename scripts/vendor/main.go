// Command vendor compares the table of internal/vendor with DescribeRegions of
// OSS, and lists the rows that nothing was compared with for a year. It needs a key
// with oss:DescribeRegions in OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET, and
// ends with 1 if something differs:
//
//	go run ./scripts/vendor [endpoint]
package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"oss_cname_exporter/internal/vendor"
)

func main() {
	endpoint := ""
	if len(os.Args) > 1 {
		endpoint = os.Args[1]
	}
	differences, err := compare(context.Background(), os.Stdout, endpoint, time.Now())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(min(differences, 1))
}

// compare prints each difference, and returns how many there are.
func compare(ctx context.Context, w io.Writer, endpoint string, now time.Time) (int, error) {
	cfg := oss.NewConfig().WithRegion("cn-hangzhou").WithCredentialsProvider(credentials.NewEnvironmentVariableCredentialsProvider())
	if endpoint != "" {
		cfg.WithEndpoint(endpoint)
	}
	got, err := oss.NewClient(cfg).DescribeRegions(ctx, &oss.DescribeRegionsRequest{})
	if err != nil {
		return 0, fmt.Errorf("asking for the regions: %w", err)
	}
	differences := 0
	say := func(format string, args ...any) {
		differences++
		fmt.Fprintf(w, format+"\n", args...)
	}
	known := map[string]vendor.Region{}
	for _, r := range vendor.Regions() {
		known[r.Public] = r
	}
	for _, info := range got.RegionInfoList.RegionInfos {
		public, internal := oss.ToString(info.InternetEndpoint), oss.ToString(info.InternalEndpoint)
		r, listed := known[public]
		delete(known, public)
		switch id := strings.TrimPrefix(oss.ToString(info.Region), "oss-"); {
		case !listed:
			say("OSS has the region %s at %s, and the table has not", id, cmp.Or(public, "no public endpoint"))
		case r.Life == vendor.Closed:
			say("OSS has the region %s, and the table says that it is closed", r.ID)
		case r.Internal != internal:
			say("OSS has %s inside %s, and the table has %s", internal, r.ID, cmp.Or(r.Internal, "no endpoint there"))
		}
	}
	for _, r := range known {
		if r.Life != vendor.Closed && r.Public != "" {
			say("the table has the region %s, and OSS has not", r.ID)
		}
	}
	return differences + old(w, now), nil
}

// old prints the rows that nothing was compared with for a year, and returns how
// many there are.
func old(w io.Writer, now time.Time) int {
	rows := 0
	for _, row := range vendor.Rows() {
		if row.Age(now) > 365*24*time.Hour {
			rows++
			fmt.Fprintf(w, "%s was compared with its source in %s: %s\n", row.Name, row.Checked, row.Page)
		}
	}
	return rows
}
