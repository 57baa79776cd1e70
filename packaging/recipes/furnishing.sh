echo '# furnishing'

# A room with an output that sounds nowhere (paced silence), and an hour of music.
furnish() {
  inside ffmpeg -loglevel error -y -f lavfi -i sine=440:d=1200 -metadata title=Welle -metadata artist=Tester -metadata album=Lang \
    /srv/music/welle.flac
  inside ffmpeg -loglevel error -y -f lavfi -i sine=330:d=1200 -metadata title=Woge -metadata artist=Tester -metadata album=Lang \
    /srv/music/woge.flac
  inside sh -c 'cat >>/etc/tutti/tutti.yaml' <<'END'
players:
  - kind: local
    id: kitchen
    name: Kitchen
    ao: "null"
END
  inside systemctl restart tutti.service
  token=$(inside tutti token create --name recipe --scope control | tail -n 1)
  [[ $token == tutti_* ]]
}
token=''
tutti() { inside env "TUTTI_TOKEN=$token" setpriv --reuid nobody --regid nogroup --clear-groups /usr/bin/tutti "$@"; }
output=tutti-output@kitchen.service
mpv_pid() { shown MainPID "$output"; }
mpv_socket() { inside sh -c 'ls /run/tutti/server/mpv-*.sock | head -n 1'; }
position() { inside node /opt/recipe/ask-mpv.cjs "$(mpv_socket)" time-pos; }
moves() {
  local first second
  first=$(position) || return 1
  sleep 1
  second=$(position) || return 1
  awk -v a="$first" -v b="$second" 'BEGIN { exit !(b > a) }' || { echo "position $first, then $second"; return 1; }
}
play() { tutti play Lang --room kitchen; }
server_pid() { shown MainPID tutti.service; }
server_is_new() { [ "$(server_pid)" != "$1" ] && active tutti.service && health; }
playing() { tutti status | grep -A1 '\[kitchen\]' | grep -q '^  playing' || { tutti status; return 1; }; }

upgrade() { inside env DEBIAN_FRONTEND=noninteractive TUTTI_START_SECONDS="${2:-60}" dpkg -i --force-confold "$(deb "$1")" >"$work/upgrade.log" 2>&1 || { tail -n 20 "$work/upgrade.log"; return 1; }; }
version_says() { inside tutti version; }
sum() { inside sha256sum "$1" | cut -d' ' -f1; }

furnish
check 'a token is made on the machine' [ -n "$token" ]
check 'the output is a unit of its own' within 30 active "$output"
check 'music plays' within 30 play
check 'mpv moves on' within 20 moves
check 'the server knows' within 10 playing
music=$(mpv_pid)
check 'mpv runs as the same user, in a control group of its own' same 'tutti' "$(inside stat -c %U "/proc/$music")"
every_thread_is_real_time() { ! inside chrt --all-tasks -p "$music" | grep policy | grep -v SCHED_RR; }
check 'every thread of it has real-time priority' every_thread_is_real_time
