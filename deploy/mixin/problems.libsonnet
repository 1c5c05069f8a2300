// The problems of a domain, as docs/problems.md has them: what each rests on, and what an alert says of it. The exporter
// decides whether a domain has one.
//
// restsOn names the checks that an exporter must have made before it contradicts another one. "bound" and "exists" are
// facts that end what only the past can tell. lastWord is false for what a new exporter says by itself.
//
// Each text is there once for each language of _config.language.
local moment = |||
  {{ with printf "max(last_over_time(%s{job=%%[1]q, bucket=%%[2]q, cname=%%[3]q}[1d]))" $labels.job $labels.bucket $labels.cname | query }}%s {{ (. | first | value | toTime).Format "2006-01-02 15:04" }} UTC%s%s{{ end }}
|||;
local at(series, before, after='', otherwise='') = std.rstripChars(moment % [series, before, after, if otherwise == '' then '' else '{{ else }}' + otherwise], '\n');
local expiry = 'oss_cname_token_expiry_timestamp_seconds';
// As the exporter decides: the certificate that visitors get, if it is valid for the domain, else the one that is bound.
local certificate = 'oss_cname_tls_certificate_expiry_timestamp_seconds{%(of)s}[1d]) and last_over_time(oss_cname_tls_certificate_matches{%(of)s}[1d]) == 1 or last_over_time(oss_cname_certificate_expiry_timestamp_seconds' % { of: 'job=%[1]q, bucket=%[2]q, cname=%[3]q' };
local confirmed = 'oss_cname_token_last_success_timestamp_seconds';
local reason(series, colon) = '{{ with printf "%s{job=%%q, bucket=%%q, cname=%%q}" $labels.job $labels.bucket $labels.cname | query }}%s{{ . | first | label "reason" }}{{ end }}' % [series, colon];
// Where scrape labels have the name of one of the exporter's, Prometheus renames that.
local account(before, between, after='') = '{{ with printf "oss_cname_token_target_info{job=%q, bucket=%q, cname=%q}" $labels.job $labels.bucket $labels.cname | query }}{{ with first . }}' + before + '{{ or (label "exported_account" .) (label "account" .) }}' + between + '{{ or (label "exported_region" .) (label "region" .) }}' + after + '{{ end }}{{ end }}';
local checks(before, between) = '{{ range printf "max by (check, reason) (oss_cname_check_failure_reason{job=%q, bucket=%q, cname=%q})" $labels.job $labels.bucket $labels.cname | query }}' + before + '{{ label "check" . }}' + between + '{{ label "reason" . }}{{ end }}';
{
  TokenExpiresSoon: {
    restsOn: ['token'],
    en: {
      summary: 'The CNAME token of {{ $labels.cname }} expires' + at(expiry, ' at'),
      description: 'Bind {{ $labels.cname }} to the bucket {{ $labels.bucket }} before that. Later it takes a new token and a new TXT record.',
    },
    zh: {
      summary: '{{ $labels.cname }} 的 CNAME Token ' + at(expiry, '将于', ' 失效'),
      description: '请在此之前将 {{ $labels.cname }} 绑定到 Bucket {{ $labels.bucket }}，否则必须重新创建 Token 并更新 TXT 记录。',
    },
  },
  TokenExpired: {
    restsOn: ['token', 'exists'],
    en: {
      summary: 'The CNAME token of {{ $labels.cname }} expired unused',
      description: "{{ $labels.cname }} can't be bound to {{ $labels.bucket }} until there is a new token and a TXT record that carries it.",
    },
    zh: {
      summary: '{{ $labels.cname }} 的 CNAME Token 未使用即已失效',
      description: '重新创建 Token 并更新 TXT 记录之前，无法将 {{ $labels.cname }} 绑定到 {{ $labels.bucket }}。',
    },
  },
  TokenMissing: {
    restsOn: ['token', 'binding'],
    en: {
      summary: '{{ $labels.cname }} is not bound and has no CNAME token',
      description: "{{ $labels.cname }} can't be bound to {{ $labels.bucket }} as it is: create a token, or stop watching the domain.",
    },
    zh: {
      summary: '{{ $labels.cname }} 未绑定，也没有 CNAME Token',
      description: '目前无法将 {{ $labels.cname }} 绑定到 {{ $labels.bucket }}：请创建 Token，或不再监控该域名。',
    },
  },
  ReadyToBind: {
    restsOn: ['token', 'binding', 'dns_txt'],
    en: {
      summary: 'The TXT record of {{ $labels.cname }} carries the token, and the domain is not bound',
      description: 'Bind {{ $labels.cname }} to {{ $labels.bucket }} before the token expires' + at(expiry, ' at') + '.',
    },
    zh: {
      summary: '{{ $labels.cname }} 的 TXT 记录已生效，但域名尚未绑定',
      description: '请在 Token 失效前将 {{ $labels.cname }} 绑定到 {{ $labels.bucket }}' + at(expiry, '：将于', ' 失效') + '。',
    },
  },
  DomainUnbound: {
    restsOn: ['binding', 'bound'],
    en: {
      summary: '{{ $labels.cname }} is no longer bound to {{ $labels.bucket }}',
      description: 'No watched bucket has {{ $labels.cname }} now. Visitors get errors, and another bucket may bind it.',
    },
    zh: {
      summary: '{{ $labels.cname }} 已不再绑定到 {{ $labels.bucket }}',
      description: '被监控的 Bucket 都没有绑定 {{ $labels.cname }}。用户访问会报错，且域名可能被其他 Bucket 绑定。',
    },
  },
  NotServed: {
    restsOn: ['binding', 'http'],
    en: {
      summary: 'OSS does not serve {{ $labels.cname }}, or not with its certificate',
      description: '{{ $labels.cname }} is bound to {{ $labels.bucket }}, and OSS does not serve the domain or the certificate that is bound with it.',
    },
    zh: {
      summary: 'OSS 已停止为 {{ $labels.cname }} 提供服务，或未使用其证书',
      description: '{{ $labels.cname }} 已绑定到 {{ $labels.bucket }}，但 OSS 已停止为该域名提供服务，或未启用与其绑定的证书。',
    },
  },
  NotReachable: {
    restsOn: ['binding', 'dns_cname', 'http'],
    en: {
      summary: '{{ $labels.cname }} is bound to {{ $labels.bucket }}, and its name does not lead there',
      description: 'The name {{ $labels.cname }} does not exist, or leads to another bucket or region. Visitors do not reach {{ $labels.bucket }}.',
    },
    zh: {
      summary: '{{ $labels.cname }} 已绑定到 {{ $labels.bucket }}，但域名解析未指向它',
      description: '{{ $labels.cname }} 没有解析记录，或指向其他 Bucket 或地域。用户无法访问 {{ $labels.bucket }}。',
    },
  },
  Dangling: {
    restsOn: ['binding', 'dns_cname', 'http'],
    en: {
      summary: '{{ $labels.cname }} leads to OSS, and no watched bucket has it',
      description: 'Another account may take over {{ $labels.cname }}. Critical: the bucket {{ $labels.bucket }} does not exist, or belongs to another account now.',
    },
    zh: {
      summary: '{{ $labels.cname }} 指向 OSS，但被监控的 Bucket 都没有绑定它',
      description: '其他账号可能劫持 {{ $labels.cname }}。critical 表示 Bucket {{ $labels.bucket }} 不存在，或现属于其他账号。',
    },
  },
  CertificateExpiresSoon: {
    restsOn: ['binding', 'http'],
    en: {
      summary: 'The certificate of {{ $labels.cname }} ends' + at(certificate, ' at'),
      description: 'Upload a new certificate for {{ $labels.cname }} to the bucket {{ $labels.bucket }}, and to the server that answers visitors if that is another. The old one goes on being served, also when it has expired.',
    },
    zh: {
      summary: '{{ $labels.cname }} 的证书到期' + at(certificate, '：'),
      description: '请为 {{ $labels.cname }} 上传新证书到 Bucket {{ $labels.bucket }}（证书托管）；如果应答用户的是其他服务，也要在那里更新。旧证书过期后仍会继续使用。',
    },
  },
  ProbeFailing: {
    restsOn: ['token'],
    en: {
      summary: 'OSS does not answer about {{ $labels.cname }}' + reason('oss_cname_token_probe_failure_reason', ': '),
      description: 'The facts of {{ $labels.cname }} are' + at(confirmed, ' from', '', ' not known') + '. Changes since are not seen. It was asked as' + account(' account ', ' in ') + '.',
    },
    zh: {
      summary: 'OSS 未应答对 {{ $labels.cname }} 的查询' + reason('oss_cname_token_probe_failure_reason', '：'),
      description: '{{ $labels.cname }} 的信息' + at(confirmed, '截至', '', '未知') + '，看不到此后的变化。' + account('查询使用账号 ', '（地域 ', '）。'),
    },
  },
  CheckFailing: {
    restsOn: ['binding', 'dns_txt', 'dns_cname', 'http', 'target'],
    lastWord: false,
    en: {
      summary: 'A check of {{ $labels.cname }} fails' + checks(', ', ': '),
      description: 'The facts that the check finds are not known any more, or old. The countdown of the token is not affected.',
    },
    zh: {
      summary: '{{ $labels.cname }} 的检查项失败' + checks('，', '：'),
      description: '该检查项所得的信息已未知或过旧。Token 的倒计时不受影响。',
    },
  },
}
