# Checks are counted, and go on after one that failed.
passed=0
failed=0

check() { # what must hold; command...
  local what=$1 said
  shift
  if said=$("$@" 2>&1); then
    passed=$((passed + 1))
    echo "ok      $what"
  else
    failed=$((failed + 1))
    echo "FAILED  $what"
    [ -z "$said" ] || echo "$said" | tail -n 15 | sed 's/^/        /'
  fi
}

note() { echo "        $*"; }

# Waits until a command succeeds.
within() { # seconds command...
  local end=$((SECONDS + $1)) said
  shift
  until said=$("$@" 2>&1); do
    if [ "$SECONDS" -ge "$end" ]; then
      echo "$said"
      return 1
    fi
    sleep 0.5
  done
}

same() { # expected actual
  [ "$1" = "$2" ] || { echo "expected: $1"; echo "got:      $2"; return 1; }
}

not() { ! "$@"; }
