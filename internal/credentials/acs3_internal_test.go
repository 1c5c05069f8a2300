package credentials

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"oss_cname_exporter/internal/secret"
)

// TestSignatureOfTheDocumentation signs the example that the vendor's page on the signature works out.
func TestSignatureOfTheDocumentation(t *testing.T) {
	query := url.Values{"ImageId": {"win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"}, "RegionId": {"cn-shanghai"}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://ecs.cn-shanghai.aliyuncs.com/?"+encode(query), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	key := secret.Key{ID: "YourAccessKeyId", Secret: "YourAccessKeySecret"}
	signature := signACS3At(req, key, "RunInstances", "2014-05-26", "2023-10-26T10:22:32Z", "3156853299f313e23d1673dc12e1703d")
	const want = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
	if signature != want || !strings.HasSuffix(req.Header.Get("Authorization"), ",Signature="+want) {
		t.Errorf("got %q", req.Header.Get("Authorization"))
	}
}
