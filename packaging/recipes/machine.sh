# The machine: the root file system with a layer of its own over it, no network but loopback and a card that leads nowhere.
machine=''
leader=''

boot() {
  mkdir -p "$work/root" "$work/layer" "$work/overlay"
  if mountpoint -q "$work/root"; then :
  elif ! mount -t overlay overlay -o "lowerdir=$base,upperdir=$work/layer,workdir=$work/overlay" "$work/root" 2>/dev/null; then
    cp -a "$base/." "$work/root/"
  fi
  mkdir -p "$work/root/opt/recipe"
  cp "$work"/*.deb "$work/root/opt/recipe/"
  cp "$repo/packaging/install.sh" "$here"/ask-mpv.cjs "$here"/ask-door.cjs "$here"/get.cjs "$here"/make-busy.cjs "$work/root/opt/recipe/"
  cp "$repo"/test/fixtures/databases/*.db "$work/root/opt/recipe/"
  switch_on
}

switch_on() {
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn -q -D "$work/root" --register=no --keep-unit --private-network \
    --hostname=tutti --console=pipe -b </dev/null >"$work/console" 2>&1 &
  machine=$!
  within 60 leads
  find_leader
  within 120 is_up
  local card='nsenter -t '"$leader"' -n ip'
  $card link add home0 type veth peer name nowhere
  $card addr add 10.99.7.1/24 dev home0
  $card link set nowhere up
  $card link set home0 up
  $card route add 224.0.0.0/4 dev home0
}

# The first process of the machine: a child of the program that holds it.
find_leader() { leader=$(pgrep -P "$machine" | head -n 1); }
leads() { find_leader && [ -n "$leader" ] && [ "$(cat "/proc/$leader/comm")" = systemd ]; }
is_up() { inside systemctl is-system-running | grep -Eq 'running|degraded'; }

# Powers the machine off in good order, and waits until nothing of it is left.
power_off() {
  if [ -n "$machine" ] && kill -0 "$machine" 2>/dev/null; then
    [ -z "$leader" ] || kill -s RTMIN+4 "$leader" 2>/dev/null || true
    for _ in $(seq 60); do
      kill -0 "$machine" 2>/dev/null || break
      sleep 0.5
    done
    kill -KILL "$machine" 2>/dev/null || true
    wait "$machine" 2>/dev/null || true
  fi
  machine=''
  if mountpoint -q "$work/root"; then umount "$work/root"; fi
}

# A command on the machine, as root.
inside() {
  nsenter -t "$leader" -a -- env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb "$@"
}
as_tutti() { inside setpriv --reuid tutti --regid tutti --init-groups -- "$@"; }
shown() { inside systemctl show --property "$1" --value "$2"; }
active() { same active "$(shown ActiveState "$1")"; }
inactive() { [ "$(shown ActiveState "$1")" != active ]; }
