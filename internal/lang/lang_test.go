package lang_test

import (
	"errors"
	"testing"
	"time"

	"oss_cname_exporter/internal/lang"
)

func TestText(t *testing.T) {
	for _, test := range []struct {
		text             lang.Text
		english, chinese string
	}{
		{lang.Text{}, "", ""},
		{lang.Verbatim(""), "", ""},
		{lang.Textf("create a token"), "create a token", "创建 Token"},
		{lang.Textf("no such text, %d %%", 7), "no such text, 7 %", "no such text, 7 %"},
		{lang.Textf("the token expires %s", lang.In(5*time.Hour)), "the token expires in 5 h", "Token 将于 5 小时后失效"},
		{lang.Textf("allow %s in %s", "oss:ListCname", lang.Textf("the bucket policy")), "allow oss:ListCname in the bucket policy", "在存储空间授权策略（Bucket Policy）中允许 oss:ListCname"},
		{lang.Textf("%s: %s", "a\x1b[31m", errors.New("b\nc")), `a\x1b[31m: b\nc`, `a\x1b[31m：b\nc`},
		{lang.Verbatim("50 %\u202e"), `50 %\u202e`, `50 %\u202e`},
	} {
		if e, c := test.text.In(lang.English), test.text.In(lang.Chinese); e != test.english || c != test.chinese {
			t.Errorf("got %q and %q, want %q and %q", e, c, test.english, test.chinese)
		}
		if s, zero := test.text.String(), test.text.In(""); s != test.english || zero != test.english {
			t.Errorf("String is %q and the zero language %q, want %q", s, zero, test.english)
		}
		if test.text.IsZero() != (test.english == "") {
			t.Errorf("%q: IsZero is %v", test.english, test.text.IsZero())
		}
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration][2]string{
		0: {"0 s", "0 秒"}, 59 * time.Second: {"59 s", "59 秒"}, 3*time.Minute + 20*time.Second: {"3 min", "3 分钟"},
		5*time.Hour - time.Second: {"4 h 59 min", "4 小时 59 分钟"}, 5 * time.Hour: {"5 h", "5 小时"}, 5*time.Hour + time.Minute: {"5 h 1 min", "5 小时 1 分钟"},
		71*time.Hour + 59*time.Minute: {"2 d 23 h", "2 天 23 小时"}, -26 * time.Hour: {"1 d 2 h", "1 天 2 小时"}, 72 * time.Hour: {"3 d", "3 天"}, time.Minute: {"1 min", "1 分钟"},
	} {
		if got := lang.Duration(d); got.String() != want[0] || got.In(lang.Chinese) != want[1] {
			t.Errorf("%v: got %q and %q, want %q", d, got, got.In(lang.Chinese), want)
		}
	}
}

func TestRelative(t *testing.T) {
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	for at, want := range map[time.Time][2]string{
		{}: {}, now: {"just now", "刚刚"}, now.Add(-time.Second): {"1 s ago", "1 秒前"}, now.Add(-2 * time.Hour): {"2 h ago", "2 小时前"}, now.Add(90 * time.Second): {"in 1 min", "1 分钟后"},
	} {
		if got := lang.Relative(at, now); got.String() != want[0] || got.In(lang.Chinese) != want[1] {
			t.Errorf("%v: got %q and %q, want %q", at, got, got.In(lang.Chinese), want)
		}
	}
}

func TestAccepted(t *testing.T) {
	for header, want := range map[string]lang.Language{
		"": lang.English, "zh-CN,zh;q=0.9,en;q=0.8": lang.Chinese, "zh": lang.Chinese, "zh-Hans-SG": lang.Chinese, "zh-TW": lang.Chinese,
		"en-US,en;q=0.9,zh-CN;q=0.8": lang.English, "de-DE,zh;q=0.5": lang.Chinese, "de": lang.English, "*": lang.English, "\x00,,;q": lang.English,
	} {
		if got := lang.Accepted(header); got != want {
			t.Errorf("%q: got %q, want %q", header, got, want)
		}
	}
}

func TestOfEnvironment(t *testing.T) {
	for _, test := range []struct {
		variables map[string]string
		want      lang.Language
	}{
		{nil, lang.English},
		{map[string]string{"LANG": "zh_CN.UTF-8"}, lang.Chinese},
		{map[string]string{"LANG": "zh_CN"}, lang.Chinese},
		{map[string]string{"LANG": "zh_SG@pinyin"}, lang.Chinese},
		{map[string]string{"LANG": "C.UTF-8"}, lang.English},
		{map[string]string{"LANG": "POSIX"}, lang.English},
		{map[string]string{"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, lang.English},
		{map[string]string{"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "en_GB.UTF-8"}, lang.English},
		{map[string]string{"LC_ALL": "zh_CN.GB18030", "LC_MESSAGES": "en_GB"}, lang.Chinese},
	} {
		if got := lang.OfEnvironment(func(name string) string { return test.variables[name] }); got != test.want {
			t.Errorf("%v: got %q, want %q", test.variables, got, test.want)
		}
	}
}
