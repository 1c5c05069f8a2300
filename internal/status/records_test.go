package status_test

import (
	"reflect"
	"testing"

	"oss_cname_exporter/internal/status"
)

func TestRecords(t *testing.T) {
	var r status.Records
	if !r.IsEmpty() || r.Differences() != "" {
		t.Errorf("nothing was said, and got %q", r.Differences())
	}
	r.Add("ns1", nil, status.Unknown)
	r.Add("ns2", nil, status.Unknown)
	r.Add("ns2", nil, status.Unknown) // over two aliases
	if want := []status.Found{{Servers: []string{"ns1", "ns2"}}}; !r.IsEmpty() || r.Differences() != "" || !reflect.DeepEqual(r.Found, want) {
		t.Errorf("got %+v, want %+v", r.Found, want)
	}
	r.Add("ns3", []string{"a", "b"}, status.Unknown)
	if want := "ns1, ns2: no record; ns3: a, b"; r.IsEmpty() || r.Differences() != want {
		t.Errorf("got %q, want %q", r.Differences(), want)
	}
}
