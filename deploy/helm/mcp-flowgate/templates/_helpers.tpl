{{/* The name of everything that belongs to a release. */}}
{{- define "mcp-flowgate.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "mcp-flowgate.selector" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "mcp-flowgate.labels" -}}
{{ include "mcp-flowgate.selector" . }}
app.kubernetes.io/version: {{ default .Chart.AppVersion .Values.image.tag | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
{{- end -}}

{{- define "mcp-flowgate.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "mcp-flowgate.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "mcp-flowgate.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* The port that server.http.listen names. */}}
{{- define "mcp-flowgate.port" -}}
{{- .Values.config.server.http.listen | toString | splitList ":" | last -}}
{{- end -}}

{{/* The files of the configuration, in the order in which they are laid over each other. */}}
{{- define "mcp-flowgate.files" -}}
/etc/mcp-flowgate/gateway.yaml
{{- range $name := keys .Values.overlays | sortAlpha -}}
{{- printf ":/etc/mcp-flowgate/%s" $name -}}
{{- end -}}
{{- end -}}

{{/* What would come up and not work is refused here. */}}
{{- define "mcp-flowgate.refuse" -}}
{{- $kind := .Values.config.store.kind -}}
{{- $replicas := ternary .Values.autoscaling.maxReplicas .Values.replicaCount .Values.autoscaling.enabled | int -}}
{{- if and (ne $kind "postgres") (gt $replicas 1) -}}
{{- fail (printf "store.kind %s is of one replica alone: set autoscaling.enabled=false and replicaCount=1, or use postgres" $kind) -}}
{{- end -}}
{{- if and (ne $kind "postgres") (ne $kind "memory") (not .Values.persistence.enabled) -}}
{{- fail (printf "store.kind %s needs persistence.enabled=true: the root file system is read-only" $kind) -}}
{{- end -}}
{{- if and .Values.persistence.enabled (gt $replicas 1) -}}
{{- fail "persistence.enabled is for one replica: set autoscaling.enabled=false and replicaCount=1" -}}
{{- end -}}
{{- end -}}
