#!/bin/sh
# Boots a systemd as process 1 of new namespaces, with nothing to start but what is installed afterwards: its /etc, /usr and /var
# are written to memory, and no unit of the machine is known to it. Run it with unshare. Where its argument names a control group,
# that is its own: two systemds in one group would take the other's services for theirs.
set -e
if [ -n "$1" ]; then
	for hierarchy in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
		[ -e "$hierarchy/cgroup.procs" ] || continue
		mkdir "$hierarchy/$1"
		echo $$ >"$hierarchy/$1/cgroup.procs"
	done
fi
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system /run/lock /run/units
for dir in etc usr var; do
	mkdir -p "/run/upper/$dir" "/run/work/$dir"
	mount -t overlay overlay -o "lowerdir=/$dir,upperdir=/run/upper/$dir,workdir=/run/work/$dir" "/$dir"
done
for unit in basic sysinit shutdown sockets multi-user network-online; do
	sed '/^Wants=/d; /^Requires=/d; /^After=/d' "/lib/systemd/system/$unit.target" >"/run/units/$unit.target"
done
# Links to what the package installs.
ln -s /usr/lib/systemd/system/oss-cname-exporter.service /usr/lib/systemd/system/oss-cname-exporter.socket /run/units/
# Where it is process 1 of a container it expects this to be done: credentials are mounted in one place and seen in another.
mount --make-rshared /
export container=test SYSTEMD_UNIT_PATH=/run/units:/etc/systemd/system
exec /lib/systemd/systemd --system --unit=multi-user.target --log-target=null
