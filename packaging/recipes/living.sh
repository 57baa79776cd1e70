echo '# living'

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
for name in '../../etc/passwd' 'a b' '$(reboot)' '-x' 'tutti.service'; do
  check "the door refuses ${name:0:20}" grep -q 'not the name of an output' <(as_tutti node /opt/recipe/ask-door.cjs "$name")
done
check 'the door starts nothing whose name is too long' not grep -q started <(as_tutti node /opt/recipe/ask-door.cjs "$(printf 'a%.0s' $(seq 70))" 2>&1)
check 'the user of the server starts no other unit' not as_tutti systemctl start --no-ask-password redis-server.service
