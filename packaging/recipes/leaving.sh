echo '# leaving'

check 'music plays before the machine is restarted' within 60 eval 'play && moves'
tutti seek 5:00 --room kitchen >/dev/null
check 'in the midst of a track' within 20 eval 'awk -v at="$(position)" "BEGIN { exit !(at > 302) }"'
began=$SECONDS
# The program that holds the machine ends when the machine restarts, and is asked to begin again, as systemd would do for it.
inside systemctl reboot || true
check 'the machine is restarted' within 90 not kill -0 "$machine"
check 'within 10 s' [ $((SECONDS - began)) -le 10 ]
switch_on
check 'and boots' within 120 is_up
check 'the server is there by itself' within 30 health
check 'and so is the music' within 60 eval 'active "$output" && moves'
check 'where it was' awk -v at="$(position)" 'BEGIN { exit !(at > 300) }'
stopped_at() { inside journalctl -b -1 -o short-unix --no-pager -u "$1" | grep "$2" | tail -n 1 | cut -d' ' -f1; }
check 'the server had ended before its outputs' awk -v server="$(stopped_at tutti.service 'Stopped')" -v output="$(stopped_at "$output" 'Stopping')" \
  'BEGIN { exit !(server != "" && output != "" && server <= output) }'

inside systemctl enable --quiet tutti-worker.service
remove() { inside env DEBIAN_FRONTEND=noninteractive "$@" dpkg --remove tutti; }
purge() { inside env DEBIAN_FRONTEND=noninteractive "$@" dpkg --purge tutti; }
check 'removing' remove
check 'nothing of it runs' not inside pgrep -u tutti
check 'the program is gone' not inside test -e /usr/lib/tutti
check 'music and state are not' inside test -s /srv/music/welle.flac -a -s /var/lib/tutti/tutti.db
check 'installed again it serves, now and after each start' eval 'upgrade 1.3.0 && within 60 health && inside systemctl is-enabled tutti.service'
check 'as what it was: a server and a worker' same 'disabled enabled' \
  "$(inside systemctl is-enabled tutti-satellite.service || true) $(inside systemctl is-enabled tutti-worker.service || true)"
check 'with the same people: the token still counts' within 20 tutti status
check 'purging, nobody being there to answer' eval 'remove && purge'
check 'keeps state and music' inside test -s /srv/music/welle.flac -a -s /var/lib/tutti/tutti.db
# As a person at a terminal would.
answer() { # word
  inside sh -c 'printf "%s\n" "$1" | script --quiet --return --command "dpkg --purge tutti" /dev/null' sh "$1" >"$work/purge.log" 2>&1
  grep -q 'Delete what Tutti knows' "$work/purge.log" || { cat "$work/purge.log"; return 1; }
}
check 'purging asks, and takes no for an answer' eval 'upgrade 1.3.0 && answer n && inside test -s /var/lib/tutti/tutti.db'
check 'and yes' eval 'upgrade 1.3.0 && answer y && inside test ! -e /var/lib/tutti -a -s /srv/music/welle.flac'
check 'purging, when told' eval 'upgrade 1.3.0; remove && purge TUTTI_PURGE=yes'
check 'deletes the state' not inside test -e /var/lib/tutti
check 'and never the music' inside test -s /srv/music/welle.flac
