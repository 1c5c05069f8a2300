#!/bin/sh
# The service is not started on its own: an operator says first which domains to watch. An upgrade restarts it if it runs and
# if the new version accepts the configuration; else the old version goes on.
set -e
config=/etc/oss_cname_exporter/config.yaml
systemd-sysusers oss-cname-exporter.conf
chgrp oss-cname-exporter /etc/oss_cname_exporter/credentials
[ -d /run/systemd/system ] || exit 0
systemctl daemon-reload
systemctl is-active --quiet oss-cname-exporter.service || exit 0
OPTIONS=
for file in /etc/default/oss-cname-exporter /etc/sysconfig/oss-cname-exporter; do
	# shellcheck disable=SC1090
	[ ! -r "$file" ] || . "$file"
done
# shellcheck disable=SC2086
if ! /usr/bin/oss_cname_exporter --config.check --config.file="$config" $OPTIONS; then
	echo "oss-cname-exporter: the new version refuses the configuration, see above. The old version goes on running." >&2
	echo "Mend $config, then: systemctl restart oss-cname-exporter.service" >&2
elif ! systemctl try-restart oss-cname-exporter.service; then
	echo "oss-cname-exporter: the new version did not start, see: systemctl status oss-cname-exporter.service" >&2
fi
