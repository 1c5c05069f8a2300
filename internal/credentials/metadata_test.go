package credentials_test

import (
	"testing"
	"time"

	"oss_cname_exporter/internal/credentials"
	"oss_cname_exporter/internal/fake/ststest"
)

func TestInstanceRole(t *testing.T) {
	clock := newClock()
	service := ststest.NewMetadata("reader", ststest.Options{Now: clock.now, Life: 6 * time.Hour})
	t.Cleanup(service.Close)
	getenv := map[string]string{}
	instance := credentials.Instance{Endpoint: service.URL, Now: clock.now, Getenv: func(name string) string { return getenv[name] }}
	from := credentials.FromInstance(instance)
	mustKey(t, from, issued(1))
	mustKey(t, from, issued(1))
	clock.advance(5 * time.Hour) // of the six that the key has
	mustKey(t, from, issued(1))
	for got := ""; got != issued(2); { // the old key serves meanwhile
		got, _ = keyOf(t, from)
	}

	instance.Role = "reader"
	mustKey(t, credentials.FromInstance(instance), issued(3))
	instance.Role = "writer"
	noKey(t, credentials.FromInstance(instance), `asking the metadata service at `+service.URL+`: the instance has no role "writer"; attach this role to the instance`)
	service.SetRole("")
	instance.Role = ""
	noKey(t, credentials.FromInstance(instance), "it names no role; attach a RAM role to the instance")
	service.Close()
	noKey(t, credentials.FromInstance(instance), "connection refused; only an ECS instance has it")
	getenv["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true"
	noKey(t, credentials.FromInstance(instance), "ALIBABA_CLOUD_ECS_METADATA_DISABLED forbids it")
}
