echo '# cutting'

# An upgrade that is killed as a power cut would: dpkg and its script are gone at once.
cut_when() { # condition version
  (inside sh -c "DEBIAN_FRONTEND=noninteractive TUTTI_START_SECONDS=60 exec dpkg -i --force-confold $(deb "$2")" >"$work/cut.log" 2>&1 &)
  for _ in $(seq 3000); do
    if "$1"; then
      inside sh -c 'kill -KILL $(pgrep -f "^dpkg -i --force-confold|^/bin/sh /var/lib/dpkg/info/tutti.postinst")'
      sleep 1
      return
    fi
    sleep 0.02
  done
  return 1
}
lib=$work/root/usr/lib/tutti
half_unpacked() { ls "$lib"/app/*.dpkg-new "$lib"/app/dist/src/*.dpkg-new 2>/dev/null | grep -q .; }
being_tried() { [ -e "$lib/upgrading/trying" ]; }
all_well() { # version
  within 30 eval "health && same $1 \"\$(version_says)\" && playing" && same "$music" "$(mpv_pid)" && not test -e "$lib/upgrading"
}

music=$(mpv_pid)
was=$(version_says)
check 'cut while it is unpacked' cut_when half_unpacked 1.1.0
check 'the version before is whole, and would start' eval 'inside systemctl start tutti.service && within 30 health && same "$was" "$(version_says)"'
inside systemctl stop tutti.service
check 'the same again' upgrade 1.1.0
check 'starts what the first one had stopped' all_well 1.1.0

check 'cut while the new version is tried' cut_when being_tried 1.3.0
check 'dpkg --configure finishes it' inside dpkg --configure -a
check 'and all is well' all_well 1.3.0

check 'cut while a version is tried that cannot start' cut_when being_tried 1.2.0
sleep 3
check 'dpkg --configure takes it back' inside dpkg --configure -a
check 'to the version before and its database' all_well 1.3.0

check 'cut once more in the same place' cut_when being_tried 1.2.0
sleep 3
check 'a good version is installed over it' upgrade 1.1.0
check 'with everything from before both' all_well 1.1.0

inside sh -c 'head -c 3000000 "$0" >/opt/recipe/tutti_cut_all.deb' "$(deb 1.3.0)"
check 'a package that is damaged is refused' not upgrade cut
check 'and the version before serves' all_well 1.1.0

# Some put the state elsewhere; what does not fit a shell may stand beside it.
inside sh -ec '
  systemctl stop tutti.service
  mv /var/lib/tutti /srv/tutti-state
  printf "TUTTI_NAME=The \$House of (us)\nTUTTI_DATA_DIR=\"/srv/tutti-state\"\n" >>/etc/default/tutti
  systemctl start tutti.service
'
check 'a state folder elsewhere' within 30 eval 'health && playing'
check 'is copied by an upgrade' eval 'upgrade 1.3.0 && inside test -s /srv/tutti-state/before-upgrade/tutti.db'
state_sum() { inside sh -c 'cat /srv/tutti-state/satellite-token | sha256sum'; }
kept=$(state_sum)
check 'and put back by one that fails' eval 'upgrade 1.2.0 && all_well 1.3.0 && same "$kept" "$(state_sum)"'
inside sh -ec '
  systemctl stop tutti.service
  sed -i "/TUTTI_NAME\|TUTTI_DATA_DIR/d" /etc/default/tutti
  rm -rf /var/lib/tutti
  mv /srv/tutti-state /var/lib/tutti
  systemctl start tutti.service
'
check 'back in its usual place' within 30 eval 'health && playing'
