echo '# living'

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

before=$(server_pid)
inside kill -9 "$before"
check 'killed -9: the server comes back' within 30 server_is_new "$before"
check 'killed -9: the same mpv plays on' same "$music" "$(mpv_pid)"
check 'killed -9: it moves on, and the server knows' within 20 eval 'moves && playing'

before=$(server_pid)
inside systemctl restart tutti.service
check 'restarted: the server is another' within 30 server_is_new "$before"
check 'restarted: the same mpv plays on' same "$music" "$(mpv_pid)"

inside systemctl stop tutti.service
check 'stopped: the server is gone in good order' same 'inactive success' "$(shown ActiveState tutti.service) $(shown Result tutti.service)"
check 'stopped: the music is not' moves
inside systemctl start tutti.service
check 'started again: the same mpv, taken up' within 20 eval 'same "$music" "$(mpv_pid)" && playing'

before=$(server_pid)
stalled=$SECONDS
inside kill -STOP "$before"
check 'stalled: the music does not notice' moves
check 'stalled: the watchdog starts the server anew' within 90 server_is_new "$before"
note "after $((SECONDS - stalled)) s"
check 'stalled: it was the watchdog' grep -qi watchdog <(inside journalctl -u tutti.service -n 60 -o cat --no-pager)
check 'stalled: the same mpv plays on' eval 'same "$music" "$(mpv_pid)" && moves'

inside kill -9 "$music"
check 'an mpv that dies is started again by the server' within 30 eval '[ "$(mpv_pid)" != "$music" ] && [ "$(mpv_pid)" != 0 ] && moves'
music=$(mpv_pid)

inside systemctl stop "$output"
check 'an output that a person stops is silent' inactive "$output"
sleep 12
check 'and stays silent' inactive "$output"
note "the page says: $(tutti status --json | grep -o 'somebody has stopped it[^"]*' | head -n 1)"
inside systemctl start "$output"
check 'until that person starts it' within 60 active "$output"
check 'and the server has it again' within 90 eval 'play && moves'

knock_as_nobody() { inside setpriv --reuid nobody --regid nogroup --clear-groups node /opt/recipe/ask-door.cjs kitchen 2>&1 || true; }
check 'nobody else opens the door of outputs' grep -q EACCES <(knock_as_nobody)
for name in '../../etc/passwd' 'a b' '$(reboot)' '-x' 'tutti.service' "$(printf 'a%.0s' $(seq 70))"; do
  check "the door refuses ${name:0:20}" grep -q 'not the name of an output' <(as_tutti node /opt/recipe/ask-door.cjs "$name")
done
check 'the user of the server starts no other unit' not as_tutti systemctl start --no-ask-password redis-server.service
