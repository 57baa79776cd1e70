echo '# judging'

units=$(cd "$work/root/usr/lib/systemd/system" && ls -d tutti*)
understood() { same '' "$(inside env SYSTEMD_LOG_LEVEL=notice systemd-analyze verify --man=no "/usr/lib/systemd/system/$1" 2>&1)"; }
exposure() { inside systemd-analyze security --offline=true --no-pager "/usr/lib/systemd/system/$1" 2>&1 | sed -n 's/.*exposure level for .*: \([0-9.]*\) .*/\1/p'; }
gives_little_away() { awk -v level="$1" 'BEGIN { exit !(level > 0 && level <= 2.5) }' || { echo "exposure ${1:-unknown}"; return 1; }; }

for unit in $units; do check "systemd understands every word of $unit" understood "$unit"; done
for unit in $units; do
  case $unit in *.service) check "$unit gives little away ($(exposure "$unit"), at most 2.5)" gives_little_away "$(exposure "$unit")" ;; esac
done
