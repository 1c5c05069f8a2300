package demo

import (
	"fmt"
	"io"
	"net"
	"strings"
)

// announce prints the addresses, and the commands for the domain of the reader.
func (d *Demo) announce(w io.Writer, url string) {
	plain, secure := d.Sites.Ports()
	fmt.Fprintf(w, `
The demo watches %d domains on a simulated OSS at %s, with a DNS at %s. Look at

  %[4]s/         every domain in words, the most urgent first
  %[4]s/metrics  what Prometheus scrapes

minutes.example.com loses its token within 3 minutes, and walking.example.com
goes through its whole life over and over. %[5]s waits for what you do
to it. Paste this into a shell that has curl, openssl and nsupdate:

%[6]s
Any client of OSS works as well: key demo, secret demo-secret, region cn-hangzhou,
or the temporary key %[7]s, secret %[8]s, token %[9]s.
OSS refuses to bind *.%[10]s, which has no ICP filing.

The domains answer visitors, with certificates of an authority that only the demo trusts:

  curl -i --connect-to ::127.0.0.1:%[11]d http://dangling.example.com/
  curl -kv --connect-to ::127.0.0.1:%[12]d https://renewed.example.com/

Ctrl-C ends the demo.

`, len(targets()), d.OSS.URL(), d.DNS.Address(), url, yours, Walkthrough(d.OSS.URL(), d.DNS.Address()),
		stsKey, stsSecret, stsToken, unfiled, plain, secure)
}

// Walkthrough returns the commands that take the domain of the reader from
// nothing to bound, as lines of a shell, each step under a comment.
func Walkthrough(oss, dns string) string {
	host, port, _ := net.SplitHostPort(dns)
	return strings.NewReplacer("OSS_URL", oss, "DNS_HOST", host, "DNS_PORT", port, "CNAME_TARGET", recommendedTarget, "YOURS", yours).
		Replace(walkthrough)
}

// walkthrough signs with V1, for which curl and openssl are enough.
const walkthrough = `  # 1. create the token: the domain is awaiting_dns
  oss() {
    date=$(LC_ALL=C date -u '+%a, %d %b %Y %T GMT')
    signature=$(printf 'POST\n\napplication/xml\n%s\n/demo-bucket/?cname&comp=%s' "$date" "$1" | openssl dgst -sha1 -hmac demo-secret -binary | base64)
    curl -sS -H "Date: $date" -H 'Content-Type: application/xml' -H "Authorization: OSS demo:$signature" "OSS_URL/demo-bucket/?cname&comp=$1" \
      -d '<BucketCnameConfiguration><Cname><Domain>YOURS</Domain></Cname></BucketCnameConfiguration>'
  }
  token=$(oss token | sed -n 's:.*<Token>\(.*\)</Token>.*:\1:p'); echo "$token"

  # 2. publish it: ready_to_bind
  printf 'server DNS_HOST DNS_PORT\nupdate add _dnsauth.YOURS 60 TXT "%s"\nsend\n' "$token" | nsupdate

  # 3. bind the domain, and lead it to the bucket: bound
  oss add
  printf 'server DNS_HOST DNS_PORT\nupdate add YOURS 60 CNAME CNAME_TARGET\nsend\n' | nsupdate
`
