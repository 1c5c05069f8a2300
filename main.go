// Command oss_cname_exporter exports to Prometheus how long the CNAME tokens of
// Alibaba Cloud OSS buckets have to live.
package main

import (
	"os"

	"oss_cname_exporter/internal/app"
)

func main() {
	os.Exit(app.Main(os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
}
