#!/bin/sh
# Makes a Raspberry Pi (Raspberry Pi OS 13 "trixie", 64 bit) or a Debian 13 machine play music in every room.
# Says first what it will do, and does nothing before somebody has said yes.
set -eu

usage() {
  cat <<'END'
usage: sudo ./install.sh [options]
  --deb FILE|URL      the package; default: the newest tutti_*_all.deb here or in dist/deb, else it is built from this clone
  --music FOLDER      where the music is; default /srv/music
  --satellite URL     make this machine a loudspeaker of the server at URL instead of a server
  --token-file FILE   satellite: the token that "sudo tutti satellite-token" prints on the server's machine
  --dry-run           only say what would be done
  --yes               do not ask
END
}

fail() {
  echo "install: $*" >&2
  exit 1
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
deb='' music='' satellite='' token_file='' dry=no yes=no
while [ $# -gt 0 ]; do
  case $1 in
  --deb) deb=${2:?} && shift ;;
  --music) music=${2:?} && shift ;;
  --satellite) satellite=${2:?} && shift ;;
  --token-file) token_file=${2:?} && shift ;;
  --dry-run) dry=yes ;;
  --yes) yes=yes ;;
  -h | --help) usage && exit 0 ;;
  *) usage >&2 && fail "what is $1?" ;;
  esac
  shift
done

# What kind of machine is this?
name=$(. /etc/os-release && echo "$PRETTY_NAME")
command -v apt-get >/dev/null || fail "this is $name; Raspberry Pi OS or Debian is needed"
architecture=$(dpkg --print-architecture)
case $architecture in
amd64 | arm64) ;;
*) fail "this system is $architecture; a 64-bit one is needed (choose Raspberry Pi OS 64-bit in the Imager)" ;;
esac
version=$(. /etc/os-release && echo "${VERSION_ID-0}")
nodejs=$(dpkg-query -W -f '${Version}' nodejs 2>/dev/null || true)
if [ "${version%%.*}" -lt 13 ] && ! dpkg --compare-versions "${nodejs:-0}" ge 20.19; then
  fail "this is $name, whose Node is too old: Raspberry Pi OS 13 (trixie) or newer is needed"
