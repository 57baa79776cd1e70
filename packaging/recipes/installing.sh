echo '# installing'

deb() { echo "/opt/recipe/tutti_$1_all.deb"; }
health() { inside node /opt/recipe/get.cjs http://127.0.0.1:8080/health; }
installer() { inside env SUDO_USER= sh /opt/recipe/install.sh --deb "$(deb 1.0.0)" "$@"; }

says_first() {
  local said
  said=$(installer --dry-run)
  grep -q 'make a user "tutti"' <<<"$said" && grep -q 'Music is never changed' <<<"$said"
  [ ! -e "$work/root/usr/lib/tutti" ] && ! inside id tutti
}
install_it() { installer --yes >"$work/install.log" 2>&1 || { tail -n 20 "$work/install.log"; return 1; }; }

check 'the machine boots' is_up
check 'the installer says what it will do, and does nothing when it is only asked' says_first
check 'the installer installs' install_it
check 'the server runs' within 30 active tutti.service
check 'it says where its page is' grep -q 'http://' <(shown StatusText tutti.service)
note "systemctl status: $(shown StatusText tutti.service)"
check '/health answers 200' within 10 health
check 'it runs as its own user, without capabilities' same "tutti 0000000000000000" \
  "$(inside sh -c 'pid=$(systemctl show -P MainPID tutti); echo "$(stat -c %U /proc/$pid) $(sed -n "s/^CapBnd:\t//p" /proc/$pid/status)"')"
check 'its state is readable by nobody else' same '700 tutti' "$(inside stat -c '%a %U' /var/lib/tutti)"
check 'the installer shows how to become the admin' grep -q '/auth/\|sign-in\|link' "$work/install.log"
check 'there is a folder for music' same '2775 tutti tutti' "$(inside stat -c '%a %U %G' /srv/music)"
