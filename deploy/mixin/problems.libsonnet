// The problems of a domain, as docs/problems.md has them: what each rests on, and what an alert says of it. The exporter
// decides whether a domain has one.
//
// restsOn names the checks that an exporter must have made before it contradicts another one. "bound" and "exists" are
// facts that end what only the past can tell. lastWord is false for what a new exporter says by itself.
local moment = |||
  {{ with printf "max(last_over_time(%s{job=%%[1]q, bucket=%%[2]q, cname=%%[3]q}[1d]))" $labels.job $labels.bucket $labels.cname | query }}%s {{ (. | first | value | toTime).Format "2006-01-02 15:04" }} UTC{{ end }}
|||;
local at(series, word) = std.rstripChars(moment % [series, word], '\n');
local expiry = 'oss_cname_token_expiry_timestamp_seconds';
// As the exporter decides: the certificate that visitors get, if it is valid for the domain, else the one that is bound.
local certificate = 'oss_cname_tls_certificate_expiry_timestamp_seconds{%(of)s}[1d]) and last_over_time(oss_cname_tls_certificate_matches{%(of)s}[1d]) == 1 or last_over_time(oss_cname_certificate_expiry_timestamp_seconds' % { of: 'job=%[1]q, bucket=%[2]q, cname=%[3]q' };
local reason(series) = '{{ with printf "%s{job=%%q, bucket=%%q, cname=%%q}" $labels.job $labels.bucket $labels.cname | query }}: {{ . | first | label "reason" }}{{ end }}' % series;
// Where scrape labels have the name of one of the exporter's, Prometheus renames that.
local account = '{{ with printf "oss_cname_token_target_info{job=%q, bucket=%q, cname=%q}" $labels.job $labels.bucket $labels.cname | query }}{{ with first . }} account {{ or (label "exported_account" .) (label "account" .) }} in {{ or (label "exported_region" .) (label "region" .) }}{{ end }}{{ end }}';
{
  TokenExpiresSoon: {
    restsOn: ['token'],
    summary: 'The CNAME token of {{ $labels.cname }} expires' + at(expiry, ' at'),
    description: 'Bind {{ $labels.cname }} to the bucket {{ $labels.bucket }} before that. Later it takes a new token and a new TXT record.',
  },
  TokenExpired: {
    restsOn: ['token', 'exists'],
    summary: 'The CNAME token of {{ $labels.cname }} expired unused',
    description: "{{ $labels.cname }} can't be bound to {{ $labels.bucket }} until there is a new token and a TXT record that carries it.",
  },
  TokenMissing: {
    restsOn: ['token', 'binding'],
    summary: '{{ $labels.cname }} is not bound and has no CNAME token',
    description: "{{ $labels.cname }} can't be bound to {{ $labels.bucket }} as it is: create a token, or stop watching the domain.",
  },
  ReadyToBind: {
    restsOn: ['token', 'binding', 'dns_txt'],
    summary: 'The TXT record of {{ $labels.cname }} carries the token, and the domain is not bound',
    description: 'Bind {{ $labels.cname }} to {{ $labels.bucket }} before the token expires' + at(expiry, ' at') + '.',
  },
  DomainUnbound: {
    restsOn: ['binding', 'bound'],
    summary: '{{ $labels.cname }} is no longer bound to {{ $labels.bucket }}',
    description: 'No watched bucket has {{ $labels.cname }} now. Visitors get errors, and another bucket may bind it.',
  },
  NotServed: {
    restsOn: ['binding', 'http'],
    summary: 'OSS does not serve {{ $labels.cname }}, or not with its certificate',
    description: '{{ $labels.cname }} is bound to {{ $labels.bucket }}, and OSS does not serve the domain or the certificate that is bound with it.',
  },
  NotReachable: {
    restsOn: ['binding', 'dns_cname', 'http'],
    summary: '{{ $labels.cname }} is bound to {{ $labels.bucket }}, and its name does not lead there',
    description: 'The name {{ $labels.cname }} does not exist, or leads to another bucket or region. Visitors do not reach {{ $labels.bucket }}.',
  },
  Dangling: {
    restsOn: ['binding', 'dns_cname', 'http'],
    summary: '{{ $labels.cname }} leads to OSS, and no watched bucket has it',
    description: 'Another account may take over {{ $labels.cname }}. Critical: the bucket {{ $labels.bucket }} does not exist, or belongs to another account now.',
  },
  CertificateExpiresSoon: {
    restsOn: ['binding', 'http'],
    summary: 'The certificate of {{ $labels.cname }} ends' + at(certificate, ' at'),
    description: 'Upload a new certificate for {{ $labels.cname }} to the bucket {{ $labels.bucket }}, and to the server that answers visitors if that is another. The old one goes on being served, also when it has expired.',
  },
  ProbeFailing: {
    restsOn: ['token'],
    summary: 'OSS does not answer about {{ $labels.cname }}' + reason('oss_cname_token_probe_failure_reason'),
    description: 'The facts of {{ $labels.cname }} are{{ with printf "max(last_over_time(oss_cname_token_last_success_timestamp_seconds{job=%q, bucket=%q, cname=%q}[1d]))" $labels.job $labels.bucket $labels.cname | query }} from {{ (. | first | value | toTime).Format "2006-01-02 15:04" }} UTC{{ else }} not known{{ end }}. Changes since are not seen. It was asked as' + account + '.',
  },
  CheckFailing: {
    restsOn: ['binding', 'dns_txt', 'dns_cname', 'http', 'target'],
    lastWord: false,
    summary: 'A check of {{ $labels.cname }} fails{{ range printf "max by (check, reason) (oss_cname_check_failure_reason{job=%q, bucket=%q, cname=%q})" $labels.job $labels.bucket $labels.cname | query }}, {{ label "check" . }}: {{ label "reason" . }}{{ end }}',
    description: 'The facts that the check finds are not known any more, or old. The countdown of the token is not affected.',
  },
}
