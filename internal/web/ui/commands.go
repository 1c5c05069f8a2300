package ui

import (
	"strings"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/lang"
)

// command is a step by hand, and the lines that do it.
type command struct {
	Title lang.Text
	Lines string
}

// commands returns the steps from a token to a bound domain, with t filled in.
// Names of buckets, domains and regions need no quotes.
func commands(t *config.Target) []command {
	fill := strings.NewReplacer("BUCKET", t.Bucket, "DOMAIN", t.Base, "REGION", t.Account.Region, "WILDCARD", t.Cname())
	list := []command{
		{lang.Textf("Create the token, with ossutil 2"), `ossutil api create-cname-token --region REGION --bucket BUCKET --cname-configuration '{"Cname":{"Domain":"DOMAIN"}}'`},
		{lang.Textf("The same with the aliyun CLI"), `aliyun oss bucket-cname --method put --item token oss://BUCKET DOMAIN --region REGION`},
		{lang.Textf("The same with curl and openssl, with OSS_ACCESS_KEY_ID and OSS_ACCESS_KEY_SECRET in the environment"), createWithCurl},
		{lang.Textf("Look at the DNS"), "dig +short TXT _dnsauth.DOMAIN\ndig +short CNAME DOMAIN"},
		{lang.Textf("Bind the domain, once the TXT record is there"), `ossutil api put-cname --region REGION --bucket BUCKET --cname-configuration '{"Cname":{"Domain":"WILDCARD"}}'`},
		{lang.Textf("Look at what is bound"), "ossutil api list-cname --region REGION --bucket BUCKET"},
	}
	for i := range list {
		list[i].Lines = fill.Replace(list[i].Lines)
	}
	return list
}

// createWithCurl asks for a token with the signature version 4 of OSS.
const createWithCurl = `hex() { openssl dgst -sha256 "$@" | sed 's/.* //'; }
hmac() { printf %s "$2" | hex -mac HMAC -macopt "$1"; }
now=$(date -u +%Y%m%dT%H%M%SZ) day=${now%T*} scope=${now%T*}/REGION/oss/aliyun_v4_request
request=$(printf 'POST\n/BUCKET/\ncname&comp=token\ncontent-type:application/xml\nx-oss-content-sha256:UNSIGNED-PAYLOAD\nx-oss-date:%s\n\n\nUNSIGNED-PAYLOAD' "$now" | hex)
key=$(hmac "key:aliyun_v4$OSS_ACCESS_KEY_SECRET" "$day")
for part in REGION oss aliyun_v4_request; do key=$(hmac "hexkey:$key" "$part"); done
signature=$(hmac "hexkey:$key" "$(printf 'OSS4-HMAC-SHA256\n%s\n%s\n%s' "$now" "$scope" "$request")")
curl -sS "https://BUCKET.oss-REGION.aliyuncs.com/?cname&comp=token" -H "Content-Type: application/xml" \
  -H "x-oss-content-sha256: UNSIGNED-PAYLOAD" -H "x-oss-date: $now" \
  -H "Authorization: OSS4-HMAC-SHA256 Credential=$OSS_ACCESS_KEY_ID/$scope,Signature=$signature" \
  -d '<BucketCnameConfiguration><Cname><Domain>DOMAIN</Domain></Cname></BucketCnameConfiguration>'`
