#!/bin/sh
# deb says remove or upgrade, rpm how many versions stay.
set -e
case "$1" in
remove | 0)
	if [ -d /run/systemd/system ]; then
		systemctl disable --now oss-cname-exporter.socket oss-cname-exporter.service
	fi
	;;
esac
