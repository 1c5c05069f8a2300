{{- define "exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "exporter.fullname" -}}
{{- $name := include "exporter.name" . -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "exporter.selector" -}}
app.kubernetes.io/name: {{ include "exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "exporter.labels" -}}
{{ include "exporter.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: {{ include "exporter.name" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "exporter.metadata" -}}
name: {{ include "exporter.fullname" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "exporter.labels" . | nindent 2 }}
{{- end -}}

{{- define "exporter.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "exporter.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "exporter.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- /* The credentials of an account that names none. */ -}}
{{- define "exporter.credentials" -}}
{{- if eq .Values.credentials.type "rrsa" -}}
type: oidc
{{- else if eq .Values.credentials.type "secret" -}}
type: static_files
access_key_id_file: /run/secrets/oss/access_key_id
access_key_secret_file: /run/secrets/oss/access_key_secret
{{- end -}}
{{- end -}}

{{- /* The configuration, each account with credentials. */ -}}
{{- define "exporter.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $credentials := include "exporter.credentials" . | fromYaml -}}
{{- if $credentials -}}
{{- range $account := $config.accounts -}}
{{- if not (hasKey $account "credentials") -}}
{{- $_ := set $account "credentials" $credentials -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{- /* Nine tenths of the memory limit, in MiB. */ -}}
{{- define "exporter.gomemlimit" -}}
{{- $limit := .Values.resources.limits.memory -}}
{{- $mib := trimSuffix "Mi" $limit | int -}}
{{- if hasSuffix "Gi" $limit -}}
{{- $mib = trimSuffix "Gi" $limit | int | mul 1024 -}}
{{- end -}}
{{- div (mul $mib 9) 10 -}}MiB
{{- end -}}

{{- define "exporter.interval" -}}
{{- default (ternary "1m" "4m" (eq .Values.monitor.kind "ServiceMonitor")) .Values.monitor.interval -}}
{{- end -}}

{{- /* A duration such as 1h, 1m30s or 45s, in seconds. */ -}}
{{- define "exporter.seconds" -}}
{{- $hours := regexFind "[0-9]+h" . | trimSuffix "h" | int -}}
{{- $minutes := regexFind "[0-9]+m" . | trimSuffix "m" | int -}}
{{- $seconds := regexFind "[0-9]+s" . | trimSuffix "s" | int -}}
{{- add (mul $hours 3600) (mul $minutes 60) $seconds -}}
{{- end -}}

{{- define "exporter.monitorLabels" -}}
labels:
  {{- mergeOverwrite (include "exporter.labels" . | fromYaml) .Values.monitor.labels | toYaml | nindent 2 }}
{{- end -}}

{{- /* What Prometheus needs to be let in. */ -}}
{{- define "exporter.auth" -}}
{{- with .Values.web.tlsConfig }}
tlsConfig:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.web.basicAuth }}
basicAuth:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "exporter.address" -}}
{{ include "exporter.fullname" . }}.{{ .Release.Namespace }}.svc:{{ .Values.service.port }}
{{- end -}}
