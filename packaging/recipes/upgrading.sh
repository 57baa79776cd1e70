echo '# upgrading'

tutti volume 37 --room kitchen || true
music=$(mpv_pid)
before=$(server_pid)
check 'an upgrade is installed' upgrade 1.1.0
check 'the new version serves' within 20 server_is_new "$before"
check 'and says its number' same 1.1.0 "$(version_says)"
check 'the database was copied first' inside test -s /var/lib/tutti/before-upgrade/tutti.db
check 'the same mpv plays on' eval 'same "$music" "$(mpv_pid)" && moves'
check 'rooms are as they were' within 10 playing

check 'a version that does not start is installed without breaking dpkg' upgrade 1.2.0
note "$(grep '^tutti: version' "$work/upgrade.log" || true)"
check 'the version before serves again' within 30 health
check 'and says its number' same 1.1.0 "$(version_says)"
check 'on its database as it was' within 10 playing
# Other things of this machine are not well, so how the doctor ends says nothing here.
doctor_says() {
  local said
  said=$(inside tutti doctor 2>&1 || true)
  said=$(grep -A 1 '^[a-z]* *upgrade ' <<<"$said" | tr -s '\n ' ' ')
  grep -q "$1" <<<"$said" || { echo "$said"; return 1; }
}
check 'the doctor tells why, and what to do' \
  doctor_says '^warning upgrade 1.2.0 was taken back .*a bad version cannot start.* 1.1.0 runs on.* fix: sudo apt-get install'
check 'while the same mpv played on' eval 'same "$music" "$(mpv_pid)" && moves'
check 'the next good version is taken' upgrade 1.3.0
check 'and serves' within 20 eval 'same 1.3.0 "$(version_says)" && health'
check 'with the same mpv' same "$music" "$(mpv_pid)"
check 'the doctor has forgotten the other' doctor_says '^ok upgrade none was taken back'

# Each database there ever was: a version of long ago has it, and the newest takes it over.
inside systemctl stop tutti.service "$output"
inside cp -a /var/lib/tutti /var/lib/tutti-kept
for fixture in "$repo"/test/fixtures/databases/*.db; do
  name=$(basename "$fixture" .db)
  old_state() {
    upgrade 0.0.1 || return 1
    inside systemctl stop tutti.service
    inside sh -ec 'find /var/lib/tutti -maxdepth 1 -type f -delete; install -m 600 -o tutti -g tutti "/opt/recipe/$0.db" /var/lib/tutti/tutti.db' "$name"
    inside systemctl start tutti.service
  }
  check "$name: an old server has it" old_state
  check "$name: the upgrade takes it over" eval 'upgrade 1.0.0 && within 20 eval "same 1.0.0 \$(version_says) && health"'
  check "$name: it was copied as it was" same "$(sum "/opt/recipe/$name.db")" "$(sum /var/lib/tutti/before-upgrade/tutti.db)"
  fixture_token=$(inside tutti token create --name fixture --scope control | tail -n 1)
  check "$name: its rooms are there" grep -q 'Küche' <(inside env "TUTTI_TOKEN=$fixture_token" tutti status)
done
check 'the oldest again: an old server has it' eval 'name=version-1; old_state'
check 'a version that does not start gives it back' eval 'upgrade 1.2.0 && within 30 health'
check 'to the byte' same "$(sum /opt/recipe/version-1.db)" "$(sum /var/lib/tutti/tutti.db)"
check 'and the old server runs' same ancient "$(health)"

inside systemctl stop tutti.service
inside sh -ec 'rm -rf /var/lib/tutti; mv /var/lib/tutti-kept /var/lib/tutti; rm -f /run/tutti/outputs/*.stopped'
check 'back at the newest' eval 'upgrade 1.3.0'
inside systemctl start tutti.service
check 'which serves what it had' within 20 health
check 'and plays on when asked, for it was off too long to do so by itself' within 20 eval 'play && moves'
