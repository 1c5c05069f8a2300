package config

import (
	"slices"
	"strconv"
	"strings"
)

// suggest is the remedy for word: the known word that meant has for it, or that it is a slip of, else all known words.
func suggest(word string, known []string, meant map[string]string) string {
	if k, ok := nearest(word, known, meant); ok {
		return "write " + strconv.Quote(k)
	}
	return "known: " + strings.Join(known, ", ")
}

// Nearest returns the one of known that word is probably a slip of.
func Nearest(word string, known []string) (string, bool) { return nearest(word, known, nil) }

// nearest returns the known word that word stands for. Words that differ in case, in "-" and "_" or in a plural "s" are
// the same; else at most two letters may differ.
func nearest(word string, known []string, meant map[string]string) (string, bool) {
	if k := meant[fold(word)]; slices.Contains(known, k) {
		return k, true
	}
	for _, k := range known {
		if fold(word) == fold(k) {
			return k, true
		}
	}
	for _, k := range known {
		if distance(strings.ToLower(word), k) <= min(2, len(k)/2) {
			return k, true
		}
	}
	return "", false
}

// fold returns word without the differences of spellings: case, "-", "_", "." and a plural "s".
func fold(word string) string {
	word = strings.ToLower(strings.NewReplacer("-", "", "_", "", ".", "").Replace(word))
	if len(word) > 3 {
		word = strings.TrimSuffix(word, "s")
	}
	return word
}

// distance is the number of letters to insert, drop or replace to turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}

// otherNames are the folded names that other tools have for keys.
func otherNames() map[string]string {
	return map[string]string{
		"domain": "cname", "host": "cname", "hostname": "cname", "fqdn": "cname", "name": "cname", "url": "cname", "domainname": "cname", "customdomain": "cname",
		"bucketname": "bucket", "regionid": "region", "location": "region", "profilename": "profile",
		"ttl": "cache_ttl", "cache": "cache_ttl", "tag": "labels", "metadata": "labels",
		"dnsserver": "resolvers", "nameserver": "resolvers", "server": "resolvers",
		"scrapetimeout": "timeout", "maxconcurrency": "concurrency", "parallel": "concurrency", "worker": "concurrency", "qp": "rate_limit", "ratelimiting": "rate_limit",
		"staticconfig": "targets", "filesdconfig": "target_files", "file": "target_files", "bucket": "targets", "cname": "targets", "user": "accounts",
		"proxy": "proxy_url", "httpproxy": "proxy_url", "httpsproxy": "proxy_url", "ca": "ca_file", "cacert": "ca_file", "tlsconfig": "ca_file",
		"signature": "signature_version", "signversion": "signature_version", "auth": "credentials", "credential": "credentials",
		"ramrolearn": "role_arn", "ramrolename": "role_name", "rolesessionname": "session_name", "ramsessionname": "session_name",
		"processcommand": "command", "durationsecond": "session_duration", "expiredsecond": "session_duration", "policy": "session_policy",
		"severity": "problems", "severitie": "problems",
	}
}
