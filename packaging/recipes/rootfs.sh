# A Debian trixie with systemd and what the package depends on and recommends, as apt would bring it to a Raspberry Pi.
make_rootfs() { # folder
  [ ! -e "$1.ready" ] || return 0
  echo "building $1 (once, some minutes)"
  rm -rf "$1"
  debootstrap --variant=minbase --include=ca-certificates trixie "$1" >"$1.log" 2>&1
  chroot "$1" env DEBIAN_FRONTEND=noninteractive apt-get -o APT::Sandbox::User=root install -y --no-install-recommends \
    systemd systemd-sysv dbus nodejs mpv ffmpeg alsa-utils avahi-daemon libchromaprint-tools gpiod iw redis-server iproute2 \
    procps >>"$1.log" 2>&1
  # Redis is started where a check wants it.
  chroot "$1" systemctl disable redis-server >>"$1.log" 2>&1
  echo tutti >"$1/etc/hostname"
  touch "$1.ready"
}