fi
[ -z "$satellite" ] || [ -r "$token_file" ] || fail 'a satellite needs --token-file'
case $satellite in '' | http://* | https://*) ;; *) fail "$satellite is no address like http://tutti.local:8080" ;; esac
case $music in '' | /*) ;; *) fail "$music: write the whole path of the music folder" ;; esac
case $music in *[[:cntrl:]]*) fail 'the path of the music folder has a line break or the like in it' ;; esac
# Between these quotes YAML takes every letter for itself, but for the quote.
in_yaml() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/''/g")"; }

# Who is tutti? A person may be called so: then the server runs as that person, and may read what he may.
as="make a user \"tutti\" that may use sound cards and nothing else"
if id tutti >/dev/null 2>&1; then
  as='run as the user "tutti", who is here already'
  if [ "$(id -u tutti)" -ge 1000 ]; then as="$as, a person: the server may read what that person may"; fi
fi

# In a container, or an image that is being made, everything is installed and nothing can be started.
booted=yes
[ -d /run/systemd/system ] || booted=no

# Which package?
if [ -z "$deb" ]; then
  deb=$(ls -t "$here"/tutti_*_all.deb "$here"/../dist/deb/tutti_*_all.deb ./tutti_*_all.deb 2>/dev/null | head -n 1)
fi
if [ -n "$deb" ]; then
  from="$deb"
elif [ -e "$here/build-deb.mjs" ]; then
  command -v npm >/dev/null || fail 'there is no package here, and no npm to build one: apt install npm, or give --deb'
  from='a package built from this clone, which takes some minutes'
else
  fail 'there is no package here: give --deb'
fi

echo "On this machine ($(hostname), $name, $architecture) this will:"
echo '  - install from Debian, where they are missing: nodejs, mpv, ffmpeg, avahi-daemon, alsa-utils'
echo "  - install Tutti from $from"
echo "  - $as"
if [ -n "$satellite" ]; then
  echo "  - make this machine a loudspeaker of $satellite, now and after each start"
else
  echo '  - start the server now and after each start of the machine, with its page at port 8080 for who signs in'
  if [ -z "$music" ]; then
    echo '  - look for music in /srv/music, and make that folder if there is none'
  elif grep -qs '^music_dir:' /etc/tutti/tutti.yaml; then
    echo "  - leave /etc/tutti/tutti.yaml as it is, which names a music folder already; write music_dir: $(in_yaml "$music") there yourself"
  else
    echo "  - look for music in $music"
  fi
  [ -z "${SUDO_USER-}" ] || echo "  - let $SUDO_USER put music there (group tutti)"
fi
[ "$booted" = yes ] || echo 'Systemd does not run here, so nothing is started now: only when a machine starts from this system.'
echo 'Music is never changed or removed by this. To take it away again: sudo apt remove tutti'

if [ "$dry" = yes ]; then exit 0; fi
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || fail 'this needs root, and there is no sudo here: su --login, and then the same command'
  fail 'this needs root: the same command after sudo'
fi
if [ "$yes" != yes ]; then
  printf 'Go on? [y/N] '
  read -r answer </dev/tty || fail 'nobody can be asked here; give --yes'
  case $answer in [yY]*) ;; *) fail 'nothing was done' ;; esac
fi

# What keeps a service from running, and how to go on.
must_run() { # unit, where its settings are
  left=20
  until systemctl --quiet is-active "$1"; do
    left=$((left - 1))
    if [ "$left" = 0 ] || systemctl --quiet is-failed "$1"; then
      echo "install: Tutti is installed, but it does not start. It says:" >&2
      journalctl "_SYSTEMD_UNIT=$1" -n 40 -o cat --no-pager | sed -n '/^tutti: /h; /^tutti: /!H; ${x;p;}' | grep -v '^{' >&2 || true
      fail "mend that (settings are in $2), then: systemctl restart $1"
    fi
    sleep 1
  done
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
case $deb in
'')
  (cd "$here/.." && node packaging/build-deb.mjs --out "$work" >"$work/path")
  deb=$(cat "$work/path")
  ;;
http://* | https://*)
  if command -v curl >/dev/null; then curl -fsSL -o "$work/tutti.deb" "$deb"; else wget -qO "$work/tutti.deb" "$deb"; fi ||
    fail "$deb cannot be fetched: is the network there, and curl or wget?"
  deb=$work/tutti.deb
  ;;
*)
  cp -- "$deb" "$work/tutti.deb"
  deb=$work/tutti.deb
  ;;
esac
# apt reads the package as its own user.
chmod 0755 "$work"
chmod 0644 "$deb"

if [ -n "$satellite" ]; then
  umask 077
  printf 'TUTTI_URL=%s\nTUTTI_SATELLITE_TOKEN=%s\n' "$satellite" "$(head -n 1 "$token_file")" >/etc/default/tutti-satellite
  umask 022
fi
export DEBIAN_FRONTEND=noninteractive
# What a power cut may have left half done.
dpkg --configure -a || true
apt-get update -q --error-on=any || echo 'install: not every list of packages could be fetched; going on with those that are here' >&2
# A server that does not start is told of below.
# Settings stay as they are, whatever a new version would write there; nobody is asked in the middle.
apt-get install -q -y -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$deb" ||
  fail 'it is not installed: apt says above why. If the network was away: the same command again, which keeps what was fetched'

if [ -n "$satellite" ]; then
  systemctl disable --quiet tutti.service || true
  systemctl enable --quiet tutti-satellite.service
  if [ "$booted" = yes ]; then
    systemctl stop tutti.service || true
    systemctl restart tutti-satellite.service || true
    must_run tutti-satellite.service /etc/default/tutti-satellite
  fi
  echo "This machine is a loudspeaker of $satellite: it is on the page of rooms there."
  exit 0
fi
if [ -n "$music" ] && ! grep -qs '^music_dir:' /etc/tutti/tutti.yaml; then
  printf '\nmusic_dir: %s\n' "$(in_yaml "$music")" >>/etc/tutti/tutti.yaml
  if [ "$booted" = yes ]; then systemctl restart tutti.service || true; fi
fi
if [ -n "${SUDO_USER-}" ] && [ "$SUDO_USER" != root ]; then usermod -aG tutti "$SUDO_USER"; fi

echo
if [ "$booted" = no ]; then
  echo 'Installed. When the machine has started from this system, "sudo tutti sign-in-link" prints the link that makes you the admin.'
  exit 0
fi
must_run tutti.service /etc/tutti/tutti.yaml
systemctl show --property StatusText --value tutti.service
# Only where nobody is the admin yet.
tutti sign-in-link || true
