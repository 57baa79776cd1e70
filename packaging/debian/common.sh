lib=/usr/lib/tutti
# What an upgrade has still to do. On the disk, because power may fail in it:
#   active   what ran, and is started and judged after it
#   ailing   what did not run well before: it is started, and not judged
#   trying   the new program runs for the first time
#   restoring   the version before is put back
upgrading=$lib/upgrading
# The helpers before the server, which then gives their work to others.
services='tutti-worker.service tutti-gateway.service tutti.service tutti-satellite.service'

# Where the server keeps what it knows: /var/lib/tutti, if nobody has moved it. As systemd reads that file, not as a shell would.
state=$(sed -n "s/^[[:space:]]*TUTTI_DATA_DIR[[:space:]]*=[[:space:]]*[\"']\{0,1\}\(\/[^\"']*[^\"'[:space:]]\).*/\1/p" /etc/default/tutti 2>/dev/null | tail -n 1) || true
state=${state:-/var/lib/tutti}

as_tutti() { setpriv --reuid tutti --regid tutti --init-groups -- "$@"; }
running() { [ -d /run/systemd/system ]; }
shown() { systemctl show --property "$1" --value "$2"; }
led_to() { readlink "$lib/current" 2>/dev/null || true; }
lead_to() { ln -sfn "$1" "$lib/current"; }

stop_all() {
  # shellcheck disable=SC2086 # several names
  systemctl stop $services 2>/dev/null || true
}

# Started again by postinst. One that is not well is no reason to take an upgrade back, and may be why there is one.
note_running() {
  mkdir -p "$upgrading"
  for service in $services; do
    case $(shown ActiveState "$service") in
    active | reloading) echo "$service" >>"$upgrading/active" ;;
    activating | failed) echo "$service" >>"$upgrading/ailing" ;;
    esac
  done
  # What an upgrade that was cut short had stopped counts as running.
  for list in active ailing; do
    if [ -e "$upgrading/$list" ]; then sort -u -o "$upgrading/$list" "$upgrading/$list"; fi
  done
}

start_noted() {
  running || return 0
  for list in active ailing; do
    [ ! -s "$upgrading/$list" ] || xargs systemctl start --no-block <"$upgrading/$list" || true
  done
}

# All that lies in the folder itself: database, tokens, settings. Not artwork and the like, which are made again.
# Done as the user whom the folder belongs to: nothing that lies there can lead root elsewhere.
back_up() { # version
  [ -d "$state" ] || return 0
  as_tutti sh -euc '
    umask 077
    cd "$1"
    rm -rf before-upgrade.new
    mkdir before-upgrade.new
    find . -maxdepth 1 -type f -exec cp -p -t before-upgrade.new -- {} +
    printf "%s\n" "$2" >before-upgrade.new/.version
    find before-upgrade.new -exec sync -- {} +
    rm -rf before-upgrade
    mv before-upgrade.new before-upgrade
    sync .
  ' sh "$state" "$1" || {
    # Half a copy must not take the last space from who plays on.
    as_tutti rm -rf "$state/before-upgrade.new" || true
    return 1
  }
}

# The version before, on its database as it was. It takes no space, and goes on where it was cut short: the copy is moved, after what
# the new version has left (a log beside a database that it does not belong to would spoil it).
restore() {
  lead_to kept
  rm -f "$upgrading/trying"
  as_tutti sh -euc '
    cd "$1/before-upgrade"
    if [ -e .version ]; then
      find .. -maxdepth 1 -type f -name "*.db-*" -delete
      find .. -maxdepth 1 -type f -exec sh -euc '"'"'for file; do [ -e "${file#../}" ] || rm -f -- "$file"; done'"'"' sh {} +
      mv .version .restoring
    fi
    [ -e .restoring ]
    find . -maxdepth 1 -type f ! -name .restoring ! -name "*.db-*" -exec mv -f -t .. -- {} +
    find . -maxdepth 1 -type f -name "*.db-*" -exec mv -f -t .. -- {} +
    sync ..
    rm -rf ../before-upgrade
  ' sh "$state" || echo "tutti: the database of before could not be put back; it is in $state/before-upgrade" >&2
}
