{{- define "izinlink.security" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "izinlink.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "izinlink.mounts" -}}
- name: temporary
  mountPath: /tmp
- name: instance
  mountPath: /var/lib/izinlink
{{- end }}

{{- define "izinlink.volumes" -}}
- name: temporary
  emptyDir:
    sizeLimit: {{ .Values.temporarySize }}
- name: instance
  emptyDir:
    sizeLimit: 16Mi
{{- end }}
