# The package three times over: an older one, one that is newer, and one that spoils its database and does not start.
make_packages() {
  echo 'building packages'
  if [ -n "${TUTTI_PACKAGE-}" ]; then cp "$TUTTI_PACKAGE" "$work/tutti_1.0.0_all.deb"
  else (cd "$repo" && node packaging/build-deb.mjs --out "$work" --version 1.0.0 "$@") >"$work/build.log" 2>&1; fi
  variant 1.0.0 1.1.0 true
  variant 1.0.0 1.2.0 spoil
  variant 1.0.0 1.3.0 true
  # Stands for a version of long ago: it holds its port and leaves its database as it is.
  variant 1.0.0 0.0.1 ancient
  note "package: $(($(stat -c %s "$work/tutti_1.0.0_all.deb") / 1024 / 1024)) MB, installed: $(dpkg-deb -f "$work/tutti_1.0.0_all.deb" Installed-Size | awk '{printf "%d MB", $1/1024}')"
}

variant() { # from to change
  rm -rf "$work/unpacked"
  dpkg-deb -R "$work/tutti_$1_all.deb" "$work/unpacked"
  sed -i "s/^Version: .*/Version: $2/" "$work/unpacked/DEBIAN/control"
  app=$work/unpacked/usr/lib/tutti/app
  sed -i "s/\"version\": .*/\"version\": \"$2\",/" "$app/package.json"
  "$3"
  dpkg-deb --root-owner-group -Zgzip -z1 -b "$work/unpacked" "$work/tutti_$2_all.deb" >/dev/null
}

spoil() {
  cat >"$app/dist/src/main.js" <<'END'
import { writeFileSync } from 'node:fs';
writeFileSync('/var/lib/tutti/tutti.db', 'spoilt by a bad version');
console.error('a bad version cannot start');
process.exit(1);
END
}

ancient() {
  cat >"$app/dist/src/main.js" <<'END'
import { createServer } from 'node:http';
import { execFileSync } from 'node:child_process';
createServer((request, response) => response.end('ancient')).listen(8080, () => execFileSync('systemd-notify', ['READY=1']));
process.on('SIGTERM', () => process.exit(0));
setInterval(() => execFileSync('systemd-notify', ['WATCHDOG=1']), 10_000);
END
}
