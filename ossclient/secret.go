package ossclient

import "oss_cname_exporter/internal/secret"

// Secret is a text that no output may show.
type Secret = secret.Text
