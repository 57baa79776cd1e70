echo '# faults'

music=$(mpv_pid)
left_alone() { # unit, word that it says
  within 20 eval "same 'failed 78 0' \"\$(shown ActiveState $1) \$(shown ExecMainStatus $1) \$(shown NRestarts $1)\"" &&
    grep -q "$2" <(inside journalctl "_SYSTEMD_UNIT=$1" -n 5 -o cat --no-pager)
}
for helper in worker gateway; do
  inside systemctl start --no-block "tutti-$helper.service"
  check "a $helper that was told no bus says so, names the file, and is left alone" left_alone "tutti-$helper.service" 'needs the bus .*/etc/tutti/tutti.yaml'
done
inside sh -c 'echo TUTTI_URL=http://127.0.0.1:8080 >/etc/default/tutti-satellite'
inside systemctl start --no-block tutti-satellite.service
check 'a satellite without a token says so, and is left alone' left_alone tutti-satellite.service 'needs the token'
inside rm /etc/default/tutti-satellite
inside sh -c 'echo "prot: 80" >>/etc/tutti/tutti.yaml; systemctl restart --no-block tutti.service'
check 'a server with a wrong setting names the line, and is left alone' left_alone tutti.service 'tutti.yaml:[0-9]*:1: prot is no setting'
inside sed -i '/^prot:/d' /etc/tutti/tutti.yaml
inside systemctl stop tutti.service
inside systemctl reset-failed

inside node -e 'require("net").createServer().listen(8080, () => setTimeout(() => process.exit(), 30000))' &
sleep 1
inside systemctl start --no-block tutti.service
sleep 20
tries_little() { [ "$(shown NRestarts tutti.service)" -le 2 ] || { shown NRestarts tutti.service; return 1; }; }
check 'a server whose port is taken tries now and then, and not all the time' tries_little
check 'and says which port' grep -q 'Port 8080 is taken' <(inside journalctl _SYSTEMD_UNIT=tutti.service -n 5 -o cat --no-pager)
check 'and is there by itself when the port is free' within 60 health
check 'while the same mpv played on' eval 'same "$music" "$(mpv_pid)" && moves && within 20 playing'

# Runs JavaScript in the server.
makes() { # code
  inside kill -USR1 "$before"
  sleep 1
  inside node --experimental-websocket /opt/recipe/make-busy.cjs "$1" 2>&1
}
before=$(server_pid)
makes 'for (;;);'
check 'an event loop that is busy for ever: the watchdog starts the server anew' within 90 server_is_new "$before"
before=$(server_pid)
makes 'const kept = []; for (;;) kept.push(new Array(1e6).fill(kept.length))'
check 'memory without end: the server is started anew' within 90 server_is_new "$before"
check 'while the same mpv played on, and the server knows' eval 'same "$music" "$(mpv_pid)" && moves && within 20 playing'

inside kill -STOP "$(server_pid)"
began=$SECONDS
inside systemctl stop tutti.service
check 'a server that stands still holds up no shutdown' [ $((SECONDS - began)) -lt 10 ]
inside systemctl start tutti.service
check 'and finds the same mpv again' within 30 eval 'same "$music" "$(mpv_pid)" && moves && playing'

inside sh -ec '
  printf "#!/bin/sh\nwhile :; do :; done\n" >/opt/mpv-spins
  chmod 755 /opt/mpv-spins
  echo /opt/mpv-spins >/run/tutti/outputs/spins
  chown tutti:tutti /run/tutti/outputs/spins
'
check 'an output that spins' grep -q started <(as_tutti node /opt/recipe/ask-door.cjs spins)
check 'does not hold the machine up for long' within 10 same failed "$(sleep 5; shown ActiveState tutti-output@spins.service)"
inside rm /run/tutti/outputs/spins
inside systemctl reset-failed
raises_itself() { inside grep 'Max realtime priority' "/proc/$music/limits" | grep -vq ' 0  *0 '; }
check 'an mpv raises its priority no further' not raises_itself

# A state folder on a disk of its own, which then is read-only, or full.
small_disk() {
  inside sh -ec '
    systemctl stop tutti.service
    cp -a /var/lib/tutti /root/kept-state
    rm -rf /root/kept-state/before-upgrade
    mount -t tmpfs -o size=24m none /var/lib/tutti
    chown tutti:tutti /var/lib/tutti && chmod 700 /var/lib/tutti
    cp -a /root/kept-state/. /var/lib/tutti/
    rm -rf /root/kept-state
  '
}
large_disk() { inside sh -c 'systemctl stop tutti.service; umount /var/lib/tutti; systemctl start tutti.service'; }
refused() { ! upgrade 1.1.0 >/dev/null && grep -q 'full, or read-only' "$work/upgrade.log"; }
small_disk
inside mount -o remount,ro /var/lib/tutti
inside systemctl start --no-block tutti.service
check 'a state folder that is read-only: the server starts, with the same mpv' within 40 eval 'health && same "$music" "$(mpv_pid)" && playing'
check 'no upgrade begins there' refused
check 'and the version before serves on' within 40 eval 'health && same 1.0.0 "$(version_says)"'
inside sh -c 'mount -o remount,rw /var/lib/tutti; mkdir /var/lib/tutti/fills; dd if=/dev/zero of=/var/lib/tutti/fills/it bs=64k 2>/dev/null; truncate -s -128K /var/lib/tutti/fills/it'
check 'nor on a disk that is nearly full' refused
check 'and the version before serves on, with all it had' within 40 eval 'health && playing && not inside test -e /var/lib/tutti/before-upgrade.new'
large_disk
check 'back on the large disk' within 40 eval 'health && play && moves'
