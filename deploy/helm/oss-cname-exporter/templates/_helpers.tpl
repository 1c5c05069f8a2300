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

{{- define "exporter.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- /* A value as YAML, its templates rendered: (list ROOT VALUE). */ -}}
{{- define "exporter.render" -}}
{{- $text := index . 1 -}}
{{- if not (kindIs "string" $text) -}}{{- $text = toYaml $text -}}{{- end -}}
{{- if contains "{{" $text -}}{{- tpl $text (index . 0) -}}{{- else -}}{{- $text -}}{{- end -}}
{{- end -}}

{{- define "exporter.selector" -}}
app.kubernetes.io/name: {{ include "exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- /* Labels of an object: (list ROOT MORE…). The selector's are never replaced; of the others the first wins. */ -}}
{{- define "exporter.labels" -}}
{{- $root := index . 0 -}}
{{- $labels := include "exporter.selector" $root | fromYaml -}}
{{- range concat (rest .) (list $root.Values.commonLabels (dig "commonLabels" dict ($root.Values.global | default dict))) -}}
{{- $labels = merge $labels (include "exporter.render" (list $root (. | default dict)) | fromYaml) -}}
{{- end -}}
{{- $own := dict "app.kubernetes.io/version" $root.Chart.AppVersion "app.kubernetes.io/part-of" (include "exporter.name" $root) "app.kubernetes.io/managed-by" $root.Release.Service "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_") -}}
{{- merge $labels $own | toYaml -}}
{{- end -}}

{{- /* Metadata of an object: a dict of root, suffix of the name, name, namespace, and its own labels and annotations. */ -}}
{{- define "exporter.metadata" -}}
name: {{ .name | default (print (include "exporter.fullname" .root) (.suffix | default "")) }}
namespace: {{ .namespace | default (include "exporter.namespace" .root) }}
labels:
  {{- include "exporter.labels" (list .root (.labels | default dict)) | nindent 2 }}
{{- with include "exporter.annotations" (list .root (.annotations | default dict)) }}
annotations:
  {{- . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* Annotations: (list ROOT MORE…), of which the first wins; "" if there are none. */ -}}
{{- define "exporter.annotations" -}}
{{- $root := index . 0 -}}
{{- $annotations := dict -}}
{{- range concat (rest .) (list $root.Values.commonAnnotations) -}}
{{- $annotations = merge $annotations (include "exporter.render" (list $root (. | default dict)) | fromYaml) -}}
{{- end -}}
{{- if $annotations -}}{{- toYaml $annotations -}}{{- end -}}
{{- end -}}

{{- define "exporter.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "exporter.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "exporter.image" -}}
{{- $registry := dig "imageRegistry" "" (.Values.global | default dict) | default .Values.image.registry -}}
{{- $repository := ternary (print $registry "/" .Values.image.repository) .Values.image.repository (ne ($registry | default "") "") -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- /* Pull secrets as Kubernetes wants them: (list ROOT LIST…). */ -}}
{{- define "exporter.pullSecrets" -}}
{{- $root := index . 0 -}}
{{- $secrets := list -}}
{{- range rest . -}}
{{- range . -}}
{{- $secrets = append $secrets (ternary (dict "name" .) . (kindIs "string" .)) -}}
{{- end -}}
{{- end -}}
{{- if $secrets -}}{{- include "exporter.render" (list $root ($secrets | uniq)) -}}{{- end -}}
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

{{- /* The targets of one ConfigMap; what is beyond is in more of them, each below the 1 MiB that Kubernetes takes. */ -}}
{{- define "exporter.chunk" -}}2000{{- end -}}

{{- /* How many ConfigMaps of targets there are beside the configuration: 0 if it holds them itself. */ -}}
{{- define "exporter.chunks" -}}
{{- $targets := len (.Values.config.targets | default list) -}}
{{- $chunk := include "exporter.chunk" . | int -}}
{{- if and (gt $targets $chunk) (not (include "exporter.existing" .)) -}}{{- div (add $targets $chunk -1) $chunk -}}{{- else -}}0{{- end -}}
{{- end -}}

{{- define "exporter.existing" -}}
{{- or .Values.existingConfig.configMap .Values.existingConfig.secret | default "" -}}
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
{{- if gt (include "exporter.chunks" . | int) 0 -}}
{{- $_ := unset $config "targets" -}}
{{- $_ := set $config "target_files" (append ($config.target_files | default list) "targets-*.yml") -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{- /* The targets of one ConfigMap, as a target file: (list ROOT NUMBER). */ -}}
{{- define "exporter.targets" -}}
{{- $chunk := include "exporter.chunk" (index . 0) | int -}}
{{- $all := (index . 0).Values.config.targets -}}
{{- range slice $all (mul (index . 1) $chunk | int) (min (len $all) (mul (add1 (index . 1)) $chunk) | int) -}}
{{- range $key, $_ := omit . "bucket" "cname" "account" "region" "labels" -}}
{{- fail (printf "config.targets: with more than %d targets none can have %s of its own; write such targets into a ConfigMap of yours, and that into extraVolumes and config.target_files" $chunk $key) -}}
{{- end -}}
{{- $labels := merge (dict) (.labels | default dict) (pick . "account" "region") }}
- targets: [{{ printf "%s/%s" .bucket .cname | quote }}]
{{- if $labels }}
  labels: {{ $labels | toJson }}
{{- end }}
{{- end -}}
{{- end -}}

{{- /* Fails if text is more than Kubernetes takes in one object: (list NAME TEXT). */ -}}
{{- define "exporter.fits" -}}
{{- if gt (len (index . 1)) 1000000 -}}
{{- fail (printf "%s: %d bytes do not fit into a ConfigMap, which takes 1 MiB; put targets into ConfigMaps of your own, and those into extraVolumes and config.target_files" (index . 0) (len (index . 1))) -}}
{{- end -}}
{{- index . 1 -}}
{{- end -}}

{{- define "exporter.interval" -}}
{{- default (ternary "1m" "4m" (has .Values.monitor.kind (list "ServiceMonitor" "PodMonitor"))) .Values.monitor.interval -}}
{{- end -}}

{{- /* A duration such as 1h, 1m30s or 45s, in seconds. */ -}}
{{- define "exporter.seconds" -}}
{{- $hours := regexFind "[0-9]+h" . | trimSuffix "h" | int -}}
{{- $minutes := regexFind "[0-9]+m" . | trimSuffix "m" | int -}}
{{- $seconds := regexFind "[0-9]+s" . | trimSuffix "s" | int -}}
{{- add (mul $hours 3600) (mul $minutes 60) $seconds -}}
{{- end -}}

{{- /* The prefix of all paths, "" or "/some/path", as the program derives it from the same two flags. */ -}}
{{- define "exporter.prefix" -}}
{{- $path := .Values.web.routePrefix -}}
{{- if and (not $path) .Values.web.externalURL -}}{{- $path = (urlParse (tpl .Values.web.externalURL .)).path -}}{{- end -}}
{{- with $path | default "" | trimAll "/" -}}{{- print "/" . -}}{{- end -}}
{{- end -}}

{{- /* Args of the exporter: (list ROOT SHARD). */ -}}
{{- define "exporter.args" -}}
{{- $root := index . 0 -}}
- --config.file=/etc/oss_cname_exporter/config.yaml
- --config.watch
- --web.listen-address=:19525
- --web.health-listen-address=:19526
{{- if $root.Values.web.secretName }}
- --web.config.file=/etc/oss_cname_exporter_web/web.yml
{{- end }}
{{- with $root.Values.web.externalURL }}
- {{ print "--web.external-url=" (tpl . $root) | quote }}
{{- end }}
{{- with $root.Values.web.routePrefix }}
- {{ print "--web.route-prefix=" . | quote }}
{{- end }}
{{- if gt (int $root.Values.shards) 1 }}
- --shard={{ index . 1 }}
- --total-shards={{ $root.Values.shards }}
{{- end }}
{{- range $root.Values.extraArgs }}
{{- if regexMatch "^--(no-)?web\\.(external-url|route-prefix)\\b" . }}
{{- fail (printf "extraArgs: %s: write web.externalURL or web.routePrefix in its place, which the monitors follow" .) }}
{{- end }}
{{- with regexFind "^--(no-)?(config\\.(file|watch)|web\\.(listen-address|health-listen-address|config\\.file|enable-lifecycle|systemd-socket)|shard|total-shards)\\b" . }}
{{- fail (printf "extraArgs: the chart sets %s itself" .) }}
{{- end }}
- {{ tpl . $root | quote }}
{{- end }}
{{- end -}}

{{- /* More variables of the exporter, each once: Kubernetes would take the last of two. */ -}}
{{- define "exporter.env" -}}
{{- $text := include "exporter.render" (list . .Values.extraEnv) -}}
{{- $names := list -}}
{{- range fromYamlArray $text -}}
{{- if has .name $names -}}{{- fail (printf "extraEnv: %s is there twice" .name) -}}{{- end -}}
{{- $names = append $names .name -}}
{{- end -}}
{{- $text -}}
{{- end -}}

{{- /* The volumes of the exporter: (list ROOT SUFFIX), the suffix of the ConfigMaps' names. */ -}}
{{- define "exporter.volumes" -}}
{{- $root := index . 0 -}}
{{- $suffix := index . 1 -}}
{{- $name := include "exporter.fullname" $root -}}
{{- $existing := $root.Values.existingConfig -}}
{{- $chunks := include "exporter.chunks" $root | int -}}
{{- if $existing.secret }}
- {name: config, secret: {secretName: {{ tpl $existing.secret $root | quote }}, items: [{key: {{ $existing.key | quote }}, path: config.yaml}], defaultMode: 0440}}
{{- else if $existing.configMap }}
- {name: config, configMap: {name: {{ tpl $existing.configMap $root | quote }}, items: [{key: {{ $existing.key | quote }}, path: config.yaml}]}}
{{- else if eq $chunks 0 }}
- {name: config, configMap: {name: {{ $name }}{{ $suffix }}}}
{{- else }}
- name: config
  projected:
    sources:
      - configMap: {name: {{ $name }}{{ $suffix }}}
      {{- range $i := until $chunks }}
      - configMap: {name: {{ $name }}{{ $suffix }}-targets-{{ $i }}}
      {{- end }}
{{- end }}
{{- if eq $root.Values.credentials.type "secret" }}
- {name: credentials, secret: {secretName: {{ tpl $root.Values.credentials.secretName $root | quote }}, defaultMode: 0440}}
{{- end }}
{{- with $root.Values.web.secretName }}
- {name: web, secret: {secretName: {{ tpl . $root | quote }}, defaultMode: 0440}}
{{- end }}
{{- with $root.Values.extraVolumes }}
{{ include "exporter.render" (list $root .) }}
{{- end }}
{{- end -}}

{{- define "exporter.mounts" -}}
- {name: config, mountPath: /etc/oss_cname_exporter, readOnly: true}
{{- if eq .Values.credentials.type "secret" }}
- {name: credentials, mountPath: /run/secrets/oss, readOnly: true}
{{- end }}
{{- if .Values.web.secretName }}
- {name: web, mountPath: /etc/oss_cname_exporter_web, readOnly: true}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ include "exporter.render" (list $ .) }}
{{- end }}
{{- end -}}

{{- /* The pod's security context; OpenShift assigns the ids itself. */ -}}
{{- define "exporter.podSecurity" -}}
{{- $context := .Values.podSecurityContext | default dict -}}
{{- if .Capabilities.APIVersions.Has "security.openshift.io/v1" -}}
{{- $context = omit $context "runAsUser" "runAsGroup" "fsGroup" -}}
{{- end -}}
{{- toYaml $context -}}
{{- end -}}

{{- /* Where and as what the pods of the chart run: the exporter's, the check's and the test's. */ -}}
{{- define "exporter.placement" -}}
{{- with include "exporter.pullSecrets" (list . (dig "imagePullSecrets" list (.Values.global | default dict)) .Values.image.pullSecrets) }}
imagePullSecrets:
  {{- . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "exporter.podSecurity" . | nindent 2 }}
{{- range $key := list "nodeSelector" "tolerations" "hostAliases" "dnsConfig" }}
{{- with index $.Values $key }}
{{ $key }}:
  {{- include "exporter.render" (list $ .) | nindent 2 }}
{{- end }}
{{- end }}
{{- range $key := list "priorityClassName" "runtimeClassName" "schedulerName" "dnsPolicy" }}
{{- with index $.Values $key }}
{{ $key }}: {{ tpl . $ | quote }}
{{- end }}
{{- end }}
{{- if .Values.hostNetwork }}
hostNetwork: true
{{- end }}
{{- if kindIs "bool" .Values.hostUsers }}
hostUsers: {{ .Values.hostUsers }}
{{- end }}
enableServiceLinks: {{ .Values.enableServiceLinks }}
{{- end -}}

{{- /* What Prometheus needs to be let in. */ -}}
{{- define "exporter.auth" -}}
{{- with .Values.web.tlsConfig }}
tlsConfig:
  {{- include "exporter.render" (list $ .) | nindent 2 }}
{{- end }}
{{- with .Values.web.basicAuth }}
basicAuth:
  {{- include "exporter.render" (list $ .) | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "exporter.address" -}}
{{ include "exporter.fullname" . }}.{{ include "exporter.namespace" . }}.svc:{{ .Values.service.port }}
{{- end -}}

{{- /* The text of a file of the chart, which must be there: (list ROOT PATH). */ -}}
{{- define "exporter.file" -}}
{{- required (printf "the chart has no %s: take it from a release, or run make chart" (index . 1)) ((index . 0).Files.Get (index . 1)) -}}
{{- end -}}
